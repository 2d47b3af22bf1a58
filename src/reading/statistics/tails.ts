import { squared } from '../powers.ts';

/**
 * Tail probabilities of the distributions that nulls have, to about 1e-12 of themselves down to 1e-300: each tail is
 * summed where it lies, never as 1 minus the rest. Formulas by their numbers in the NIST Digital Library of
 * Mathematical Functions.
 */

/** ln Γ(x) for x > 0: Stirling's series (DLMF 5.11.1) after x has been raised to 15 or more. */
export function logGamma(x: number): number {
  let product = 1;
  let y = x;
  while (y < 15) product *= y++;
  const w = 1 / (y * y);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - (w * 691) / 360_360))))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

const TINY = 1e-300;
const EPSILON = 1e-16;

/** b₀ + a₁ / (b₁ + a₂ / (b₂ + …)) by Lentz's method (Press et al., Numerical Recipes, 5.2). */
function continuedFraction(b0: number, a: (i: number) => number, b: (i: number) => number): number {
  let f = b0 || TINY;
  let c = f;
  let d = 0;
  for (let i = 1; i < 10_000; i++) {
    d = 1 / (b(i) + a(i) * d || TINY);
    c = b(i) + a(i) / c || TINY;
    const by = c * d;
    f *= by;
    if (Math.abs(by - 1) < EPSILON) break;
  }
  return f;
}

/** P(a, x) and Q(a, x) = 1 - P, the regularised incomplete gamma functions, each accurate where it is small. */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 };
  const factor = a * Math.log(x) - x - logGamma(a);
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let i = 1; i < 10_000 && term > sum * EPSILON; i++) {
      term *= x / (a + i);
      sum += term;
    }
    const lower = Math.min(1, sum * Math.exp(factor)); // DLMF 8.11.4
    return { lower, upper: 1 - lower };
  }
  const fraction = continuedFraction(
    x + 1 - a,
    (i) => -i * (i - a),
    (i) => x + 2 * i + 1 - a,
  ); // DLMF 8.9.2
  const upper = Math.min(1, Math.exp(factor) / fraction);
  return { lower: 1 - upper, upper };
}

/**
 * I_x(a, b), the regularised incomplete beta function (DLMF 8.17.22), from `y` = 1 - x, so that neither is lost near 1.
 */
export function incompleteBeta(x: number, a: number, b: number, y = 1 - x): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(y, b, a, x);
  const factor = a * Math.log(x) + b * Math.log(y) + logGamma(a + b) - logGamma(a) - logGamma(b) - Math.log(a);
  const term = (i: number): number => {
    const m = i >> 1;
    return i % 2 === 0
      ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  };
  // The fraction's first numerator is 1: 1 / (1 + d₁ / (1 + d₂ / …)).
  return Math.min(1, Math.exp(factor) / continuedFraction(1, term, () => 1));
}

/** P(Z ≥ z) of a standard normal variable. */
export function normalTail(z: number): number {
  const tail = incompleteGamma(0.5, (z * z) / 2).upper / 2;
  return z >= 0 ? tail : 1 - tail;
}

/** P(T ≥ t) of Student's t with `freedom` degrees. */
export function studentTail(t: number, freedom: number): number {
  const square = t * t;
  const tail = incompleteBeta(freedom / (freedom + square), freedom / 2, 0.5, square / (freedom + square)) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/** P(|c| ≥ |cosine|) for the cosine c of two random directions of d dimensions: c² is Beta(1/2, (d - 1)/2). */
export function cosineTail(cosine: number, d: number): number {
  if (d < 2) return 1;
  const square = Math.min(1, cosine * cosine);
  return incompleteBeta(1 - square, (d - 1) / 2, 0.5, square);
}

/** |x Qᵀ|² / |x|² for a random span Q of m of d dimensions: Beta(m/2, (d - m)/2). */
export const spanNull = (m: number, d: number): { mean: number; sd: number } => ({
  mean: m / d,
  sd: Math.sqrt((2 * m * (d - m)) / (d * d * (d + 2))),
});

/** Of as large a share of x in a random span, given how many deviations it is above its mean; with m = 1 two-sided. */
export function spanTail(z: number, m: number, d: number): number {
  if (m >= d) return 1;
  const { mean, sd } = spanNull(m, d);
  const square = Math.min(1, m === 1 ? (z * z) / d : mean + z * sd);
  return incompleteBeta(1 - square, (d - m) / 2, m / 2, square);
}

/** P(N ≥ count) of a Poisson variable. */
export function poissonTail(count: number, mean: number): number {
  return count <= 0 ? 1 : incompleteGamma(count, mean).lower;
}

/**
 * P(N ≥ count) of a negative binomial variable of this mean and a larger variance (Poisson's where it is not larger).
 */
export function negativeBinomialTail(count: number, mean: number, variance: number): number {
  if (count <= 0) return 1;
  if (!(variance > mean * (1 + 1e-9)) || mean <= 0) return poissonTail(count, mean);
  const size = squared(mean) / (variance - mean);
  return incompleteBeta(1 - mean / variance, count, size, mean / variance);
}

/** P(N ≥ count) of the number of items that two random sets of k₁ and k₂ out of n have in common: hypergeometric. */
export function sharedTail(count: number, k1: number, k2: number, n: number): number {
  const least = Math.max(0, k1 + k2 - n);
  const most = Math.min(k1, k2);
  if (count <= least) return 1;
  if (count > most) return 0;
  const choose = (from: number, k: number): number => logGamma(from + 1) - logGamma(k + 1) - logGamma(from - k + 1);
  let term = Math.exp(choose(k1, count) + choose(n - k1, k2 - count) - choose(n, k2));
  let sum = 0;
  for (let i = count; i <= most && term > 0; i++) {
    sum += term;
    term *= ((k1 - i) * (k2 - i)) / ((i + 1) * (n - k1 - k2 + i + 1));
  }
  return Math.min(1, sum);
}
