import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { memoryCache } from '../../test/tiny-model.ts';
import { openCheckpoint } from '../model/open.ts';
import { fileFolder } from '../source/file.node.ts';
import type { SourceFolder } from '../source/source.ts';
import type { NeuronOptions } from './neurons.ts';
import { readNeuron } from './neurons.ts';
import { keepNormaliser } from './normalisers.ts';

const LEXI = fileURLToPath(new URL('../../test/fixtures/lexi', import.meta.url));

/** The folder, remembering which bytes of the weights were read. */
async function counting(): Promise<{ folder: SourceFolder; read: [start: number, end: number][] }> {
  const folder = await fileFolder(LEXI);
  const read: [number, number][] = [];
  const open: SourceFolder['open'] = async (name) => {
    const source = await folder.open(name);
    if (!source || !name.endsWith('.safetensors')) return source;
    return {
      name: source.name,
      byteLength: source.byteLength,
      version: source.version,
      slice(start, end, signal) {
        read.push([start, end]);
        return source.slice(start, end, signal);
      },
      close: async () => source.close?.(),
    };
  };
  return { folder: { name: folder.name, list: () => folder.list(), open }, read };
}

it('a neuron is read from E and its own layer’s tensors, no other bytes, once its normaliser is known', async () => {
  const cache = memoryCache();
  const first = await openCheckpoint(await fileFolder(LEXI), { cache });
  await keepNormaliser(first, 'ff.value', new Float64Array(first.dimensions.vocab).fill(1));
  await first.close();
  const cases: NeuronOptions[] = [
    { normalize: 'none' },
    { normalize: 'cosine' },
    { normalize: 'freq', parts: ['value'] },
  ];
  for (const options of cases) {
    const { folder, read } = await counting();
    const model = await openCheckpoint(folder, { cache });
    read.length = 0;
    await readNeuron(model, 3, 763, options);
    const names = ['transformer.wte.weight', 'transformer.h.3.mlp.c_fc.weight', 'transformer.h.3.mlp.c_proj.weight'];
    const allowed = names.map((name) => model.tensors.get(name)!);
    for (const [start, end] of read)
      expect(
        allowed.some((tensor) => tensor.start <= start && end <= tensor.end),
        `${start}..${end}`,
      ).toBe(true);
    const bytes = read.reduce((sum, [start, end]) => sum + end - start, 0);
    expect(bytes).toBeLessThanOrEqual(allowed.reduce((sum, { start, end }) => sum + end - start, 0));
    await model.close();
  }
});
