import type { Screened } from './blocks.ts';

/**
 * What a sample of rows says about the walk to come: how many dimensions the screen should have, and whether rows
 * should be sorted into sectors. Only speed follows from this.
 *
 * Sectors: where sizes alone leave most pairs, rows may still differ in the share of their first rotated dimension, and
 * rows of opposite signs there have small products. Then rows are sorted by that share first, into a few sectors, and
 * by size inside each.
 */
export interface Outlook {
  /** Pairs of dimensions in the screen: an even number. */
  pairs: number;
  /** Shares of the first dimension where one sector ends and the next begins, for either side; none: one sector. */
  edges: [number[], number[]];
}

const SECTORS = 8;
const SAMPLE = 192;
/**
 * The threshold that most of a search for the best k will see, in terms of its first one: where it rises much, and
 * little.
 */
const RISE = 1.4;
const LEAST_RISE = 1.1;
/** Or where flat spectra make scores normal, so much of what their k-th then is. */
const CAUTION = 0.9;
/**
 * What a pair that passes costs, in terms of a screen of 32 dimensions: an fp32 product of rows from anywhere, and what
 * the screen loses by writing its place down. Measured with flat factors of 64 to 256 dimensions, native and WASM;
 * heads of real models, whose screens are short, take the same with 60.
 */
const PRODUCT = 250;
/** Rounding to 8 bits adds about so much of both sizes to a bound. */
const ROUNDING = 0.02;

const CHOICES = [8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 60, 64, 80, 96, 104, 112, 120, 128, 160, 192, 224, 258];

/** Pairs of dimensions that a screen of rows of length d can have; three dimensions bound what the others lack. */
const choicesFor = (d: number): number[] => {
  const whole = Math.max(CHOICES[0], 2 * Math.ceil((d + 3) / 4));
  const shorter = CHOICES.filter((pairs) => pairs < whole);
  return shorter.length < CHOICES.length ? [...shorter, whole] : shorter;
};

export const mostPairs = (d: number): number => choicesFor(d).at(-1)!;

/**
 * `wanted`: the least product of rotated rows that counts at first; `k`: how many pairs are wanted, where it rises in
 * the search.
 */
export const lookAhead = (
  buffer: ArrayBufferLike,
  a: Screened,
  b: Screened,
  d: number,
  stride: number,
  wanted: number,
  k: number | undefined,
): Outlook => {
  const choices = choicesFor(d);
  const ends = choices.map((pairs) => Math.min(d, 2 * pairs - 3));
  const [x, y] = [sample(buffer, a, d, stride, ends), sample(buffer, b, d, stride, ends)];
  const last = k === undefined ? wanted : kthOfNormal(x, y, k / (a.count * b.count));
  const least = k === undefined ? wanted : Math.max(wanted * LEAST_RISE, CAUTION * last);
  const later = k === undefined ? wanted : Math.max(wanted * RISE, least);
  let [bySize, bySizeLater, apartLater] = [0, 0, 0];
  const left = choices.map(() => 0);
  for (const p of x) {
    for (const q of y) {
      const sizes = p.size * q.size;
      if (sizes < least) continue;
      bySize++;
      const apart = p.values[0] * q.values[0] + p.rest * q.rest;
      if (sizes >= later) bySizeLater++;
      if (sizes >= later && apart >= later) apartLater++;
      if (apart < least) continue;
      let [product, t] = [sizes * ROUNDING, 0];
      for (let c = 0; c < ends.length; c++) {
        for (; t < ends[c]; t++) product += p.values[t] * q.values[t];
        if (product + p.tails[c] * q.tails[c] < least) break;
        left[c]++;
      }
    }
  }
  const worthwhile = bySizeLater > 0.2 * x.length * y.length && apartLater < 0.6 * bySizeLater;
  const screened = worthwhile ? 1.2 * apartLater : bySize;
  const costs = choices.map((pairs, c) => (screened * pairs) / 16 + left[c] * PRODUCT);
  return {
    pairs: choices[costs.indexOf(Math.min(...costs))],
    edges: worthwhile ? [edges(x), edges(y)] : [[], []],
  };
};

interface Row {
  size: number;
  values: Float32Array;
  /** Length of all dimensions but the first, and of those from each end on. */
  rest: number;
  tails: number[];
}

const sample = (buffer: ArrayBufferLike, side: Screened, d: number, stride: number, ends: number[]): Row[] => {
  const order = new Uint32Array(buffer, side.orderAt, side.count);
  const sizes = new Float64Array(buffer, side.sizeAt);
  const rows = Math.min(SAMPLE, side.count);
  return Array.from({ length: rows }, (_, p) => {
    const row = order[Math.floor(((p + 0.5) * side.count) / rows)];
    const values = new Float32Array(buffer, side.rotatedAt + row * stride * 4, d).slice();
    const from = (start: number): number => Math.sqrt(values.subarray(start).reduce((sum, x) => sum + x * x, 0));
    return { size: sizes[row], values, rest: from(1), tails: ends.map(from) };
  });
};

/**
 * What a share of all products would exceed if they were normal numbers with the mean and deviation of the sample's.
 */
const kthOfNormal = (x: Row[], y: Row[], share: number): number => {
  if (!(share > 0 && share < 0.02) || x.length * y.length < 2) return Number.NEGATIVE_INFINITY;
  // Each row of one side once: their deviation is that of all products.
  const products = x.map((p, i) => {
    const { values } = y[(i * 7) % y.length];
    return p.values.reduce((sum, value, t) => sum + value * values[t], 0);
  });
  const mean = products.reduce((sum, product) => sum + product, 0) / products.length;
  const square = products.reduce((sum, product) => sum + (product - mean) ** 2, 0) / products.length;
  // Abramowitz and Stegun, 26.2.22.
  const t = Math.sqrt(-2 * Math.log(share));
  return mean + Math.sqrt(square) * (t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t));
};

const edges = (rows: Row[]): number[] => {
  const shares = rows.map(({ values, size }) => values[0] / (size || 1)).sort((p, q) => p - q);
  return Array.from({ length: SECTORS - 1 }, (_, k) => shares[Math.floor(((k + 1) * shares.length) / SECTORS)]);
};
