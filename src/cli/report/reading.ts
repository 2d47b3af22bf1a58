import type { Applied, AppliedToPairs, EmbeddingChoice, Normalize, ScoredToken } from '../../reading/types.ts';
import type { Block, Tone } from '../output/report.ts';

export { probability } from '../../reading/probability.ts';

/** What was applied, in words, for the line under a title. */
export function appliedLine(normalize: Normalize, applied: Applied): string[] {
  return [
    ...(applied.preview ? ['PREVIEW'] : []),
    `normalised by ${normalize}${applied.approximate ? ' (approximate)' : ''}`.replace('by none', 'by nothing'),
    applied.foldNorm ? 'norm folded in' : 'norm not folded in',
    ...embeddingInWords(applied.embedding),
    filtersInWords(applied),
  ];
}

/** Which tokens were listed. */
export const filtersInWords = ({ filters }: Pick<Applied, 'filters'>): string =>
  filters.length ? `only tokens that pass ${filters.join(', ')}` : 'all tokens';

/** Which E was taken, where it is not the usual one. */
export function embeddingInWords(which: EmbeddingChoice = 'unembed'): string[] {
  if (which === 'unembed') return [];
  return [which === 'embed' ? 'read with the input embedding' : 'each side with its own embedding'];
}

/** What chose and ordered the pairs, in words. */
export function pairsLine(applied: AppliedToPairs): string[] {
  const { above, below, excludeSame, excludeFuzzy, sort, ascending, limitPerFirst, limitPerSecond } = applied;
  return [
    ...(above !== undefined ? [`above ${above}`] : []),
    ...(below !== undefined ? [`below ${below}`] : []),
    ...(excludeFuzzy ? ['similar words left out'] : excludeSame ? ['same words left out'] : []),
    ...(limitPerFirst !== undefined ? [`${limitPerFirst} per first token`] : []),
    ...(limitPerSecond !== undefined ? [`${limitPerSecond} per second token`] : []),
    ...(sort ? [`ordered by ${sort.toUpperCase()}`] : []),
    ...(ascending ? ['smallest first'] : []),
  ];
}

/** What the ranks under the other choice of folding are called. */
export const foldColumn = ({ foldNorm }: { foldNorm: boolean }): string => (foldNorm ? 'unfolded' : 'folded');

/** How far scores of a preview may be from the exact ones. */
export const marginColumn = { name: '±', align: 'right', faint: true, shown: true } as const;

/** `± 0.8` as scores beside it are written. */
export const marginInWords = (margin: number | undefined, format: (score: number) => string): string =>
  margin === undefined ? '' : `± ${format(margin)}`;

/** Tokens with their scores as a block; with `fold`, their ranks under the other choice of folding. */
export function tokenBlock(heading: string, tone: Tone, tokens: readonly ScoredToken[], fold = ''): Block {
  const format = scoreFormat(tokens);
  const withFold = tokens.some(({ foldRank }) => foldRank !== undefined);
  const withMargin = tokens.some(({ margin }) => margin !== undefined);
  return {
    heading,
    tone,
    columns: [
      { name: 'token', flexible: true },
      { name: 'score', align: 'right', faint: true },
      ...(withMargin ? [marginColumn] : []),
      ...(withFold ? [{ name: fold, align: 'right', faint: true, shown: true } as const] : []),
    ],
    rows: tokens.map(({ label, score, foldRank, margin }) => [
      label,
      format(score),
      ...(withMargin ? [marginInWords(margin, format)] : []),
      ...(withFold ? [foldRank === undefined ? '' : thousands(foldRank)] : []),
    ]),
  };
}

/**
 * Writes scores with as many decimals as a glance takes: three or four significant digits of the largest.
 * Programs get all digits, from `--json` and its like.
 */
export function scoreFormat(scored: readonly { score: number }[]): (score: number) => string {
  let largest = 0;
  for (const { score } of scored) largest = Math.max(largest, Math.abs(score));
  const digits = largest === 0 ? 1 : Math.floor(Math.log10(largest)) + 1;
  if (digits > 9 || digits < -5) return (score) => score.toExponential(3);
  const decimals = digits > 0 ? Math.max(0, 4 - Math.max(digits, 2)) : 3 - digits;
  return (score) => score.toFixed(decimals);
}

/** 29769 -> 29,769. */
export const thousands = (n: number | bigint): string => n.toLocaleString('en-US');

export const plural = (n: number, one: string, many = `${one}s`): string => `${thousands(n)} ${n === 1 ? one : many}`;

/** A part as people read it; of nothing at all, infinite. */
export const percent = (share: number): string =>
  Number.isFinite(share) ? `${Number((100 * share).toPrecision(3))} %` : 'from nothing';

/** `29.1 MB`. */
export function bytes(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const unit = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  return unit === 0 ? `${n} bytes` : `${(n / 1000 ** unit).toPrecision(3)} ${units[unit]}`;
}
