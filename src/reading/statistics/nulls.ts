import { squared } from '../powers.ts';
import { seeded } from '../random.ts';
import { normalTail } from './tails.ts';

/** What a statistic is where there is nothing to see: its mean and standard deviation under a null. */
export interface Null {
  mean: number;
  sd: number;
}

/**
 * A value against a null: z is (value - mean) / sd, p the probability of a value at least as extreme under the null.
 * Where the null is not near normal z says little: p is the evidence.
 */
export interface Against extends Null {
  z: number;
  p: number;
}

/** A statistic beside its nulls (docs/statistics.md says which, and which values count as extreme). */
export interface Tested {
  value: number;
  /** Against random directions or heads of the same shape and norm. */
  random?: Against;
  /** Against the vocabulary shuffled on one side. */
  shuffled?: Against;
  /** Against what weights of this very model have that do not belong together. */
  others?: Against;
}

/** Standard deviations above the null's mean; a null that never varies gives 0 at its mean, else ±Infinity. */
export function zScore(value: number, { mean, sd }: Null): number {
  return value === mean ? 0 : (value - mean) / sd;
}

const LEAST = 1e-300;

/** Beside its null; `p` as it is known, else two-sided for a normal null. */
export function against(value: number, { mean, sd }: Null, p?: number): Against {
  const z = zScore(value, { mean, sd });
  // What is too improbable for a number is not impossible.
  return { mean, sd, z, p: Math.max(LEAST, p ?? 2 * normalTail(Math.abs(z))) };
}

/** Mean and standard deviation (n - 1) of a statistic over random draws. */
export function nullOf(draws: ArrayLike<number>): Null {
  const n = draws.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += draws[i] / n;
  let square = 0;
  for (let i = 0; i < n; i++) square += squared(draws[i] - mean);
  return { mean, sd: Math.sqrt(square / Math.max(1, n - 1)) };
}

/** Independent standard normal numbers (Box and Muller 1958), the same on every machine up to its Math.log and cos. */
export function gaussian(n: number, seed: number): Float64Array {
  const random = seeded(seed);
  const draws = new Float64Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    draws[i] = radius * Math.cos(angle);
    if (i + 1 < n) draws[i + 1] = radius * Math.sin(angle);
  }
  return draws;
}

/**
 * tr(P U Q Uᵀ) for a uniformly random rotation U of d dimensions, P and Q symmetric, given by their traces and the
 * traces of their squares. Exact: mean tr P tr Q / d; the traceless parts P₀, Q₀ lie in an irreducible representation
 * of dimension (d - 1)(d + 2) / 2, so that the variance is |P₀|² |Q₀|² / that (Schur's lemma).
 */
export function rotatedTrace(p: SymmetricTraces, q: SymmetricTraces, d: number): Null {
  const mean = (p.trace * q.trace) / d;
  const dimension = ((d - 1) * (d + 2)) / 2;
  const traceless = ({ trace, square }: SymmetricTraces) => Math.max(0, square - squared(trace) / d);
  return { mean, sd: dimension === 0 ? 0 : Math.sqrt((traceless(p) * traceless(q)) / dimension) };
}

/** tr P and tr P². */
export interface SymmetricTraces {
  trace: number;
  square: number;
}

/**
 * Sum of c(i, π(i)) over a uniformly random permutation π of n items (Hoeffding 1951). Exact: mean is the sum of all
 * entries / n, variance the sum of the doubly centred entries' squares / (n - 1), both given by the caller.
 */
export function permutedSum(n: number, sumOfEntries: number, centredSquares: number): Null {
  return { mean: sumOfEntries / n, sd: n < 2 ? 0 : Math.sqrt(Math.max(0, centredSquares) / (n - 1)) };
}

/** How many items two random k-sets out of n have in common: hypergeometric. */
export function sharedItems(kFirst: number, kSecond: number, n: number): Null {
  const mean = (kFirst * kSecond) / n;
  const variance = n < 2 ? 0 : (mean * (n - kFirst) * (n - kSecond)) / (n * (n - 1));
  return { mean, sd: Math.sqrt(variance) };
}
