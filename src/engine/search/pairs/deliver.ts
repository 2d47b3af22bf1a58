import type { PairBatch, PairOptions } from '../../engine.ts';
import type { BestPairs } from './best-pairs.ts';
import type { PairResult } from './selection.ts';

/** Brings a task's pairs to those who want them: leaves the excluded out, calls `visit`, fills the list. */
export const deliver = (result: PairResult, best: BestPairs, { exclude, visit }: PairOptions): void => {
  const batch = exclude ? without(result, exclude) : { ...result, length: result.score.length };
  if (visit && batch.length > 0) visit(batch);
  if (best.k > 0) for (let p = 0; p < batch.length; p++) best.add(batch.first[p], batch.second[p], batch.score[p]);
};

const without = (
  { first, second, score }: PairResult,
  exclude: (first: number, second: number) => boolean,
): PairBatch => {
  let length = 0;
  for (let p = 0; p < score.length; p++) {
    if (exclude(first[p], second[p])) continue;
    first[length] = first[p];
    second[length] = second[p];
    score[length++] = score[p];
  }
  return {
    length,
    first: first.subarray(0, length),
    second: second.subarray(0, length),
    score: score.subarray(0, length),
  };
};
