import { type Against, against } from './nulls.ts';

/** Euler's constant and π / √6: mean and deviation of the Gumbel distribution of location 0 and scale 1. */
const GUMBEL = { mean: 0.577_215_664_901_532_9, sd: 1.282_549_830_161_864 };

/**
 * The best score of all pairs against a null under which `expected(score)` pairs score as high: how many do is about
 * Poisson's, so that one or more do with probability 1 - exp(-expected). Mean and deviation are those of the Gumbel
 * distribution (1958) that this is near where one pair is expected: of location and slope there. Undefined where so
 * few pairs score above 0 that none stands out. Pairs of similar words come in clumps, which makes the p of scores
 * that are no rarer than others a little too large, and that of rare ones no smaller than it is.
 */
export function firstOfPairs(score: number, expected: (score: number) => number, start: number): Against | undefined {
  if (!(start > 0) || !(expected(start * 1e-3) > Math.E)) return undefined;
  // One pair, and e of them: a scale apart.
  const one = scoreOf(0, expected, start);
  const some = scoreOf(1, expected, one);
  const scale = one - some;
  if (!(scale > 0)) return undefined;
  const null_ = { mean: one + GUMBEL.mean * scale, sd: GUMBEL.sd * scale };
  return against(score, null_, score > 0 ? -Math.expm1(-expected(score)) : 1);
}

/** The score that exp(`level`) pairs are expected to reach, to a ten-thousandth of it: the logarithm falls. */
function scoreOf(level: number, expected: (score: number) => number, start: number): number {
  const at = (score: number): number => Math.log(expected(score)) - level;
  let [low, high] = [start, start];
  for (let i = 0; i < 60 && at(low) < 0; i++) low /= 1.25;
  for (let i = 0; i < 60 && at(high) > 0; i++) high *= 1.25;
  let [above, below] = [at(low), at(high)];
  while (high - low > 1e-4 * high) {
    // By the chord, kept off the ends, so that both close in.
    const share = Number.isFinite(below) ? Math.min(0.9, Math.max(0.1, above / (above - below))) : 0.5;
    const middle = low + share * (high - low);
    const value = at(middle);
    if (value > 0) [low, above] = [middle, value];
    else [high, below] = [middle, value];
  }
  return (low + high) / 2;
}
