import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { DOCS, docPath } from './src/guide/docs.ts';

/** In development the API is a `weightscope explore` running beside Vite: WEIGHTSCOPE_API names another one. */
const api = process.env.WEIGHTSCOPE_API ?? 'http://127.0.0.1:4173';

/** The docs that the page leads to, beside it. */
const docs: Plugin = {
  name: 'docs',
  generateBundle() {
    for (const [name] of DOCS) {
      const source = readFileSync(`${import.meta.dirname}/../docs/${name}.md`, 'utf8');
      this.emitFile({ type: 'asset', fileName: docPath(name), source });
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  // The page's address has a path behind it on a server and lies in any folder on a site: scripts find each other from
  // where they are, and only index.html names the root, which `weightscope site` rewrites.
  experimental: { renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `/${file}` : { relative: true }) },
  plugins: [react(), docs],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Everything comes from this folder: inlined data: URLs would need a wider content security policy.
    assetsInlineLimit: 0,
    license: true,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': { target: api, changeOrigin: true } } },
});
