import { describe, expect, it } from 'vitest';
import { type Dense, gramOf, orthonormal, squares, times, timesTransposed, trace } from './linear.ts';
import { gaussian, nullOf, permutedSum, rotatedTrace, sharedItems, zScore } from './nulls.ts';

const random = (rows: number, columns: number, seed: number): Dense => ({
  data: gaussian(rows * columns, seed),
  rows,
  columns,
});

describe('nulls', () => {
  it('draws normal numbers: the same for one seed, of the moments they should have', () => {
    const draws = gaussian(100_001, 7);
    expect(draws).toEqual(gaussian(100_001, 7));
    const { mean, sd } = nullOf(draws);
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(sd - 1)).toBeLessThan(0.01);
    expect(draws.filter((x) => Math.abs(x) > 1.96).length / draws.length).toBeCloseTo(0.05, 2);
    expect(nullOf([3])).toEqual({ mean: 3, sd: 0 });
  });

  it('knows tr(P U Q Uᵀ) over rotations: as thousands of drawn ones have it', () => {
    const d = 5;
    const [p, q] = [gramOf(random(2, d, 1)), gramOf(random(4, d, 2))];
    const traces = (m: Dense) => ({ trace: trace(m), square: squares(m) });
    const drawn = Array.from({ length: 4000 }, (_, i) => {
      const u = orthonormal(random(d, d, 10 + i)).q;
      return trace(times(p, timesTransposed(times(u, q), u)));
    });
    const expected = rotatedTrace(traces(p), traces(q), d);
    const { mean, sd } = nullOf(drawn);
    expect(mean / expected.mean).toBeCloseTo(1, 1);
    expect(Math.abs(mean - expected.mean)).toBeLessThan((4 * expected.sd) / Math.sqrt(drawn.length));
    expect(Math.abs(sd / expected.sd - 1)).toBeLessThan(0.05);
    expect(rotatedTrace({ trace: 2, square: 4 }, { trace: 3, square: 9 }, 1)).toEqual({ mean: 6, sd: 0 });
  });

  it('knows sums over permutations exactly: as all of them have it', () => {
    const n = 5;
    const c = gaussian(n * n, 3);
    const sums = permutations(n).map((order) => order.reduce((sum, j, i) => sum + c[i * n + j], 0));
    const mean = sums.reduce((sum, s) => sum + s, 0) / sums.length;
    const variance = sums.reduce((sum, s) => sum + (s - mean) ** 2, 0) / sums.length;
    const rows = Array.from({ length: n }, (_, i) => c.subarray(i * n, i * n + n).reduce((a, b) => a + b) / n);
    const columns = rows.map((_, j) => rows.reduce((sum, __, i) => sum + c[i * n + j], 0) / n);
    const all = rows.reduce((a, b) => a + b) / n;
    const centred = c.reduce((sum, x, at) => sum + (x - rows[Math.floor(at / n)] - columns[at % n] + all) ** 2, 0);
    const found = permutedSum(n, all * n * n, centred);
    expect(found.mean).toBeCloseTo(mean, 12);
    expect(found.sd).toBeCloseTo(Math.sqrt(variance), 12);
  });

  it('knows what random sets share: as all sets have it', () => {
    const subsets = (k: number) => Array.from({ length: 64 }, (_, bits) => bits).filter((bits) => ones(bits) === k);
    const shared = subsets(2).flatMap((p) => subsets(3).map((q) => ones(p & q)));
    const mean = shared.reduce((a, b) => a + b) / shared.length;
    const found = sharedItems(2, 3, 6);
    expect(found.mean).toBeCloseTo(mean, 12);
    expect(found.sd).toBeCloseTo(Math.sqrt(shared.reduce((sum, s) => sum + (s - mean) ** 2, 0) / shared.length), 12);
  });

  it('counts deviations, at a null that never varies too', () => {
    expect(zScore(5, { mean: 3, sd: 2 })).toBe(1);
    expect(zScore(3, { mean: 3, sd: 0 })).toBe(0);
    expect(zScore(2, { mean: 3, sd: 0 })).toBe(-Infinity);
  });
});

const ones = (bits: number): number => bits.toString(2).replaceAll('0', '').length;

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((order) =>
    Array.from({ length: n }, (_, at) => [...order.slice(0, at), n - 1, ...order.slice(at)]),
  );
}
