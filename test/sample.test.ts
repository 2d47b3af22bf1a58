import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultEngine, headFactors, type Model, openModel, readHead, readNeuron } from '../src/node.ts';

const FULL = join(process.env.WEIGHTSCOPE_MODELS ?? '', 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
const missing = !process.env.WEIGHTSCOPE_MODELS || !existsSync(FULL);
const why = missing ? ' (skipped: run test/models.sh DIR and set WEIGHTSCOPE_MODELS=DIR)' : '';
const FIRST_LAYER = 24;
const TOKENS = 16_384;

describe.skipIf(missing)(`the sample is a slice of SmolLM2${why}`, () => {
  let sample: Model;
  let full: Model;
  beforeAll(async () => {
    sample = await openModel('sample');
    full = await openModel(FULL);
  });

  it('has the same parameters, layer i here being layer 24 + i there', async () => {
    for (const [name, parameter] of sample.parameters) {
      const there = full.parameters.get(name.replace(/^layer\.(\d+)/, (_, i) => `layer.${FIRST_LAYER + Number(i)}`))!;
      const count = parameter.shape[0] === TOKENS ? TOKENS : there.count;
      expect(
        Buffer.from((await parameter.read()).buffer).equals(Buffer.from((await there.read(0, count)).buffer)),
        name,
      ).toBe(true);
    }
  });

  it('has the same tokens', () => {
    for (let id = 0; id < TOKENS; id++) expect(sample.vocabulary!.token(id)).toEqual(full.vocabulary!.token(id));
  });

  it('reads its neurons as the full model does, restricted to its tokens', async () => {
    const here = await readNeuron(sample, 4, 100, { normalize: 'none', k: TOKENS });
    const there = await readNeuron(full, 28, 100, { normalize: 'none', k: full.dimensions.vocab });
    for (const part of ['key', 'up', 'value'] as const) {
      expect(here.parts[part]!.top).toEqual(there.parts[part]!.top.filter(({ id }) => id < TOKENS));
    }
  });

  it('reads its heads as the full model does, restricted to its tokens', async () => {
    const here = await readHead(sample, 5, 7, { normalize: 'none', k: 1000 });
    const engine = await defaultEngine();
    const mask = Uint8Array.from({ length: full.dimensions.vocab }, (_, id) => (id < TOKENS ? 1 : 0));
    for (const matrix of ['vo', 'qk'] as const) {
      const { a, b } = await headFactors(full, 29, 7, matrix, { normalize: 'none' });
      const { first, second, score } = await engine.topPairs(a, b, { k: 1000, maskA: mask, maskB: mask });
      expect(here[matrix]!.pairs.map((pair) => [pair.first.id, pair.second.id, pair.score])).toEqual(
        Array.from(first, (id, i) => [id, second[i], score[i]]),
      );
    }
  });
});
