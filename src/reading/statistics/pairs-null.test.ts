import { describe, expect, it } from 'vitest';
import { seeded, shuffled } from '../random.ts';
import { firstOfPairs } from './first-of-pairs.ts';
import { type Dense, dense, orthonormal, timesTransposed, transposed } from './linear.ts';
import { gaussian } from './nulls.ts';
import { lengthsOf, RandomPairs } from './random-pairs.ts';
import { ShuffledPairs } from './shuffled-pairs.ts';
import { columnCumulants } from './shuffled-words.ts';

const D = 16;

/** Rows of different lengths, in clumps of similar ones, with a part that all share: as embeddings are. */
function words(count: number, seed: number, d = D): Dense {
  const random = gaussian(count * d * 2 + d, seed);
  const data = new Float64Array(count * d);
  for (let i = 0; i < count; i++) {
    const length = 0.5 + (i % 7) / 7;
    const clump = Math.floor(i / 3);
    for (let j = 0; j < d; j++)
      data[i * d + j] =
        length * (random[clump * d + j] + 0.4 * random[count * d + i * d + j] + 0.3 * random.at(j - d)!);
  }
  return { data, rows: count, columns: d };
}

const norms = ({ data, rows, columns }: Dense) =>
  Array.from({ length: rows }, (_, i) => Math.hypot(...data.subarray(i * columns, (i + 1) * columns)));

/** A head of these singular values and uniformly random frames: its factors over the words of both sides. */
function randomFactors(values: readonly number[], one: Dense, two: Dense, seed: number): [Dense, Dense] {
  return [one, two].map((side, i) => {
    const drawn = dense({ data: gaussian(values.length * D, 2 * seed + i), rows: values.length, columns: D });
    const frame = transposed(orthonormal(drawn).q);
    for (const [k, s] of values.entries()) for (let j = 0; j < D; j++) frame.data[k * D + j] *= Math.sqrt(s);
    return timesTransposed(side, frame);
  }) as [Dense, Dense];
}

/** Each number of a word is that of a random word in the same column. */
function shuffledColumns({ data, rows, columns }: Dense, random: () => number): Dense {
  const made = new Float64Array(data.length);
  for (let j = 0; j < columns; j++) {
    const order = shuffled(rows, random);
    for (let i = 0; i < rows; i++) made[i * columns + j] = data[order[i] * columns + j];
  }
  return { data: made, rows, columns };
}

const largest = (scores: Float64Array) => scores.reduce((best, score) => Math.max(best, score), -Infinity);

describe('RandomPairs', () => {
  it.each([
    ['of several values', [3, 2, 1, 0.5]],
    ['of one value', [2]],
    ['of equal values, as many as dimensions', Array.from({ length: D }, () => 1)],
  ])('expects as many pairs as random heads have, %s', (_, values) => {
    const [one, two] = [words(40, 1), words(30, 2)];
    const null_ = new RandomPairs(values, lengthsOf(norms(one)), lengthsOf(norms(two)), D);
    const thresholds = [0.6, 1.2].map((share) => share * Math.hypot(...values) * 2);
    const counts = thresholds.map(() => [] as number[]);
    for (let seed = 1; seed <= 1000; seed++) {
      const { data } = timesTransposed(...randomFactors(values, one, two, seed));
      for (const [i, least] of thresholds.entries()) {
        let count = 0;
        for (const score of data) if (score >= least) count++;
        counts[i].push(count);
      }
    }
    for (const [i, least] of thresholds.entries()) {
      const n = counts[i].length;
      const mean = counts[i].reduce((sum, x) => sum + x, 0) / n;
      const error = Math.sqrt(counts[i].reduce((sum, x) => sum + (x - mean) ** 2, 0) / n / n);
      expect(mean).toBeGreaterThan(0.05);
      // Four standard errors, and the bins of lengths and sampled directions: a twentieth.
      expect(Math.abs(null_.expected(least) - mean), `${least}`).toBeLessThan(4 * error + 0.05 * mean);
    }
  });

  it('calls at most 5 % of random heads rarer than 1 in 20, and not none', () => {
    const [one, two] = [words(150, 3), words(120, 4)];
    const values = [3, 2.5, 2, 1.5, 1, 1];
    const null_ = new RandomPairs(values, lengthsOf(norms(one)), lengthsOf(norms(two)), D);
    const p: number[] = [];
    for (let seed = 1; seed <= 500; seed++) {
      const best = largest(timesTransposed(...randomFactors(values, one, two, seed)).data);
      p.push(-Math.expm1(-null_.expected(best)));
    }
    const share = (level: number) => p.filter((x) => x < level).length / p.length;
    console.info(`seeds 1 to 500: ${share(0.05)} below 0.05, ${share(0.2)} below 0.2`);
    expect(share(0.05)).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / p.length));
    expect(share(0.05)).toBeGreaterThan(0.01);
    expect(share(0.2)).toBeLessThan(0.2 + 4 * Math.sqrt((0.2 * 0.8) / p.length));
  });

  it('gives the best score its mean and deviation by the law of largest values', () => {
    // Of a number of pairs that falls by e each 2 the best is Gumbel's, of scale 2 and location 10.
    const found = firstOfPairs(16, (score) => Math.exp((10 - score) / 2), 16)!;
    expect(found.mean).toBeCloseTo(10 + 2 * 0.577_216, 2);
    expect(found.sd).toBeCloseTo((2 * Math.PI) / Math.sqrt(6), 2);
    expect(found.p).toBeCloseTo(1 - Math.exp(-Math.exp(-3)), 12);
    expect(firstOfPairs(16, (score) => Math.exp(-score), 16)).toBeUndefined();
    expect(firstOfPairs(0, () => 5, 0)).toBeUndefined();
  });

  it('knows no pairs where there are no words or no values', () => {
    const some = lengthsOf([1, 2]);
    expect(new RandomPairs([], some, some, D).expected(1)).toBe(0);
    expect(new RandomPairs([1], lengthsOf([]), some, D).expected(1)).toBe(0);
    expect(lengthsOf([0, 0]).rows).toHaveLength(0);
    // No pair of words of lengths 1 and 2 can score above s₁ · 2 · 2.
    expect(new RandomPairs([1], some, some, D).expected(5)).toBe(0);
  });
});

describe('ShuffledPairs', () => {
  it.each([1, -1])('calls about one in 20 shuffles rarer than that, sign %i', async (sign) => {
    const d = 128;
    const [one, two] = [words(60, 5, d), words(50, 6, d)];
    const w = [7, 8].map((seed) => dense({ data: gaussian(4 * d, seed), rows: 4, columns: d }));
    const negated = { ...w[1], data: w[1].data.map((x) => sign * x) };
    const cumulants = ({ data, rows, columns }: Dense) =>
      columnCumulants({ e: { data: Float32Array.from(data), rows, columns } });
    const null_ = new ShuffledPairs(
      { w: w[0], columns: await cumulants(one) },
      { w: negated, columns: await cumulants(two) },
    );
    expect(null_.normal).toBe(true);
    const random = seeded(20_261);
    const p: number[] = [];
    for (let draw = 0; draw < 400; draw++) {
      const a = timesTransposed(shuffledColumns(one, random), w[0]);
      const b = timesTransposed(shuffledColumns(two, random), negated);
      const best = largest(timesTransposed(a, b).data);
      p.push(-Math.expm1(-null_.expected(best)));
    }
    const share = (level: number) => p.filter((x) => x < level).length / p.length;
    console.info(`seed 20261: ${share(0.05)} below 0.05, ${share(0.5)} below 0.5`);
    expect(share(0.05)).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / p.length));
    expect(share(0.5)).toBeLessThan(0.5 + 4 * Math.sqrt(0.25 / p.length));
    expect(share(0.5)).toBeGreaterThan(0.2);
  });

  it('does not count as normal what a single column outweighs', async () => {
    const data = Float32Array.from(words(60, 5).data, (x, at) => (at % D === 3 && at < 2 * D ? 100 : x));
    const side = { w: dense({ data: gaussian(4 * D, 7), rows: 4, columns: D }) };
    const columns = await columnCumulants({ e: { data, rows: 60, columns: D } });
    expect(new ShuffledPairs({ ...side, columns }, { ...side, columns }).normal).toBe(false);
  });
});
