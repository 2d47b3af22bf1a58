import { cubed, squared } from '../powers.ts';
import { type Dense, root, singular, timesTransposed, transposed } from './linear.ts';
import type { ColumnCumulants } from './shuffled-words.ts';
import { normalTail } from './tails.ts';

/** One side of a head: its vectors [r, d], and how the numbers of words spread over the columns of their table. */
export interface ShuffledSide {
  w: Dense;
  columns: ColumnCumulants;
}

/**
 * How many pairs of shuffled words score as high, on average, by this very head: each number of such a word is that of
 * a random token in the same column. What a head reads of a word, a = W₁ x, is a sum over hundreds of columns, and
 * counts as normal, with mean and covariance exactly those of shuffled words; so does b = W₂ y. The score aᵀb then has
 * a known cumulant generating function, and its tail is that of the saddlepoint (Lugannani and Rice 1980).
 */
export class ShuffledPairs {
  readonly #pairs: number;
  /** Whether what the head reads of shuffled words is near normal; where single columns outweigh the rest it is not. */
  readonly normal: boolean;
  /** The cumulant generating function is θ c₀ + θ² c₁ / 2 + Σ [(θ q + θ² p)² / 2w - ½ ln w], w = 1 - θ² s². */
  readonly #mean: number;
  readonly #square: number;
  readonly #s: readonly number[];
  readonly #p: readonly number[];
  readonly #q: readonly number[];

  constructor(first: ShuffledSide, second: ShuffledSide) {
    const [a, b] = [momentsOf(first), momentsOf(second)];
    this.normal = nearNormal(first) && nearNormal(second);
    this.#pairs = first.columns.tokens * second.columns.tokens;
    const l = root(a.covariance);
    const turned = transposed(l);
    const inner = timesTransposed(timesTransposed(turned, b.covariance), turned);
    const { u, s } = singular(inner);
    const along = (x: Float64Array): number[] => vectorTimes(vectorTimes(x, l), u);
    const spread = Float64Array.from(vectorTimes(a.mean, b.covariance));
    this.#mean = dot(a.mean, b.mean);
    this.#square = dot(a.mean, spread);
    this.#s = s.map((value) => Math.sqrt(Math.max(0, value)));
    this.#p = along(spread);
    this.#q = along(b.mean);
  }

  /** The expected number of pairs that score at least `score`. */
  expected(score: number): number {
    const largest = Math.max(0, ...this.#s);
    if (largest === 0) return this.#mean >= score ? this.#pairs : 0;
    if (score <= this.#mean) return this.#pairs;
    let [low, high] = [0, 1 / largest];
    for (let i = 0; i < 60; i++) {
      const t = (low + high) / 2;
      if (this.#at(t).slope < score) low = t;
      else high = t;
    }
    const { value, curve } = this.#at(low);
    const w = Math.sqrt(2 * Math.max(0, low * score - value));
    const v = low * Math.sqrt(curve);
    const density = Math.exp((-w * w) / 2) / Math.sqrt(2 * Math.PI);
    // Near the mean, where 1/v - 1/w is lost in rounding, it is small.
    const share = normalTail(w) + (w > 1e-3 ? density * (1 / v - 1 / w) : 0);
    return this.#pairs * Math.min(1, Math.max(0, share));
  }

  /** The cumulant generating function, its slope and its curvature at t. */
  #at(t: number): { value: number; slope: number; curve: number } {
    let value = t * this.#mean + (t * t * this.#square) / 2;
    let slope = this.#mean + t * this.#square;
    let curve = this.#square;
    for (const [k, s] of this.#s.entries()) {
      const [p, q] = [this.#p[k], this.#q[k]];
      const w = 1 - squared(t * s);
      const dw = -2 * t * s * s;
      const ddw = -2 * s * s;
      const f = t * q + t * t * p;
      const df = q + 2 * t * p;
      const ddf = 2 * p;
      value += (f * f) / (2 * w) - Math.log(w) / 2;
      slope += (f * df) / w - (f * f * dw) / (2 * w * w) - dw / (2 * w);
      curve +=
        (df * df + f * ddf) / w -
        (2 * f * df * dw) / (w * w) -
        (f * f * ddw) / (2 * w * w) +
        (f * f * dw * dw) / cubed(w) -
        ddw / (2 * w) +
        (dw * dw) / (2 * w * w);
    }
    return { value, slope, curve };
  }
}

/** The largest excess kurtosis of what one vector reads that still counts as normal. */
const KURTOSIS = 0.1;

function nearNormal({ w, columns }: ShuffledSide): boolean {
  for (let k = 0; k < w.rows; k++) {
    let [variance, fourth] = [0, 0];
    for (let j = 0; j < w.columns; j++) {
      const square = squared(w.data[k * w.columns + j]);
      variance += square * columns.variance[j];
      fourth += square * square * columns.fourth[j];
    }
    if (Math.abs(fourth) > KURTOSIS * squared(variance)) return false;
  }
  return true;
}

function momentsOf({ w, columns }: ShuffledSide): { mean: Float64Array; covariance: Dense } {
  const spread = { ...w, data: w.data.map((x, at) => x * columns.variance[at % w.columns]) };
  const mean = Float64Array.from({ length: w.rows }, (_, k) =>
    dot(w.data.subarray(k * w.columns, (k + 1) * w.columns), columns.mean),
  );
  return { mean, covariance: timesTransposed(spread, w) };
}

function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** xᵀ M. */
function vectorTimes(x: ArrayLike<number>, { data, rows, columns }: Dense): number[] {
  const made = Array.from({ length: columns }, () => 0);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) made[j] += x[i] * data[i * columns + j];
  return made;
}
