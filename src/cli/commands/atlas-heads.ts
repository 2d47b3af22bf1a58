import { headRows, listing } from '../../questions/atlas.ts';
import { choice, flag, matrix, whole, words } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { folder, output, place, written } from '../options.ts';

const LAYER_HEAD = 'head';

export const heads = command({
  name: 'heads',
  summary: 'heads in order of a number',
  arguments: folder,
  flags: { ...headRows.parameters, ...output() },
  run: async ({ folder, ...asked }) => {
    const { withAtlas } = await import('../atlas.ts');
    const { headsReport } = await import('../report/atlas.ts');
    await withAtlas(folder, asked, async (open) => headsReport(folder, asked.sort!, await open.heads(asked)));
  },
});

export const atlasRelations = command({
  name: 'relations',
  summary: 'heads by how strongly they implement a relation between words',
  arguments: folder,
  flags: {
    relation: words('Only this, such as capitals', { cli: { value: 'name' } }),
    sort: words('promoted, suppressed, or either with _p, _q, _above, _copying_p …', {
      default: 'promoted',
      cli: { value: 'column' },
    }),
    ...listing,
    ...output(),
  },
  run: async ({ folder, ...asked }) => {
    const { withAtlas } = await import('../atlas.ts');
    const { relationsReport } = await import('../report/atlas.ts');
    await withAtlas(folder, asked, async (open) => relationsReport(folder, asked.sort, await open.relations(asked)));
  },
});

export const atlasSpectrum = command({
  name: 'spectrum',
  summary: 'a head’s singular directions as tokens',
  arguments: { ...folder, head: written('LAYER:HEAD', place, { value: LAYER_HEAD, required: true }) },
  flags: { matrix, ...output() },
  run: async ({ folder, head: [layer, head], matrix, ...asked }) => {
    const { withAtlas } = await import('../atlas.ts');
    const { spectrumReport } = await import('../report/atlas.ts');
    await withAtlas(folder, asked, async (open) =>
      spectrumReport(`${layer}:${head}`, await open.spectrum(layer, head, matrix)),
    );
  },
});

export const compositions = command({
  name: 'compositions',
  summary: 'pairs of heads by how much of what one writes the other reads',
  arguments: folder,
  flags: {
    from: written('Only what this head writes, LAYER:HEAD', place, { value: LAYER_HEAD }),
    to: written('Only what this head reads', place, { value: LAYER_HEAD }),
    kind: choice('Only as query, key or value', ['q', 'k', 'v']),
    sort: choice('In order of', ['score', 'z', 'p'], { default: 'score', cli: { value: 'column' } }),
    ascending: flag('Smallest first'),
    k: whole('How many', { default: 20 }),
    ...output(),
  },
  run: async ({ folder, ...asked }) => {
    const { withAtlas } = await import('../atlas.ts');
    const { compositionsReport } = await import('../report/atlas.ts');
    await withAtlas(folder, asked, async (open) => compositionsReport(folder, await open.compositions(asked)));
  },
});
