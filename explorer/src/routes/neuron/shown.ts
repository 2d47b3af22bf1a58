import type { ScoreDistribution } from '../../api/types.ts';
import { formatCount, formatScore } from '../../format.ts';

/**
 * How many tokens are listed, and how far out the last of them lies among all scores of this very row. That is not
 * called z, which on the same page says how far a first score is from those of random directions.
 */
export function shownInWords(count: number, from: number | undefined, of: ScoreDistribution): string {
  if (from === undefined) return '';
  const away = (from - of.mean) / of.sd;
  const where = `mean ${away < 0 ? '−' : '+'} ${formatScore(Math.abs(away))} deviations`;
  return `top ${formatCount(count)} of ${formatCount(of.tokens)}, from ${where} up`;
}
