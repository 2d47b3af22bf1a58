import { flag, words } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { engine, siteAddress, texts } from '../options.ts';

export const site = command({
  name: 'site',
  summary: 'the page as static files for any web host, answered in the reader’s browser',
  description:
    'Writes the explorer as files that any web host can hand out, also in a subfolder and from `python -m http.server`:\n' +
    'questions are answered in the page, by no server. Files of a model or an atlas come along in pieces; a URL or hub\n' +
    'id is read from its own place. Without a model it is the open page, where a reader names one or drops a file.',
  arguments: {
    models: texts('`sample`, a path, a URL, a hub id, or a folder that `atlas build` made', {
      value: 'model...',
    }),
  },
  flags: {
    output: words('The folder to write: new, empty, or a site of before', {
      required: true,
      cli: { short: 'o', value: 'dir' },
    }),
    noNormalisers: flag('Leave the freq normalisers to the reader’s browser, which takes a pass over the model'),
    address: words('Where the site will lie, for the pictures that links to it are shown with', {
      cli: { value: 'url', parse: siteAddress },
    }),
    quiet: flag('No progress'),
    ...engine,
  },
  run: async ({ models, ...flags }) => {
    const { site } = await import('../site.ts');
    await site(models, flags);
  },
});
