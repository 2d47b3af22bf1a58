import type { KernelMemory } from '../kernels.ts';
import { type Candidates, sorted } from './candidates.ts';
import { type Ends, EXACT, type Lists, PAIRS, SCORES, type Side, type SideAt } from './row-place.ts';

/** What scores of pairs come from: rows of x and of e, and the exact scores' unit. */
export interface Scoring {
  memory: KernelMemory;
  scratch: number;
  x: SideAt;
  e: SideAt;
  d: number;
  /** scaled = score * scale. */
  scale: number;
}

/** Dot products in fp64 of row pairs (of x and of e), at most EXACT; a view that the next call overwrites. */
export const exactDots = (
  { memory: { buffer, kernels }, scratch, x, e, d }: Scoring,
  count: number,
  pair: (p: number, pairs: Uint32Array) => void,
): Float64Array => {
  const pairs = new Uint32Array(buffer, scratch + PAIRS, 2 * count);
  for (let p = 0; p < count; p++) pair(p, pairs);
  kernels.dots64(x.rowsAt, e.rowsAt, d, scratch + PAIRS, count, scratch + SCORES);
  return new Float64Array(buffer, scratch + SCORES, count);
};

/** Signed scores of entries that share row `row` of a side. */
export const scoresOf = (scoring: Scoring, side: Side, row: number, index: Uint32Array, sign: number): Float64Array => {
  const scores = new Float64Array(index.length);
  const divisors = new Float64Array(scoring.memory.buffer, scoring.e.divisorAt);
  const [x, e] = side === 'x' ? [0, 1] : [1, 0];
  for (let from = 0; from < index.length; from += EXACT) {
    const count = Math.min(EXACT, index.length - from);
    const dots = exactDots(scoring, count, (p, pairs) => {
      pairs[2 * p + x] = row;
      pairs[2 * p + e] = index[from + p];
    });
    for (let p = 0; p < count; p++) {
      scores[from + p] = sign * (dots[p] / divisors[side === 'x' ? index[from + p] : row]);
    }
  }
  return scores;
};

/** Lists that score their entries exactly where they must; `row` says which row of `side` a list belongs to. */
export const settling = (
  lists: Ends<Candidates>,
  scoring: Scoring,
  side: Side,
  row: (list: number) => number,
): void => {
  for (const [end, candidates] of lists.entries()) {
    if (!candidates) continue;
    const sign = end === 0 ? 1 : -1;
    candidates.exactly = (list, index) => ({
      scores: scoresOf(scoring, side, row(list), index, sign),
      scale: scoring.scale,
    });
  }
};

/** Scores the entries of `count` lists exactly and ranks the best k of each. */
export const finish = (
  scoring: Scoring,
  side: Side,
  count: number,
  k: number,
  entries: (list: number) => Uint32Array,
  row: (list: number) => number,
  sign: number,
): Lists => {
  const [length, index, score] = [new Uint32Array(count), new Uint32Array(count * k), new Float64Array(count * k)];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const list = entries(i);
    const scores = scoresOf(scoring, side, row(i), list, sign);
    const order = sorted(list, scores).subarray(0, k);
    for (const p of order) {
      index[at] = list[p];
      score[at++] = sign * scores[p];
    }
    length[i] = order.length;
  }
  return { length, index: index.slice(0, at), score: score.slice(0, at) };
};
