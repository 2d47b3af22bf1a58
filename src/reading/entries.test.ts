import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { type EntriesOptions, readEntries } from './entries.ts';

const engine = referenceEngine();
const words = Array.from({ length: 30 }, (_, i) => `w${(i * 7) % 30}`);
const model = tinyModel({ seed: 3, words });
const scores = brute.interaction(model, 1, 2, 'qk');
const all = scores.flat();
const read = (options: EntriesOptions) => readEntries(model, 1, 2, 'qk', { engine, ...options });
const key = ({ first, second }: { first: { id: number }; second: { id: number } }) => `${first.id} ${second.id}`;

describe('readEntries', () => {
  it('takes all entries above both thresholds when nothing is sampled', async () => {
    const best = Math.max(...all);
    const { pairs, count } = await read({ sampleEntries: 0, relThreshold: 0.3, threshold: 0.4 * best });
    const wanted = all.filter((score) => score > 0.4 * best).sort((a, b) => b - a);
    expect(pairs.map(({ score }) => score)).toEqual(wanted);
    expect(count).toBe(wanted.length);
    expect((await read({ sampleEntries: 0, relThreshold: 0.5, threshold: 0 })).count).toBe(
      all.filter((score) => score > 0.5 * best).length,
    );
  });

  it('samples without repetition, by the seed alone, each entry with its score', async () => {
    const { pairs, count } = await read({ sampleEntries: 50, seed: 7, threshold: 0 });
    expect(count).toBe(all.filter((score) => score > 0).length);
    expect(new Set(pairs.map(key)).size).toBe(50);
    for (const { first, second, score } of pairs) expect(score).toBe(scores[first.id][second.id]);
    expect(pairs.every(({ score }, i) => score > 0 && (i === 0 || score <= pairs[i - 1].score))).toBe(true);
    expect((await read({ sampleEntries: 50, seed: 7, threshold: 0 })).pairs).toEqual(pairs);
    expect((await read({ sampleEntries: 50, seed: 8, threshold: 0 })).pairs).not.toEqual(pairs);
    expect((await read({ threshold: 0 })).pairs).toHaveLength(count);
  });

  it('draws every entry about equally often', async () => {
    const drawn = new Map<string, number>();
    for (let seed = 0; seed < 200; seed++) {
      for (const pair of (await read({ sampleEntries: 90, seed })).pairs)
        drawn.set(key(pair), (drawn.get(key(pair)) ?? 0) + 1);
    }
    // 900 entries, each drawn 20 times on average with a deviation of 4.2.
    const counts = all.map((_, i) => drawn.get(`${Math.floor(i / 30)} ${i % 30}`) ?? 0);
    const variance = counts.reduce((sum, n) => sum + (n - 20) ** 2, 0) / counts.length;
    expect(variance).toBeGreaterThan(14);
    expect(variance).toBeLessThan(22.5);
    expect(Math.max(...counts)).toBeLessThan(42);
  });

  it('is alphabetical by label', async () => {
    const { pairs } = await read({ sampleEntries: 40, alphabetical: true });
    const labels = pairs.map(({ first, second }) => `${first.label} ${second.label}`);
    expect(labels).toEqual([...labels].sort());
  });

  it('repeats the notebook’s quirks under compat', async () => {
    const filters = { compat: true };
    // A threshold of 0 is ignored, entries are drawn with replacement, "alphabetical" is by id.
    const { pairs, count } = await read({ filters, threshold: 0, sampleEntries: 2000, alphabetical: true });
    expect([count, pairs.length]).toEqual([900, 2000]);
    expect(pairs.every(({ first }, i) => i === 0 || first.id >= pairs[i - 1].first.id)).toBe(true);
    const distinct = new Set(pairs.map(key)).size;
    // 900 (1 - e^(-2000/900)) = 802 of 900 are expected to occur.
    expect(distinct).toBeGreaterThan(770);
    expect(distinct).toBeLessThan(835);
    expect((await read({ filters, threshold: 100 })).pairs).toEqual([]);
  });

  it('needs a threshold or a sample', async () => {
    await expect(read({ sampleEntries: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await expect(read({ sampleEntries: -1 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
