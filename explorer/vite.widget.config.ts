import { defineConfig, type Plugin } from 'vite';

/** A notebook is given one file: its style stands in the script, in place of a word. */
const styleInside: Plugin = {
  name: 'style-inside',
  enforce: 'post',
  generateBundle(_, bundle) {
    const style = Object.values(bundle).find((one) => one.type === 'asset' && one.fileName.endsWith('.css'));
    const script = Object.values(bundle).find((one) => one.type === 'chunk');
    if (style?.type !== 'asset' || script?.type !== 'chunk') throw new Error('Expected a script and its style.');
    const before = script.code;
    script.code = before.replace(/(["'`])__STYLE__\1/, () => JSON.stringify(String(style.source)));
    if (script.code === before) throw new Error('Expected the script to have a place for its style.');
    delete bundle[style.fileName];
  },
};

/**
 * The card of a neuron, head or token for notebooks (python/src/weightscope/_card.py): the page's own components, with
 * Preact in React's place, since every card of a notebook carries the script with it.
 */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [styleInside],
  resolve: {
    alias: {
      'react-dom/client': 'preact/compat/client',
      'react/jsx-runtime': 'preact/jsx-runtime',
      react: 'preact/compat',
    },
  },
  build: {
    outDir: 'dist-widget',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    license: true,
    rolldownOptions: {
      input: `${import.meta.dirname}/src/notebook/widget.tsx`,
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: 'card.js' },
      checks: { pluginTimings: false },
    },
  },
});
