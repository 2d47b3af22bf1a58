import { squared } from '../powers.ts';
import { gaussian } from './nulls.ts';
import { cosineTail } from './tails.ts';

/** How many rows are how long: bin i holds rows of length about exp(from + i · step). */
export interface Lengths {
  from: number;
  step: number;
  rows: Float64Array;
}

/** Width of a bin, in the logarithm of a length; what lies between two bins counts for both, so that means stay. */
const STEP = 1 / 128;
/** Directions by which the expectation is taken; its error is some hundredths of it. */
const SAMPLES = 2048;
const SEED = 1;
/** Points of the table of tails. */
const POINTS = 4096;

/** The lengths of rows, those of length 0 left out: they score nothing. */
export function lengthsOf(norms: Iterable<number>): Lengths {
  const logs = Array.from(norms, Math.log).filter(Number.isFinite);
  const [low, high] = logs.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const first = Math.floor(low / STEP);
  const rows = new Float64Array(logs.length > 0 ? Math.floor(high / STEP) - first + 2 : 0);
  for (const log of logs) {
    const at = log / STEP - first;
    const bin = Math.floor(at);
    rows[bin] += 1 - (at - bin);
    rows[bin + 1] += at - bin;
  }
  return { from: first * STEP, step: STEP, rows };
}

/** How many pairs have which product of lengths. */
function products(a: Lengths, b: Lengths): { length: number; pairs: number }[] {
  const pairs = new Float64Array(Math.max(0, a.rows.length + b.rows.length - 1));
  for (let i = 0; i < a.rows.length; i++) for (let j = 0; j < b.rows.length; j++) pairs[i + j] += a.rows[i] * b.rows[j];
  return Array.from(pairs, (count, i) => ({ length: Math.exp(a.from + b.from + i * STEP), pairs: count })).filter(
    ({ pairs }) => pairs > 0,
  );
}

/**
 * How many pairs of words score as high, on average over all random heads of these singular values: W = Uᵀ S V with
 * uniformly random frames U and V [r, d]. A pair's score is |x| |y| Σ s_k u_k v_k, u and v being the first r numbers of
 * two random unit vectors, whatever the words are: only lengths of rows count. Given u, the score is |S u| times one
 * number of a random unit vector, whose tail is a beta distribution's; over u it is averaged by importance sampling,
 * from the angular central Gaussian distribution (Tyler 1987) that reaches such scores.
 */
export class RandomPairs {
  readonly #values: readonly number[];
  readonly #products: readonly { length: number; pairs: number }[];
  readonly #d: number;
  readonly #draws: Float64Array;
  readonly #rest: Float64Array;
  readonly #tails: Float64Array;

  /** `values`: singular values; `d`: how long rows are. */
  constructor(values: readonly number[], first: Lengths, second: Lengths, d: number) {
    this.#values = values.filter((value) => value > 0);
    this.#products = products(first, second);
    this.#d = d;
    const r = this.#values.length;
    this.#draws = gaussian(SAMPLES * r, SEED);
    const others = gaussian(SAMPLES * (d - r), SEED + 1);
    this.#rest = Float64Array.from({ length: SAMPLES }, (_, i) => {
      let sum = 0;
      for (let j = i * (d - r); j < (i + 1) * (d - r); j++) sum += squared(others[j]);
      return sum;
    });
    // Tails of one number of a random unit vector, as logarithms.
    this.#tails = Float64Array.from({ length: POINTS + 1 }, (_, i) => Math.log(cosineTail(i / POINTS, d) / 2));
  }

  /** The expected number of pairs that score at least `score`, which must be above 0. */
  expected(score: number): number {
    const r = this.#values.length;
    if (r === 0 || this.#products.length === 0) return 0;
    const tilt = squared(this.#tiltFor(score));
    const widths = this.#values.map((s) => 1 - tilt * squared(s));
    const logVolume = widths.reduce((sum, width) => sum - Math.log(width), 0) / 2;
    const pairsAt = this.#pairsByReach(score);
    let total = 0;
    for (let i = 0; i < SAMPLES; i++) {
      let [square, reach, form] = [this.#rest[i], 0, this.#rest[i]];
      for (let k = 0; k < r; k++) {
        const g = squared(this.#draws[i * r + k]);
        const x = g / widths[k];
        square += x;
        form += g;
        reach += x * squared(this.#values[k]);
      }
      // The density of a direction by which it was drawn is |Λ|^(-1/2) (xᵀ Λ⁻¹ x)^(-d/2) times the uniform one.
      total += pairsAt(Math.sqrt(reach / square)) * Math.exp(logVolume + (this.#d / 2) * Math.log(form / square));
    }
    return total / SAMPLES;
  }

  /** The expected number of pairs where |S u| is `reach`: made for 256 of them, and between by its logarithm. */
  #pairsByReach(score: number): (reach: number) => number {
    const largest = this.#values[0];
    const steps = 256;
    const logs = Float64Array.from({ length: steps + 1 }, (_, i) => {
      const reach = largest * (i / steps);
      let sum = 0;
      for (const { length, pairs } of this.#products) sum += pairs * Math.exp(this.#logTail(score / (length * reach)));
      return Math.log(sum);
    });
    return (reach) => {
      const at = Math.min(steps - 1e-9, (reach / largest) * steps);
      const low = Math.floor(at);
      const a = logs[low];
      return a === -Infinity ? 0 : Math.exp(a + (at - low) * (logs[low + 1] - a));
    };
  }

  #logTail(c: number): number {
    if (!(c < 1)) return -Infinity;
    const at = c * POINTS;
    const low = Math.floor(at);
    const a = this.#tails[low];
    const b = this.#tails[low + 1];
    return b === -Infinity ? a : a + (at - low) * (b - a);
  }

  /** The tilt, as 1 / s, of the pairs that reach the score most easily: by Chernoff's bound for normal numbers. */
  #tiltFor(score: number): number {
    let [best, found] = [-Infinity, 0];
    const coarse = Math.ceil(this.#products.length / 48);
    for (const [at, { length, pairs }] of this.#products.entries()) {
      if (at % coarse !== 0) continue;
      const mean = (score / length) * this.#d;
      // K(t) = -½ Σ ln (1 - s² t²); K' rises from 0 to infinity below 1 / s₁.
      let [low, high] = [0, 1 / this.#values[0]];
      for (let i = 0; i < 20; i++) {
        const t = (low + high) / 2;
        let slope = 0;
        for (const s of this.#values) slope += (s * s * t) / (1 - s * s * t * t);
        if (slope < mean) low = t;
        else high = t;
      }
      let bound = Math.log(pairs) - low * mean;
      for (const s of this.#values) bound -= Math.log(1 - s * s * low * low) / 2;
      if (bound > best) [best, found] = [bound, low];
    }
    return found;
  }
}
