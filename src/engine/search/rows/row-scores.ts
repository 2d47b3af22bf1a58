import type { KernelMemory } from '../../kernels.ts';
import { type Candidates, sorted } from './candidates.ts';
import { type BothEnds, EXACT, type Lists, type OperandAt, type OperandName, PAIRS, SCORES } from './row-place.ts';

/** What scores of pairs come from: rows of x and of e, and the exact scores' unit. */
export interface Scoring {
  memory: KernelMemory;
  scratch: number;
  x: OperandAt;
  e: OperandAt;
  d: number;
  /** scaled = score * scale. */
  scale: number;
}

/** Dot products in fp64 of pairs of a row of x and one of e, at most EXACT; a view that the next call overwrites. */
export const exactDots = (
  { memory: { buffer, kernels }, scratch, x, e, d }: Scoring,
  rowsX: Uint32Array,
  rowsE: Uint32Array,
): Float64Array => {
  const count = rowsX.length;
  const pairs = new Uint32Array(buffer, scratch + PAIRS, 2 * count);
  for (let p = 0; p < count; p++) {
    pairs[2 * p] = rowsX[p];
    pairs[2 * p + 1] = rowsE[p];
  }
  kernels.dots64(x.rowsAt, e.rowsAt, d, scratch + PAIRS, count, scratch + SCORES);
  return new Float64Array(buffer, scratch + SCORES, count);
};

/**
 * Signed scores of the entries of lists, one list after the other; `row` says which row of `side` those of a list
 * share.
 */
export const scoresOf = (
  scoring: Scoring,
  side: OperandName,
  lists: readonly Uint32Array[],
  row: (list: number) => number,
  sign: number,
): Float64Array => {
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  const [x, e] = [new Uint32Array(total), new Uint32Array(total)];
  const [own, others] = side === 'x' ? [x, e] : [e, x];
  let to = 0;
  for (let i = 0; i < lists.length; i++) {
    own.fill(row(i), to, to + lists[i].length);
    others.set(lists[i], to);
    to += lists[i].length;
  }
  const scores = new Float64Array(total);
  const divisors = new Float64Array(scoring.memory.buffer, scoring.e.divisorAt);
  for (let from = 0; from < total; from += EXACT) {
    const count = Math.min(EXACT, total - from);
    const dots = exactDots(scoring, x.subarray(from, from + count), e.subarray(from, from + count));
    for (let p = 0; p < count; p++) scores[from + p] = sign * (dots[p] / divisors[e[from + p]]);
  }
  return scores;
};

/** Lists that score their entries exactly where they must; `row` says which row of `side` a list belongs to. */
export const settling = (
  lists: BothEnds<Candidates>,
  scoring: Scoring,
  side: OperandName,
  row: (list: number) => number,
): void => {
  for (const [end, candidates] of lists.entries()) {
    if (!candidates) continue;
    const sign = end === 0 ? 1 : -1;
    candidates.exactly = (list, index) => ({
      scores: scoresOf(scoring, side, [index], () => row(list), sign),
      scale: scoring.scale,
    });
  }
};

/** Scores the entries of lists exactly and ranks the best k of each. */
export const finish = (
  scoring: Scoring,
  side: OperandName,
  lists: readonly Uint32Array[],
  k: number,
  row: (list: number) => number,
  sign: number,
): Lists => {
  const scores = scoresOf(scoring, side, lists, row, sign);
  const length = Uint32Array.from(lists, (list) => Math.min(k, list.length));
  const total = length.reduce((sum, length) => sum + length, 0);
  const [index, score] = [new Uint32Array(total), new Float64Array(total)];
  let [from, to] = [0, 0];
  for (let i = 0; i < lists.length; i++) {
    const list = lists[i];
    const own = scores.subarray(from, from + list.length);
    const order = sorted(list, own);
    for (let rank = 0; rank < length[i]; rank++) {
      index[to] = list[order[rank]];
      score[to++] = sign * own[order[rank]];
    }
    from += list.length;
  }
  return { length, index, score };
};
