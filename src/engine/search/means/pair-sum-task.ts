import type { KernelMemory } from '../../kernels.ts';

/** Pairs that are scored at a time: a pair of row numbers and an fp64 score each. */
const PAIRS = 1024;
export const PAIR_SUM_SCRATCH = PAIRS * 16;

export interface PairSumTask {
  /** Stored rows of both. */
  xAt: number;
  rows: number;
  eAt: number;
  /** Rows [from, to) of e that this task is about. */
  from: number;
  to: number;
  d: number;
}

/**
 * Sums over rows of x of max(x·e, 0) and |x·e|, each score by itself in fp64. A product of two fp32 numbers lies
 * between 2^-298 and 2^256, so that nothing overflows or underflows, whatever the rows are.
 */
export const pairSumTask = ({ buffer, kernels }: KernelMemory, scratch: number, task: PairSumTask) => {
  const { xAt, rows, eAt, from, to, d } = task;
  const [relu, abs] = [new Float64Array(to - from), new Float64Array(to - from)];
  const squares = { relu: new Float64Array(to - from), abs: new Float64Array(to - from) };
  const scoresAt = scratch + PAIRS * 8;
  for (let start = 0; start < rows; start += PAIRS) {
    const count = Math.min(PAIRS, rows - start);
    const pairs = new Uint32Array(buffer, scratch, 2 * count);
    const scores = new Float64Array(buffer, scoresAt, count);
    for (let p = 0; p < count; p++) pairs[2 * p] = start + p;
    for (let j = from; j < to; j++) {
      for (let p = 0; p < count; p++) pairs[2 * p + 1] = j;
      kernels.dots64(xAt, eAt, d, scratch, count, scoresAt);
      for (let p = 0; p < count; p++) {
        relu[j - from] += Math.max(scores[p], 0);
        abs[j - from] += Math.abs(scores[p]);
        squares.relu[j - from] += Math.max(scores[p], 0) ** 2;
        squares.abs[j - from] += scores[p] ** 2;
      }
    }
  }
  return { from, relu, abs, squares };
};
