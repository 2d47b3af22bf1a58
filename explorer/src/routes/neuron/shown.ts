import type { ScoreDistribution } from '../../api/types.ts';
import { formatCount, formatScore } from '../../format.ts';

/** Of the sentence, where there is room for it. */
export const SHOWN = 'Standard deviations (sd) of all scores of this row, counted from their mean';

/**
 * How many tokens are listed, and how far out the last of them lies among all scores of this very row. That is not
 * called z, which on the same page says how far a first score is from those of random directions. It is short: what
 * stands below must not move where it comes later.
 */
export function shownInWords(count: number, from: number | undefined, of: ScoreDistribution): string {
  if (from === undefined) return '';
  return `top ${formatCount(count)} of ${formatCount(of.tokens)}, from ${formatScore((from - of.mean) / of.sd)} sd up`;
}
