import { describe, expect, it } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { seeded, shuffled } from '../reading/random.ts';
import { kinship } from './kinship.ts';
import { fisher, ranksOf, spearman } from './rank-correlation.ts';

const engine = referenceEngine();
const SCIPY = { rho: 0.19885368120992467, p: 0.6368617833253286, fisher: 0.04082702883527948 };

describe('rank correlation', () => {
  it('has the figures of scipy.stats.spearmanr and combine_pvalues', () => {
    // scipy 1.17.1: spearmanr([3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8])
    const { rho, p } = spearman([3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8]);
    expect(rho).toBeCloseTo(SCIPY.rho, 12);
    expect(p).toBeCloseTo(SCIPY.p, 10);
    expect(fisher([0.01, 0.2, 0.7])).toBeCloseTo(SCIPY.fisher, 12);
  });

  it('gives equal numbers their mean rank, and no p below that of the rarest order', () => {
    expect([...ranksOf([5, 1, 5, 0])]).toEqual([2.5, 1, 2.5, 0]);
    expect(spearman([1, 2, 3, 4], [1, 2, 3, 4]).p).toBeCloseTo(2 / 24, 12);
    expect(spearman([1, 1, 1], [1, 2, 3]).p).toBeNaN();
    expect(fisher([])).toBeNaN();
  });

  it('refuses lists that are too short or of two lengths', async () => {
    await expectError(() => spearman([1, 2], [1, 2]), 'ARGUMENT_INVALID', /3 or more, got 2 and 2/);
  });
});

describe('kinship', () => {
  it('gives unrelated models uniform p-values (chi-square over ten tenths of 200 pairs, p > 0.001)', async () => {
    const random = seeded(7);
    const counts = new Map<string, number[]>();
    const count = (test: string, p: number) => {
      const tenths = counts.get(test) ?? Array(10).fill(0);
      tenths[Math.min(9, Math.floor(p * 10))]++;
      counts.set(test, tenths);
    };
    for (let draw = 0; draw < 200; draw++) {
      const seed = Math.floor(random() * 2 ** 31);
      const sizes = { layers: 2, neurons: 24, hidden: 6, gated: false };
      const [a, b] = [tinyModel({ seed, ...sizes }), tinyModel({ seed: seed + 1, ...sizes })];
      const found = await kinship(a, b, { engine, draws: 19, seed });
      for (const { space, order, match } of found.spaces) {
        count(`order ${space}`, order!);
        count(`match ${space}`, match);
      }
      // p is a multiple of 1/20: its tenth, counted from above.
      count('basis', found.basis!.p - 1e-9);
    }
    expect([...counts.keys()]).toHaveLength(5);
    for (const [test, tenths] of counts)
      expect(
        tenths.reduce((sum, n) => sum + (n - 20) ** 2 / 20, 0),
        `${test}: ${tenths}`,
      ).toBeLessThan(27.88);
  }, 120_000);

  it.each([
    ['dead', (data: Float32Array, width: number) => data.fill(0, 0, 20 * width)],
    ['all dead', (data: Float32Array) => data.fill(0)],
    ['alike', (data: Float32Array, width: number) => data.set(data.map((_, at) => data[at % (4 * width)]))],
  ])('takes neurons that are %s in both for no kinship (40 unrelated pairs)', async (_, plant) => {
    const sizes = { layers: 2, neurons: 24, hidden: 6, gated: false };
    const least = { order: 1, match: 1 };
    for (let draw = 0; draw < 40; draw++) {
      const pair = [tinyModel({ seed: 1000 + 2 * draw, ...sizes }), tinyModel({ seed: 1001 + 2 * draw, ...sizes })];
      for (const { arrays } of pair)
        for (const part of ['key', 'value']) plant(arrays.get(`layer.1.ff.${part}`)!.data, sizes.hidden);
      for (const { order, match } of (await kinship(pair[0], pair[1], { engine, draws: 0, seed: draw })).spaces) {
        least.order = Math.min(least.order, order!);
        least.match = Math.min(least.match, match);
      }
    }
    // Of 80 p-values in all one below 1e-4 is seen once in 125 times.
    expect(least.order).toBeGreaterThan(1e-4);
    expect(least.match).toBeGreaterThan(1e-4);
  });

  it('finds a copy whose neurons are permuted by their pairs and by the basis, and no order in it', async () => {
    const sizes = { layers: 2, neurons: 40, hidden: 10, gated: true };
    const [a, b] = [tinyModel(sizes), { ...tinyModel(sizes), name: 'permuted' }];
    const random = seeded(5);
    for (let layer = 0; layer < 2; layer++) {
      const order = shuffled(40, random);
      for (const part of ['key', 'up', 'value']) {
        const { data } = b.arrays.get(`layer.${layer}.ff.${part}`)!;
        const before = data.slice();
        for (const [i, from] of order.entries()) data.set(before.subarray(from * 10, (from + 1) * 10), i * 10);
      }
    }
    const { spaces, basis, distances } = await kinship(a, b, { engine, draws: 99 });
    for (const { order, match, other, layers } of spaces) {
      expect(other).toBe('up');
      expect(order).toBeGreaterThan(0.01);
      expect(match).toBeLessThan(1e-30);
      for (const { mean } of layers) expect(mean).toBeCloseTo(1, 5);
    }
    expect(basis!.p).toBe(0.01);
    expect(distances.find(({ layer }) => layer === null)!.distance).toBe(0);
    expect(distances.find(({ layer }) => layer === 1)!.distance).toBeGreaterThan(0.5);
  });

  it('finds which layers of a pruned and permuted copy are whose, whatever numbers they have', async () => {
    const sizes = { neurons: 40, hidden: 10, words: Array.from({ length: 30 }, (_, i) => `w${i}`) };
    for (const gated of [true, false]) {
      const a = tinyModel({ ...sizes, gated, layers: 4, seed: 21 });
      const b = { ...tinyModel({ ...sizes, gated, layers: 3, seed: 22 }), name: 'pruned' };
      for (const table of ['embed', 'unembed']) b.arrays.get(table)!.data.set(a.arrays.get(table)!.data);
      const random = seeded(6);
      // Layers 0 and 3 are A's 1 and 3, the one between is another model's.
      for (const [from, to] of [
        [1, 0],
        [3, 2],
      ]) {
        const order = shuffled(40, random);
        for (const part of gated ? ['key', 'up', 'value'] : ['key', 'value']) {
          const [before, data] = [a.arrays.get(`layer.${from}.ff.${part}`)!, b.arrays.get(`layer.${to}.ff.${part}`)!];
          for (const [i, at] of order.entries()) data.data.set(before.data.subarray(at * 10, (at + 1) * 10), i * 10);
        }
      }
      const { pairs, spaces } = await kinship(a, b, { engine, draws: 0 });
      // Layers of one number alone say nothing.
      for (const { match } of spaces) expect(match).toBeGreaterThan(1e-3);
      expect(pairs!.least).toBeLessThan(1e-30);
      expect(pairs!.best.filter(({ p }) => p < 1e-3)).toMatchObject([
        { a: 1, b: 0, rho: 1 },
        { a: 3, b: 2, rho: 1 },
      ]);
    }
  });

  it('tests every layer with every one where asked, and gives unrelated ones uniform p-values (as above)', async () => {
    const tenths = Array(10).fill(0);
    const sizes = { layers: 2, neurons: 24, hidden: 6, gated: false };
    let least = 0;
    for (let draw = 0; draw < 200; draw++) {
      const [a, b] = [tinyModel({ seed: 5000 + 2 * draw, ...sizes }), tinyModel({ seed: 5001 + 2 * draw, ...sizes })];
      const { pairs } = await kinship(a, b, { engine, draws: 0, seed: draw, pairs: true });
      tenths[Math.min(9, Math.floor(pairs!.p[draw % 2][(draw >> 1) % 2] * 10))]++;
      if (pairs!.least < 0.05) least++;
    }
    expect(
      tenths.reduce((sum, n) => sum + (n - 20) ** 2 / 20, 0),
      `${tenths}`,
    ).toBeLessThan(27.88);
    // 10 of 200 are expected at most, 23 or more are seen once in 10,000 times.
    expect(least).toBeLessThan(23);
    expect((await kinship(tinyModel(sizes), tinyModel({ ...sizes, seed: 3 }), { engine, draws: 0 })).pairs).toBeNull();
  }, 60_000);

  it('compares models of two widths in embedding space, without the basis', async () => {
    const words = Array.from({ length: 30 }, (_, i) => `w${i}`);
    const [a, b] = [tinyModel({ words }), { ...tinyModel({ words, hidden: 5, neurons: 9, seed: 4 }), name: 'other' }];
    const found = await kinship(a, b, { engine });
    expect(found.spaces.map(({ space }) => space)).toEqual(['embedding']);
    expect(found.spaces[0].order).toBeNull();
    expect(found.basis).toBeNull();
    expect(found.notes.join(' ')).toMatch(/different widths \(8, 5\)/);
  });
});
