import { join } from 'node:path';
import { root } from './setup.mjs';

/**
 * The command line in few files, zod's among them: finding and reading some 250 modules took half of a short command's
 * time. What is loaded lazily stays in files of its own, other dependencies where they are installed.
 */
export default {
  root,
  ssr: { noExternal: ['zod', 'commander', 'picocolors'] },
  build: {
    ssr: true,
    outDir: 'dist/cli',
    emptyOutDir: true,
    target: 'node20',
    license: true,
    rolldownOptions: {
      // scripts/start.mjs asks the program which options it knows before it is run.
      input: ['main', 'program'].map((name) => join(root, `src/cli/${name}.ts`)),
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      checks: { pluginTimings: false },
    },
  },
};
