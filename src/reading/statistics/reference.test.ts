import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../model/open.ts';
import type { Model } from '../../model/types.ts';
import { fileFolder } from '../../source/file.node.ts';
import { RELATIONS } from '../relations/relations.ts';
import type { HeadMatrix } from '../types.ts';
import { compositions } from './composition.ts';
import { headCopying } from './copying.ts';
import { neuronStatistics } from './neurons.ts';
import { relationScores } from './relations.ts';
import { headSelf } from './self.ts';
import { headSpectrum } from './spectrum.ts';

// What fixtures/goldens.py computed with numpy and scipy, by the definitions, for the same files.

interface Goldens {
  layer: number;
  neurons: Record<'key_value' | 'up_value' | 'mean' | 'sd' | 'skew' | 'kurtosis' | 'min' | 'max', number[]> & {
    index: number[];
    norm: Record<'key' | 'up' | 'value', number[]>;
  };
  heads: {
    head: number;
    matrix: HeadMatrix;
    copying: number;
    copying_centred: number;
    diagonal: { value: number; shuffled_mean: number; shuffled_sd: number };
    self: Record<'top1' | 'top5' | 'bottom1' | 'bottom5', number>;
    singular: number[];
    relations?: Record<string, { pairs: number; promoted: number; suppressed: number }>;
  }[];
  composition: Record<'q' | 'k' | 'v', number>[];
}

const MODELS = process.env.WEIGHTSCOPE_MODELS;
const HOW = 'skipped without WEIGHTSCOPE_MODELS=DIR, filled by test/models.sh DIR';
const CASES = [
  { name: 'sample', what: 'the built-in sample', folder: fileURLToPath(new URL('../../../models', import.meta.url)) },
  { name: 'smollm2', what: `SmolLM2 (${HOW})`, folder: MODELS && `${MODELS}/smollm2` },
];

for (const { name, what, folder } of CASES) {
  describe.skipIf(!folder || !existsSync(folder))(`${what} against numpy and scipy`, () => {
    const goldens: Goldens = JSON.parse(
      readFileSync(fileURLToPath(new URL(`fixtures/${name}.json`, import.meta.url)), 'utf8'),
    );
    const { layer } = goldens;
    let model: Model;
    beforeAll(async () => {
      model = await openCheckpoint(await fileFolder(folder as string));
    });
    afterAll(() => model?.close());

    /** Relative, but to at least `scale`. */
    const expectNear = (ours: number, theirs: number, tolerance: number, scale = 1e-3) =>
      expect(Math.abs(ours - theirs) / Math.max(Math.abs(theirs), scale)).toBeLessThanOrEqual(tolerance);

    it('has the same norms, cosines and moments of neurons', async () => {
      for (const [i, neuron] of goldens.neurons.index.entries()) {
        const found = await neuronStatistics(model, layer, { from: neuron, to: neuron + 1, draws: 2 });
        for (const part of ['key', 'up', 'value'] as const)
          expectNear(found.parts[part]!.norm[0], goldens.neurons.norm[part][i], 1e-12);
        expectNear(found.keyValue.value[0], goldens.neurons.key_value[i], 1e-10);
        expectNear(found.upValue!.value[0], goldens.neurons.up_value[i], 1e-10);
        for (const moment of ['mean', 'sd', 'skew', 'kurtosis', 'min', 'max'] as const)
          expectNear(found.parts.value!.moments![moment][0], goldens.neurons[moment][i], 1e-5, 0.1);
      }
    });

    it.each(goldens.heads)(
      'has the same copying scores and singular values of $matrix of head $head',
      async (golden) => {
        const { head, matrix } = golden;
        const range = { from: head, to: head + 1, draws: 0 };
        const [plain] = await headCopying(model, layer, matrix, { ...range, centre: false });
        const [centred] = await headCopying(model, layer, matrix, range);
        expectNear(plain.score.value, golden.copying, 1e-5);
        expectNear(centred.score.value, golden.copying_centred, 1e-5);
        expectNear(plain.diagonal.value, golden.diagonal.value, 1e-5);
        expectNear(plain.diagonal.shuffled!.mean, golden.diagonal.shuffled_mean, 1e-5);
        expectNear(plain.diagonal.shuffled!.sd, golden.diagonal.shuffled_sd, 1e-5);
        expectNear(centred.diagonal.shuffled!.sd, golden.diagonal.shuffled_sd, 1e-5);
        const { values } = await headSpectrum(model, layer, head, matrix);
        for (const [i, value] of golden.singular.entries()) expectNear(values[i], value, 1e-9);
      },
    );

    if (name === 'sample')
      it('has eigenvalues of heads drawn at random, where 60 steps did not end', async () => {
        const [{ score }] = await headCopying(model, 3, 'vo', { seed: 1000, from: 0, to: 1 });
        expect(Number.isFinite(score.random!.z)).toBe(true);
      });

    const few = goldens.heads.filter(({ head, matrix }) => matrix === 'qk' || head > 0).slice(0, 2);
    it.each(few)('has the same tokens in their own places of $matrix of head $head', async ({ head, matrix, self }) => {
      const range = { from: head, to: head + 1, randomHeads: 0 };
      const sampled = name === 'sample' ? { sample: Infinity } : {};
      const [found] = await headSelf(model, layer, matrix, { ...range, ...sampled });
      const size = model.dimensions.vocab;
      for (const [place, count] of Object.entries(self)) {
        const { value } = found[place as 'top1'];
        // Factors are rounded to fp32, so that a few close scores change places; a sample of 4,096 errs by 4
        // deviations.
        const p = count / size;
        const tolerance = name === 'sample' ? 3 / size : 4 * Math.sqrt((p * (1 - p)) / 4096) + 2 / 4096;
        expect(Math.abs(value - p)).toBeLessThanOrEqual(tolerance);
      }
    });

    it('has the same relation scores', async () => {
      for (const { head, relations } of goldens.heads) {
        if (!relations) continue;
        const found = await relationScores(model, layer, RELATIONS, { from: head, to: head + 1, randomHeads: 0 });
        expect(found.map(({ relation }) => relation)).toEqual(Object.keys(relations));
        for (const { relation, pairs, promoted, suppressed } of found) {
          const golden = relations[relation];
          expect(pairs).toBe(golden.pairs);
          expect(Math.round(promoted.value * pairs)).toBe(golden.promoted);
          expect(Math.round(suppressed.value * pairs)).toBe(golden.suppressed);
        }
      }
    });

    it('has the same composition of two layers', async () => {
      for await (const { score, heads } of compositions(model, {
        pairs: (from, to) => to === layer && from === to - 1,
      })) {
        for (const [head, golden] of goldens.composition.entries())
          for (const kind of ['q', 'k', 'v'] as const) expectNear(score[kind][head * heads[1]], golden[kind], 1e-5);
      }
    });
  });
}
