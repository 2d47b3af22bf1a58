import type { Atlas } from '../../atlas/query/atlas.ts';
import { search } from '../../questions/atlas.ts';
import { similar } from '../../questions/neurons.ts';
import { words } from '../../questions/parameters.ts';
import { neuronText } from '../../reading/place.ts';
import { expertTwice } from '../arguments.ts';
import { command } from '../definition.ts';
import { folder, neuronPlace, output, texts, written } from '../options.ts';

const { q: _, ...searching } = search.parameters;

export const atlasSearch = command({
  name: 'search',
  summary: 'neurons and heads for words',
  description:
    'Finds the neurons and heads that are among the best of a word: king (any case, with or without a space before it),\n' +
    '\'" king"\' (exactly this text), king* (a beginning), /ing$/ (a regular expression), king queen (both), king OR queen.',
  arguments: { ...folder, text: texts('Words', { value: 'text...' }) },
  flags: {
    ...searching,
    any: words('Any of the words of a list, one per line', { cli: { value: 'file' } }),
    ...output(),
  },
  run: async ({ folder, text, any, ...asked }) => {
    const { withAtlas } = await import('../atlas.ts');
    const { searchReport } = await import('../report/atlas.ts');
    const { searched } = await import('../given.ts');
    const { formatOf } = await import('../output/print.ts');
    const { remark } = await import('../run.ts');
    const query = await searched(text, any);
    const ask = async (open: Atlas) => {
      const found = await open.search(query, asked);
      // Rows for a program have no place for notes.
      if (['csv', 'ndjson'].includes(formatOf(asked))) for (const one of found.notes) remark(one, asked);
      return searchReport(query, found);
    };
    await withAtlas(folder, asked, ask, { unfinished: true });
  },
});

export const atlasSimilar = command({
  name: 'similar',
  summary: 'neurons whose lists of tokens are nearest',
  arguments: { ...folder, neuron: written('LAYER:INDEX', neuronPlace, { required: true }) },
  flags: {
    ...similar.parameters,
    ...output(),
  },
  run: async ({ folder, neuron: [layer, neuron, own], expert, ...asked }) => {
    const at = { layer, neuron, expert: own ?? expert };
    if (own !== undefined && expert !== undefined) throw expertTwice(neuronText(at));
    const { withAtlas } = await import('../atlas.ts');
    const { similarReport } = await import('../report/atlas.ts');
    const ask = async (open: Atlas) =>
      similarReport(neuronText(at), await open.similar(layer, neuron, { ...asked, expert: at.expert }));
    await withAtlas(folder, asked, ask, { unfinished: true });
  },
});
