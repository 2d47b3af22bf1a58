import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Model } from '../model/types.ts';
import { openModel } from '../node.ts';
import { embedding } from '../reading/embedding.ts';
import { headFactors } from '../reading/factors.ts';
import { readHead } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import { normaliser } from '../reading/normalisers.ts';
import { headSpectrum } from '../reading/statistics/spectrum.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/adapters/', import.meta.url));
const base = `${FIXTURES}lora/base`;
const options = { cache: undefined };

const opened = async () => ({
  before: await openModel(base, options),
  after: await openModel(`${FIXTURES}lora/merged`, options),
  change: await openModel(base, { ...options, adapter: `${FIXTURES}lora/adapter`, minus: base }),
});

/** Scores of all pairs, plainly: A Bᵀ in the order of indices. */
async function table(model: Model, head: number, matrix: 'vo' | 'qk', foldNorm = false): Promise<number[]> {
  const { a, b } = await headFactors(model, 1, head, matrix, { normalize: 'none', foldNorm });
  const out: number[] = [];
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.rows; j++) {
      let sum = 0;
      for (let r = 0; r < a.columns; r++) sum += a.data[i * a.columns + r] * b.data[j * a.columns + r];
      out.push(sum);
    }
  return out;
}

describe('a difference of two models', () => {
  it('has the parameters of one minus those of the other, and the base’s E', async () => {
    const { before, after, change } = await opened();
    for (const [name, parameter] of before.parameters) {
      const [x, y, d] = [
        await parameter.read(),
        await after.parameters.get(name)!.read(),
        await change.parameters.get(name)!.read(),
      ];
      const table = name === 'embed' || name === 'unembed';
      for (let i = 0; i < x.length; i++) expect(Math.abs(d[i] - (table ? x[i] : y[i] - x[i]))).toBeLessThan(1e-6);
    }
    expect((await embedding(change)).data).toEqual((await embedding(before)).data);
    expect((await change.parameters.get('change.embed')!.read()).every((x) => x === 0)).toBe(true);
  });

  it('has the difference of a head’s products, not the product of differences, folded or not', async () => {
    const { before, after, change } = await opened();
    for (const matrix of ['vo', 'qk'] as const)
      for (const foldNorm of [false, true])
        for (const head of [0, 1]) {
          const [x, y, d] = [
            await table(before, head, matrix, foldNorm),
            await table(after, head, matrix, foldNorm),
            await table(change, head, matrix, foldNorm),
          ];
          const largest = Math.max(...y.map(Math.abs));
          expect(Math.max(...d.map((value, i) => Math.abs(value - (y[i] - x[i]))))).toBeLessThan(1e-6 * largest);
          expect(Math.max(...d.map(Math.abs))).toBeGreaterThan(1e-3 * largest);
        }
  });

  it('is read with the base’s normalisers, and says so', async () => {
    const { before, change } = await opened();
    expect(await normaliser(change, 'ff.value')).toBe(await normaliser(change.normalisedAs!, 'ff.value'));
    expect(await normaliser(change, 'ff.value')).toEqual(await normaliser(before, 'ff.value'));
    const { applied } = await readNeuron(change, 0, 1, { k: 2 });
    expect(applied.notes.join(' ')).toMatch(/minus .*; words, E and normalisers are those of/);
  });

  it('has a spectrum of rank r1 + r2 at most', async () => {
    const { change } = await opened();
    const { values } = await headSpectrum(change, 0, 0, 'vo', { others: false });
    expect(values.length).toBe(8);
    // Both factors of rank 4 change by rank 2: V' O' - V O = ΔV O' + V ΔO has rank 4 at most.
    expect(values[3] / values[0]).toBeGreaterThan(1e-4);
    expect(values[4] / values[0]).toBeLessThan(1e-6);
  });

  it('is nothing where nothing differs', async () => {
    const same = await openModel('sample', { minus: 'sample' });
    const { qk, vo, applied } = await readHead(same, 1, 5, { k: 3 });
    expect([...qk!.pairs, ...vo!.pairs]).toEqual([]);
    expect(applied.notes).toContain('The VO of this head did not change: all its scores are 0.');
    const { parts, applied: ofNeuron } = await readNeuron(same, 4, 100, { k: 3 });
    expect(ofNeuron.notes).toContain('The key of this neuron did not change: all its scores are 0.');
    expect(parts.value!.top.map(({ score }) => score)).toEqual([0, 0, 0]);
    await same.close();
  });

  it('refuses models of other widths', async () => {
    await expect(openModel('sample', { minus: base })).rejects.toThrow(
      /vectors have one length, got .* 576 and .* 8\./,
    );
  });
});
