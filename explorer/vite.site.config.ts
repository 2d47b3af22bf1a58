import { defineConfig } from 'vite';

/**
 * What `weightscope site` puts beside the page: the worker that answers questions, the service worker, and what runs
 * before the page. They are apart from the page, which is the same bundle wherever it is served.
 */
export default defineConfig({
  root: `${import.meta.dirname}/site`,
  base: './',
  publicDir: false,
  build: {
    outDir: `${import.meta.dirname}/dist-site`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: ['begin', 'service-worker', 'worker'].map((name) => `${import.meta.dirname}/site/${name}.ts`),
      output: {
        entryFileNames: ({ name }) => (name === 'worker' ? 'worker/[name]-[hash].js' : '[name].js'),
        chunkFileNames: 'worker/[name]-[hash].js',
      },
      checks: { pluginTimings: false },
    },
  },
});
