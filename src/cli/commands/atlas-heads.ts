import { matrix, whole } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { folder, headPlace, output, written } from '../options.ts';

export const atlasSpectrum = command({
  name: 'spectrum',
  summary: 'a head’s singular directions as tokens',
  arguments: { ...folder, head: written('LAYER:HEAD', headPlace, { value: 'head', required: true }) },
  flags: {
    matrix,
    k: whole('How many tokens of either end (default: 6 in a table, else all that the atlas has)', { min: 1 }),
    ...output(),
  },
  run: async ({ folder, head: [layer, head], matrix, k, ...asked }) => {
    const { withAtlas } = await import('../atlas.ts');
    const { spectrumReport } = await import('../report/atlas.ts');
    await withAtlas(folder, asked, async (open) =>
      spectrumReport(`${layer}:${head}`, await open.spectrum(layer, head, matrix), k),
    );
  },
});
