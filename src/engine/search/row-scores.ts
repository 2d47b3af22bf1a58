import type { KernelMemory } from '../kernels.ts';
import { type Candidates, sorted } from './candidates.ts';
import { EXACT, type Lists, PAIRS, SCORES, type SideAt } from './row-place.ts';

export interface Scoring {
  memory: KernelMemory;
  scratch: number;
  x: SideAt;
  e: SideAt;
  d: number;
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

/** Signed scores of entries that share a row of x, or of e. */
export const scoresOf = (
  scoring: Scoring,
  own: { x: number } | { e: number },
  index: Uint32Array,
  sign: number,
): Float64Array => {
  const scores = new Float64Array(index.length);
  const divisors = new Float64Array(scoring.memory.buffer, scoring.e.divisorAt);
  for (let from = 0; from < index.length; from += EXACT) {
    const count = Math.min(EXACT, index.length - from);
    const dots = exactDots(scoring, count, (p, pairs) => {
      pairs[2 * p] = 'x' in own ? own.x : index[from + p];
      pairs[2 * p + 1] = 'x' in own ? index[from + p] : own.e;
    });
    for (let p = 0; p < count; p++) {
      scores[from + p] = sign * (dots[p] / divisors['x' in own ? index[from + p] : own.e]);
    }
  }
  return scores;
};

/** Scores the entries of lists exactly and ranks them. `own` says which row a list belongs to. */
export const finish = (
  scoring: Scoring,
  lists: { index: Uint32Array; k: number }[],
  own: (list: number) => { x: number } | { e: number },
  sign: number,
): Lists => {
  const total = lists.reduce((sum, { index, k }) => sum + Math.min(k, index.length), 0);
  const result = {
    length: new Uint32Array(lists.length),
    index: new Uint32Array(total),
    score: new Float64Array(total),
  };
  let at = 0;
  for (const [i, { index, k }] of lists.entries()) {
    const scores = scoresOf(scoring, own(i), index, sign);
    const order = sorted(index, scores).subarray(0, k);
    for (const p of order) {
      result.index[at] = index[p];
      result.score[at++] = sign * scores[p];
    }
    result.length[i] = order.length;
  }
  return result;
};

export const entriesOf = (candidates: Candidates, list: number) => ({
  index: candidates.entries(list).index.slice(),
  k: candidates.k,
});
