// npm run build: the WASM kernels, then TypeScript -> dist/, the command line in few files -> dist/cli/, the page ->
// explorer/dist/, what `weightscope site` puts beside it -> explorer/dist-site/, and the notebook's card ->
// explorer/dist-widget/.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

run('kernels/build.mjs');
rmSync(join(root, 'dist'), { recursive: true, force: true });
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
const vite = (...args) => run('node_modules/vite/bin/vite.js', 'build', ...args, '--logLevel', 'warn');
vite('--config', 'scripts/cli.vite.config.mjs');
chmodSync(join(root, 'dist/cli/main.js'), 0o755);
vite('explorer');
for (const of of ['site', 'widget']) vite('explorer', '--config', `explorer/vite.${of}.config.ts`);
