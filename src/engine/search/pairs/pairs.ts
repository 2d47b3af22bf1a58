import { throwIfAborted } from '../../../errors.ts';
import { checkTopPairs } from '../../check.ts';
import type { Matrix, PairOptions, Pairs } from '../../engine.ts';
import type { Sessions } from '../session.ts';
import { densePairs } from './dense-pairs.ts';
import { limitedPairs } from './limited-pairs.ts';
import type { PairSearch } from './pair-search.ts';
import { screenedPairs } from './screened-pairs.ts';
import type { PairsWanted } from './selection.ts';
import { zeroPairs } from './zero-pairs.ts';

/** Best pairs of A·Bᵀ: screened in small integers where few pairs can be wanted, in fp32 where many are. */
export const topPairs = async (sessions: Sessions, a: Matrix, b: Matrix, options: PairOptions): Promise<Pairs> => {
  checkTopPairs(a, b, options);
  throwIfAborted(options.signal);
  const { limitPerFirst, limitPerSecond } = options;
  const search = async (options: PairOptions, after?: PairsWanted['after']): Promise<Pairs> => {
    const sign = options.end === 'bottom' ? -1 : 1;
    const above = options.above ?? Number.NEGATIVE_INFINITY;
    const below = options.below ?? Number.POSITIVE_INFINITY;
    const [low, high] = sign > 0 ? [above, below] : [-below, -above];
    const k = options.k ?? (options.visit ? 0 : Number.POSITIVE_INFINITY);
    const everything = low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY;
    const task: PairSearch = { a, b, sign, low, high, k, everything, after, options };
    return zeroPairs(task) ?? (isSelective(task) ? screenedPairs(sessions, task) : densePairs(sessions, task));
  };
  return limitPerFirst === undefined && limitPerSecond === undefined
    ? search(options)
    : limitedPairs(search, a.rows, b.rows, options);
};

/** Largest share of all pairs that may be wanted for the screen to pay. */
const FEW = 0.02;
const SAMPLES = 8192;

/** Whether only few pairs can be wanted: by k, or by a sample (of fixed places) of scores above the threshold. */
const isSelective = ({ a, b, sign, low, k, everything, options }: PairSearch): boolean => {
  if (everything) return !options.visit && k < FEW * a.rows * b.rows;
  if (low === Number.NEGATIVE_INFINITY || a.rows === 0 || b.rows === 0) return false;
  const d = a.columns;
  let above = 0;
  for (let n = 0; n < SAMPLES; n++) {
    // Multiples of two irrationals visit rows evenly.
    const i = Math.floor(((n * 0.6180339887498949) % 1) * a.rows);
    const j = Math.floor(((n * 0.4142135623730951) % 1) * b.rows);
    let sum = 0;
    for (let t = 0; t < d; t++) sum += a.data[i * d + t] * b.data[j * d + t];
    if (sign * sum > low) above++;
  }
  return above < FEW * SAMPLES;
};
