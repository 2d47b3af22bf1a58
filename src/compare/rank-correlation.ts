import { WeightscopeError } from '../errors.ts';
import { incompleteGamma, logGamma, studentTail } from '../reading/statistics/tails.ts';

/** Ranks 0, 1, … of numbers; equal ones get their mean rank. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}

export interface RankCorrelation {
  /** Spearman's rank correlation, -1 to 1. */
  rho: number;
  /** Two-sided, by Student's t with n - 2 degrees of freedom, as scipy.stats.spearmanr has it; never below 2 / n!. */
  p: number;
}

/**
 * Spearman's test of two orders of n things, none of which has anything to do with the other under the null: every one
 * of the n! orders is then equally likely, which makes 2 / n! the smallest p there can be. NaN where one side never
 * varies.
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): RankCorrelation {
  const n = x.length;
  if (n !== y.length || n < 3)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected two lists of one length, 3 or more, got ${n} and ${y.length}.`,
    );
  const [a, b] = [ranksOf(x), ranksOf(y)];
  const mean = (n - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    xy += (a[i] - mean) * (b[i] - mean);
    xx += (a[i] - mean) ** 2;
    yy += (b[i] - mean) ** 2;
  }
  const rho = Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
  if (Number.isNaN(rho)) return { rho, p: Number.NaN };
  const least = 2 * Math.exp(-logGamma(n + 1));
  const rest = 1 - rho * rho;
  const tail = rest === 0 ? 0 : 2 * studentTail(Math.abs(rho) * Math.sqrt((n - 2) / rest), n - 2);
  return { rho, p: Math.min(1, Math.max(least, tail)) };
}

/** Fisher's method: the p-value of several independent ones together, -2 Σ ln p against chi-square with 2 m degrees. */
export function fisher(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  if (values.some((p) => p === 0)) return 0;
  const half = values.reduce((sum, p) => sum - Math.log(p), 0);
  return Math.min(1, incompleteGamma(values.length, half).upper);
}
