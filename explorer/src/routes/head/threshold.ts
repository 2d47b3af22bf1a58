import { decimals } from '../../format.ts';

/** Scores of some ranks of a head's pairs, from the best on. */
export interface ScoreCurve {
  /** Ascending from 1. */
  ranks: readonly number[];
  scores: readonly number[];
  /** Pairs whose scores the server keeps: counts down to the last of them are known at once. */
  listed: number;
}

/**
 * A slider over thresholds. Its right part goes through the listed scores by the logarithm of their rank, so that one,
 * ten and a hundred thousand pairs are each a hand's width apart; its left part goes on from the last listed score to 0
 * in even steps, where the exact count takes a while.
 */
export interface ThresholdScale extends ScoreCurve {
  /** 1, or -1 where the list begins with the smallest score and a threshold is an upper bound. */
  sign: 1 | -1;
}

/** Positions of the slider are whole numbers from 0 (the widest threshold) to this (no pair). */
export const POSITIONS = 1000;
/** Where the listed scores begin. */
export const BORDER = 250;

/** The threshold at a position, with few digits, so that it can be read, said and shared. */
export function thresholdAt(scale: ThresholdScale, position: number): number {
  const { ranks, scores, sign } = scale;
  if (scores.length === 0) return 0;
  const last = scores[scores.length - 1];
  if (position >= BORDER) {
    const rank = scale.listed ** ((POSITIONS - position) / (POSITIONS - BORDER));
    const at = ranks.findIndex((known) => known >= Math.round(rank));
    // Rounded away from the others, so that what was listed stays listed.
    return rounded(at < 0 ? last : scores[at], scale, sign);
  }
  const widest = sign * last > 0 ? 0 : last;
  return rounded(widest + ((last - widest) * position) / BORDER, scale, sign === 1 ? -1 : 1);
}

/** The position of a threshold, to the nearest. */
export function positionOf(scale: ThresholdScale, threshold: number): number {
  const { ranks, scores, sign, listed } = scale;
  if (scores.length === 0) return 0;
  const at = scores.findIndex((score) => sign * score <= sign * threshold);
  if (at >= 0) {
    const share = listed <= 1 ? 0 : Math.log(ranks[at]) / Math.log(listed);
    return Math.round(POSITIONS - share * (POSITIONS - BORDER));
  }
  const last = scores[scores.length - 1];
  const share = sign * last > 0 ? threshold / last : 0;
  return Math.round(Math.min(1, Math.max(0, share)) * BORDER);
}

/** As many decimals as give the best score four digits; `towards`: 1 up, -1 down. */
function rounded(value: number, { scores }: ThresholdScale, towards: 1 | -1): number {
  const scale = 10 ** Math.min(8, decimals(scores[0]) + 1);
  const whole = towards === 1 ? Math.ceil(value * scale) : Math.floor(value * scale);
  return whole / scale + 0;
}
