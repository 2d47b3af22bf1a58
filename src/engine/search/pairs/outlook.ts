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
/** What an fp32 product costs, in terms of a screen of 32 dimensions. */
const PRODUCT = 60;
/** Rounding to 8 bits adds about so much of both sizes to a bound. */
const ROUNDING = 0.02;

const CHOICES = [8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 160, 192, 224, 258];

/** Pairs of dimensions that a screen of rows of length d can have; three dimensions bound what the others lack. */
const choicesFor = (d: number): number[] => {
  const whole = Math.max(CHOICES[0], 2 * Math.ceil((d + 3) / 4));
  const shorter = CHOICES.filter((pairs) => pairs < whole);
  return shorter.length < CHOICES.length ? [...shorter, whole] : shorter;
};

export const mostPairs = (d: number): number => choicesFor(d).at(-1)!;

/** `wanted`: the least product of rotated rows that counts at first; `rises`: whether it rises in the search. */
export const lookAhead = (
  buffer: ArrayBufferLike,
  a: Screened,
  b: Screened,
  d: number,
  stride: number,
  wanted: number,
  rises: boolean,
): Outlook => {
  const choices = choicesFor(d);
  const ends = choices.map((pairs) => Math.min(d, 2 * pairs - 3));
  const [x, y] = [sample(buffer, a, d, stride, ends), sample(buffer, b, d, stride, ends)];
  const least = rises ? wanted * LEAST_RISE : wanted;
  const later = rises ? wanted * RISE : wanted;
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

const edges = (rows: Row[]): number[] => {
  const shares = rows.map(({ values, size }) => values[0] / (size || 1)).sort((p, q) => p - q);
  return Array.from({ length: SECTORS - 1 }, (_, k) => shares[Math.floor(((k + 1) * shares.length) / SECTORS)]);
};
