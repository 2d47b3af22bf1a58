import { describe, expect, it } from 'vitest';
import * as brute from '../../../test/brute-force.ts';
import { type TinyModel, tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { scoreMoments } from './moments.ts';
import { neuronStatistics } from './neurons.ts';
import { gaussian } from './nulls.ts';
import { listOverlap } from './overlap.ts';

const engine = referenceEngine();

/** Moments by their definitions, in two passes. */
function moments(scores: number[]) {
  const mean = scores.reduce((a, b) => a + b) / scores.length;
  const central = (n: number) => scores.reduce((sum, s) => sum + (s - mean) ** n, 0) / scores.length;
  const sd = Math.sqrt(central(2));
  const [skew, kurtosis] = [central(3) / sd ** 3, central(4) / sd ** 4 - 3];
  return { mean, sd, skew, kurtosis, min: Math.min(...scores), max: Math.max(...scores) };
}

describe('neuronStatistics', () => {
  it.each(['none', 'freq', 'cosine'] as const)('equals the definitions, scores read with %s', async (normalize) => {
    const model = tinyModel({ words: ['a', 'b', 'c', 'd'] });
    const parts = ['key', 'up', 'value'] as const;
    const found = await neuronStatistics(model, 1, { engine, normalize, moments: parts, from: 2, to: 5, draws: 4 });
    expect([found.from, found.to]).toEqual([2, 5]);
    for (const part of parts) {
      const vectors = brute.vectors(model, 1, `ff.${part}`, {}).slice(2, 5);
      for (const [i, x] of vectors.entries()) {
        expect(found.parts[part]?.norm[i]).toBeCloseTo(Math.hypot(...x), 12);
        const expected = moments(brute.tokenScores(model, x, `ff.${part}`, { normalize }));
        for (const [name, value] of Object.entries(expected))
          expect(found.parts[part]?.moments?.[name as 'mean'][i], `${part} ${name}`).toBeCloseTo(value, 5);
      }
    }
    const [key, value] = (['key', 'value'] as const).map((part) => brute.vectors(model, 1, `ff.${part}`, {})[3]);
    const cosine =
      Array.from(key).reduce((sum, x, i) => sum + x * value[i], 0) / Math.hypot(...key) / Math.hypot(...value);
    expect(found.keyValue.value[1]).toBeCloseTo(cosine, 12);
    expect(found.keyValue.z[1]).toBeCloseTo(cosine * Math.sqrt(8), 12);
  });

  it('tells planted prediction and suppression neurons from random ones', async () => {
    const model = tinyModel({ vocab: 500, hidden: 32, neurons: 20, layers: 1, gated: false });
    const e = model.arrays.get('unembed')!.data;
    const value = model.arrays.get('layer.0.ff.value')!.data;
    e.set(gaussian(e.length, 1));
    value.set(gaussian(value.length, 2));
    // Three tokens that nothing but one direction reads; neuron 4 promotes them, neuron 5 suppresses them.
    for (let i = 0; i < 500; i++) e[i * 32] = i < 3 ? 20 : 0;
    for (const [neuron, sign] of [
      [4, 1],
      [5, -1],
    ])
      for (let j = 0; j < 32; j++) value[neuron * 32 + j] = j === 0 ? sign * 9 : 0.1;
    const { parts, upValue } = await neuronStatistics(model, 0, { engine });
    const { norm, moments: found, z } = parts.value!;
    expect(upValue).toBeUndefined();
    expect(norm[4]).toBeCloseTo(Math.sqrt(81 + 0.31), 5);
    expect(found!.kurtosis[4]).toBeGreaterThan(50);
    expect(z!.kurtosis[4]).toBeGreaterThan(5);
    expect(z!.skew[4]).toBeGreaterThan(5);
    expect(z!.kurtosis[5]).toBeGreaterThan(5);
    expect(z!.skew[5]).toBeLessThan(-5);
    const random = Array.from(z!.sd).filter((_, i) => i !== 4 && i !== 5);
    expect(Math.max(...random.map(Math.abs))).toBeLessThan(3.5);
  });

  it('reads experts, and refuses what is not there', async () => {
    const mixed = tinyModel({ experts: 2 });
    const found = await neuronStatistics(mixed, 1, { engine, expert: 1, draws: 2 });
    const x = brute.vectors(mixed, 1, 'ff.value', {})[6];
    expect(found.parts.value?.norm[0]).toBeCloseTo(Math.hypot(...x), 12);
    await expect(neuronStatistics(tinyModel(), 2, { engine })).rejects.toThrow('`layer` to be 0..1, got 2');
    await expect(neuronStatistics(tinyModel(), 0, { engine, to: 7 })).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });
});

describe('scoreMoments', () => {
  const matrices = (model: TinyModel) => [model.arrays.get('layer.0.ff.value')!, model.arrays.get('unembed')!] as const;

  it('leaves masked tokens out, and samples the same tokens for one seed', async () => {
    const [x, e] = matrices(tinyModel());
    const mask = Uint8Array.from({ length: 30 }, (_, i) => Number(i % 3 !== 0));
    const masked = await scoreMoments(x, e, { engine, mask });
    const scores = Array.from({ length: 30 }, (_, i) => i)
      .filter((i) => mask[i])
      .map((i) => Array.from({ length: 8 }, (__, j) => x.data[j] * e.data[i * 8 + j]).reduce((a, b) => a + b));
    expect(masked.kurtosis[0]).toBeCloseTo(moments(scores).kurtosis, 5);
    const sampled = await scoreMoments(x, e, { engine, sample: 10 });
    expect(sampled).toEqual(await scoreMoments(x, e, { engine, sample: 10 }));
    expect(sampled.max[0]).toBeLessThanOrEqual((await scoreMoments(x, e, { engine })).max[0]);
    await expect(scoreMoments(x, e, { engine, sample: 1 })).rejects.toThrow('`sample`');
    await expect(scoreMoments(x, e, { engine, mask: mask.fill(0) })).rejects.toThrow('leave a token');
  });

  it('finds no shape where all scores are equal', async () => {
    const e = { data: new Float32Array(40).fill(0.1), rows: 10, columns: 4 };
    const x = { data: Float32Array.of(1, 2, 3, 4), rows: 1, columns: 4 };
    const { mean, sd, skew, kurtosis } = await scoreMoments(x, e, { engine });
    expect(mean[0]).toBeCloseTo(1, 6);
    expect([sd[0], skew[0], kurtosis[0]].map(Math.abs).every((value) => value < 1e-6)).toBe(true);
  });
});

describe('p of neurons', () => {
  it('is uniform for random neurons, also where scores are far from normal', async () => {
    const model = tinyModel({ vocab: 400, hidden: 16, neurons: 2000, layers: 1, gated: false });
    const e = model.arrays.get('unembed')!.data;
    e.set(gaussian(e.length, 1));
    // A few tokens stand out, as in real models: kurtosis has a long tail.
    for (let i = 0; i < 8 * 16; i++) e[i] *= 6;
    for (const [i, part] of ['key', 'value'].entries()) {
      const { data } = model.arrays.get(`layer.0.ff.${part}`)!;
      data.set(gaussian(data.length, 5 + i));
    }
    const { parts, keyValue } = await neuronStatistics(model, 0, { engine });
    for (const [name, p] of [...Object.entries(parts.value!.p!), ['cosine', keyValue.p] as const]) {
      for (const alpha of [0.05, 0.01]) {
        const share = p.filter((x) => x < alpha).length / p.length;
        const sd = Math.sqrt(alpha * (1 / 2000 + 1 / 4096));
        expect(Math.abs(share - alpha), `${name} below ${alpha}: ${share}`).toBeLessThan(4 * sd);
      }
    }
    // Taken as normal, z of kurtosis would be: three deviations are not one in 740.
    const beyond = parts.value!.z!.kurtosis.filter((z) => z > 3).length / 2000;
    expect(beyond).toBeGreaterThan(5 * 0.00135);
  });
});

describe('listOverlap', () => {
  const lists = (...rows: number[][]) => ({
    k: rows[0].length,
    index: Uint32Array.from(rows.flat()),
    score: new Float64Array(rows.flat().length),
  });

  it('counts shared tokens, beside what shuffled vocabularies and other neurons share', () => {
    const key = lists([1, 2, 3, 9], [4, 5, 6, 9], [7, 8, 0, 9]);
    const value = lists([3, 2, 1, 9], [10, 11, 12, 9], [13, 14, 15, 0]);
    const { jaccard, zShuffled, zOthers } = listOverlap(key, value, 100);
    expect([...jaccard]).toEqual([1, 1 / 7, 1 / 7]);
    const variance = (0.16 * 96 * 96) / (100 * 99);
    expect(zShuffled[0]).toBeCloseTo((4 - 0.16) / Math.sqrt(variance), 12);
    // Of the six mismatched pairs four share token 9 and none another: 4 x 1/7 and 2 x 0.
    const mean = 4 / 42;
    const sd = Math.sqrt((4 * (1 / 7 - mean) ** 2 + 2 * mean ** 2) / 5);
    expect(zOthers[1]).toBeCloseTo((1 / 7 - mean) / sd, 12);
    expect(() => listOverlap(key, lists([1, 2, 3, 4]), 100)).toThrow('as many lists');
  });
});
