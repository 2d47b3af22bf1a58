/** Which values speak against a null: the large ones, the small ones, or those far from its middle on either side. */
export type Tail = 'upper' | 'lower' | 'both';

/**
 * Draws that a tail is fitted to, at least: with fewer a p is a rank among the draws and no less than 1 / (draws + 1).
 */
const FITTED = 40;
/** Share of the draws that lie in the fitted tail. */
const SHARE = 0.05;
/** Draws at least as extreme from which on their number says more than the fit. */
const RANKED = 30;

/**
 * The upper tail of a sample beyond `from`: generalised Pareto, of this scale and shape, as far as `until`, the largest
 * draw.
 */
interface Fit {
  from: number;
  until: number;
  share: number;
  scale: number;
  shape: number;
}

/**
 * p-values from draws of a null. Where 30 draws are as extreme p is the rank, (1 + draws at least as extreme) / (1 +
 * draws). Beyond, the last twentieth is a generalised Pareto distribution (Pickands 1975; for p-values Knijnenburg et
 * al. 2009), fitted by probability-weighted moments (Hosking and Wallis 1987). Beyond the largest draw nothing is known
 * of where a tail might end: there it goes on as an exponential one at least, so that no p is 0.
 */
export class DrawnNull {
  readonly #sorted: Float64Array;
  readonly #upper?: Fit;
  readonly #lower?: Fit;

  /** `symmetric`: the null is the same for the value's negative, so that each draw counts with both signs. */
  constructor(draws: ArrayLike<number>, { symmetric = false }: { symmetric?: boolean } = {}) {
    const all = Array.from(draws).filter(Number.isFinite);
    this.#sorted = Float64Array.from(symmetric ? [...all, ...all.map((x) => -x)] : all).sort();
    this.#upper = fitted(this.#sorted);
    this.#lower = symmetric ? this.#upper : fitted(this.#sorted.map((x) => -x).sort());
  }

  get size(): number {
    return this.#sorted.length;
  }

  p(value: number, tail: Tail): number {
    if (Number.isNaN(value) || this.size === 0) return 1;
    if (tail === 'upper') return this.#above(value);
    const below = this.#below(value);
    return tail === 'lower' ? below : Math.min(1, 2 * Math.min(below, this.#above(value)));
  }

  #above(value: number): number {
    return tailOf(this.size - firstNotBelow(this.#sorted, value), this.size, value, this.#upper);
  }

  #below(value: number): number {
    const n = this.size;
    let count = firstNotBelow(this.#sorted, value);
    while (count < n && this.#sorted[count] === value) count++;
    return tailOf(count, n, -value, this.#lower);
  }
}

function tailOf(count: number, n: number, value: number, fit: Fit | undefined): number {
  const rank = (1 + count) / (1 + n);
  if (!fit || count >= RANKED || value <= fit.from) return rank;
  if (fit.shape >= 0 || value <= fit.until) return Math.max(Number.MIN_VALUE, fit.share * pareto(value, fit));
  const rate = 1 / (fit.scale + fit.shape * (fit.until - fit.from));
  return Math.max(Number.MIN_VALUE, fit.share * pareto(fit.until, fit) * Math.exp(-rate * (value - fit.until)));
}

function pareto(value: number, { from, scale, shape }: Fit): number {
  const y = (value - from) / scale;
  return Math.abs(shape) > 1e-9 ? Math.exp(-Math.log(1 + shape * y) / shape) : Math.exp(-y);
}

/** Ascending in, the number of values that are smaller out. */
function firstNotBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Undefined where there are too few draws, or where the tail has one value only. */
function fitted(sorted: Float64Array): Fit | undefined {
  const n = sorted.length;
  if (n < FITTED) return undefined;
  const k = Math.max(10, Math.round(n * SHARE));
  const from = (sorted[n - k - 1] + sorted[n - k]) / 2;
  // Hosking and Wallis: b₀ is the mean of the excesses, b₁ that of them weighted by the share of larger ones.
  let [b0, b1] = [0, 0];
  for (let i = 0; i < k; i++) {
    const excess = sorted[n - k + i] - from;
    b0 += excess / k;
    b1 += ((k - 1 - i) / (k - 1)) * (excess / k);
  }
  if (!(b0 > 0)) return undefined;
  const until = sorted[n - 1];
  // A shape below 0 has an end; the largest draw lies well before it.
  const [shape, scale] = [2 - b0 / (b0 - 2 * b1), (2 * b0 * b1) / (b0 - 2 * b1)];
  const least = (-0.95 * scale) / (until - from);
  return { from, until, share: k / n, scale, shape: Math.min(0.9, Math.max(least, shape)) };
}

/**
 * Benjamini and Hochberg (1995): q is the share of false discoveries to expect among all units that rank at least as
 * high, of as many as there are in `p`. NaN (no such unit) stays NaN and does not count.
 */
export function falseDiscoveries(p: ArrayLike<number>): Float64Array {
  const order = Array.from(p, (_, i) => i)
    .filter((i) => !Number.isNaN(p[i]))
    .sort((i, j) => p[i] - p[j]);
  const q = new Float64Array(p.length).fill(Number.NaN);
  let least = 1;
  for (let rank = order.length; rank > 0; rank--) {
    least = Math.min(least, (p[order[rank - 1]] * order.length) / rank);
    q[order[rank - 1]] = least;
  }
  return q;
}
