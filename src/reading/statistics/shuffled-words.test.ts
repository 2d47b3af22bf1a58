import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../engine/engine.ts';
import { seeded } from '../random.ts';
import { gaussian } from './nulls.ts';
import { type ColumnCumulants, columnCumulants, shuffledBest } from './shuffled-words.ts';

const [TOKENS, WIDTH] = [400, 32];

/** Rows with a common part; `wild`: three columns whose numbers have long tails. */
function table(seed: number, wild: boolean): Matrix {
  const data = Float32Array.from(gaussian(TOKENS * WIDTH, seed), (value, at) => {
    const column = at % WIDTH;
    return column % 3 === 0 ? value + 0.5 : wild && column < 10 ? value ** 3 : value;
  });
  return { data, rows: TOKENS, columns: WIDTH };
}

/** The best score of x among words whose numbers are those of random tokens. */
function shuffledOnce(e: Matrix, x: Float64Array, random: () => number): number {
  let best = -Infinity;
  for (let i = 0; i < e.rows; i++) {
    let score = 0;
    for (let j = 0; j < e.columns; j++) score += x[j] * e.data[Math.floor(random() * e.rows) * e.columns + j];
    best = Math.max(best, score);
  }
  return best;
}

/** The definition, number by number, each column's sums in the order of the rows. */
function cumulantsOf({ data, columns }: Matrix, rows: number[], divisor: Float64Array): ColumnCumulants {
  const average = (numbers: number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const each = Array.from({ length: columns }, (_, j) => {
    const numbers = rows.map((row) => data[row * columns + j] / divisor[row]);
    const mean = average(numbers);
    const [two, three, four] = [2, 3, 4].map((n) => average(numbers.map((number) => (number - mean) ** n)));
    return { mean, variance: two, third: three, fourth: four - 3 * two ** 2 };
  });
  const all = (name: keyof (typeof each)[0]): Float64Array => Float64Array.from(each, (one) => one[name]);
  return {
    tokens: rows.length,
    mean: all('mean'),
    variance: all('variance'),
    third: all('third'),
    fourth: all('fourth'),
  };
}

describe('columnCumulants', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 301])(
    'are those of the definition for %i tokens that a mask leaves',
    async (left) => {
      const e = table(left, true);
      const rows = Array.from({ length: left }, (_, i) => TOKENS - 1 - i).reverse();
      const mask = Uint8Array.from({ length: TOKENS }, (_, row) => Number(rows.includes(row)));
      const divisor = Float64Array.from({ length: TOKENS }, (_, row) => 1 + (row % 5));
      const found = await columnCumulants({ e, mask, divisor });
      const expected = cumulantsOf(e, rows, divisor);
      expect(found.tokens).toBe(left);
      for (const name of ['mean', 'variance', 'third', 'fourth'] as const)
        for (const [j, value] of expected[name].entries()) expect(found[name][j]).toBeCloseTo(value, 10);
    },
  );
});

describe('shuffledBest', () => {
  it.each([
    ['near normal columns', false],
    ['columns with long tails', true],
  ])(
    'has p below 0.05 in 5 % of shuffles that are made: %s',
    async (_, wild) => {
      const seed = 7;
      const e = table(seed, wild);
      const x = gaussian(WIDTH, seed + 1);
      const best = shuffledBest(x, await columnCumulants({ e }), { e });
      const random = seeded(seed + 2);
      const scores = Array.from({ length: 400 }, () => shuffledOnce(e, x, random));
      const chances = scores.map((score) => best.p(score));
      const share = (level: number) => chances.filter((p) => p < level).length / chances.length;
      console.info(`seed ${seed}: ${share(0.05)}, ${share(0.5)}`);
      // Four deviations of a share of 400.
      expect(Math.abs(share(0.05) - 0.05)).toBeLessThan(0.044);
      expect(Math.abs(share(0.5) - 0.5)).toBeLessThan(0.1);
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      const sd = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
      expect(Math.abs(best.mean - mean)).toBeLessThan(0.25 * sd);
      expect(best.sd / sd).toBeGreaterThan(0.85);
      expect(best.sd / sd).toBeLessThan(1.15);
    },
    120_000,
  );

  it('falls for a higher score, to nothing far out', async () => {
    for (const wild of [false, true]) {
      const e = table(3, wild);
      const best = shuffledBest(gaussian(WIDTH, 4), await columnCumulants({ e }), { e });
      let before = 1;
      for (let at = best.mean - 10 * best.sd; at < best.mean + 100 * best.sd; at += best.sd * 2) {
        expect(best.p(at)).toBeLessThanOrEqual(before);
        before = best.p(at);
      }
      expect(before).toBeLessThan(1e-9);
    }
  });

  it('counts the tokens that the mask leaves, and divides as scores are divided', async () => {
    const e = table(5, false);
    const half = { e, divisor: new Float64Array(TOKENS).fill(2), mask: new Uint8Array(TOKENS).fill(1, 0, 300) };
    const own = { e: { data: e.data.slice(0, 300 * WIDTH).map((value) => value / 2), rows: 300, columns: WIDTH } };
    const [a, b] = [await columnCumulants(half), await columnCumulants(own)];
    expect(a.tokens).toBe(300);
    for (const name of ['mean', 'variance', 'third', 'fourth'] as const)
      for (const [j, value] of a[name].entries()) expect(value).toBeCloseTo(b[name][j], 12);
  });

  it('has one score where there is one token', async () => {
    const e = { data: Float32Array.of(1, 2), rows: 1, columns: 2 };
    const best = shuffledBest([3, 4], await columnCumulants({ e }), { e });
    expect([best.mean, best.sd, best.p(11), best.p(11.5)]).toEqual([11, 0, 1, 0]);
  });
});
