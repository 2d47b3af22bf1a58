import type { KernelMemory } from '../kernels.ts';
import { absolute32, fp32Below, relative32 } from './bounds.ts';
import { kthLargest } from './select-kth.ts';

export const ROWS_X = 64;
export const ROWS_E = 256;
export const ROW_SCRATCH = ROWS_X * ROWS_E * (4 + 4) + 8 * ROWS_X;

/** Rows of one operand in search order, as `Operand` has them. */
export interface RowSide {
  rowsAt: number;
  indexAt: number;
  panelsAt: number;
  start: number;
  count: number;
  /** Scaled norms of the `count` rows from `start` on, falling. */
  norms: Float64Array;
  /** fp64 divisors of those rows, or none. */
  divisor?: Float64Array;
}

export interface RowTask {
  x: RowSide;
  e: RowSide;
  d: number;
  /** 1 for the largest, -1 for the smallest. */
  sign: number;
  k: number;
}

/**
 * The best k rows of e for each row of x of a block, with scores dot / divisor. Screening values stand for the scores
 * until the end: the k-th largest of them, less their error, bounds the k-th score from below.
 */
export const rowTask = (memory: KernelMemory, scratch: number, task: RowTask) => {
  const { buffer, kernels } = memory;
  const { x, e, d, k } = task;
  const tile = scratch;
  const entries = tile + ROWS_X * ROWS_E * 4;
  const lows = entries + ROWS_X * ROWS_E * 4;
  const highs = lows + ROWS_X * 4;
  new Float32Array(buffer, highs, ROWS_X).fill(Number.POSITIVE_INFINITY);
  const lowest = new Float32Array(buffer, lows, ROWS_X);
  const products = new Float32Array(buffer, tile, ROWS_X * ROWS_E);
  const largest = e.count > 0 ? e.norms[0] : 0;
  const lists = Array.from(x.norms, (norm) => new Candidates(k, relative32(d) * norm * largest + absolute32(d)));

  for (let start = 0; start < e.count; start += ROWS_E) {
    const rows = Math.min(ROWS_E, e.count - start);
    let reachable = false;
    for (let i = 0; i < x.count; i++) {
      const { least, error } = lists[i];
      if (x.norms[i] * e.norms[start] + error >= least) reachable = true;
      lowest[i] = fp32Below(least - error);
    }
    // Rows of e come by falling norm: what the largest cannot reach, none can.
    if (!reachable) break;
    const panels = Math.ceil(rows / 8);
    const [atX, atE] = [x.panelsAt + x.start * d * 4, e.panelsAt + start * d * 4];
    kernels.product32(atX, Math.ceil(x.count / 8), atE, panels, d, tile, ROWS_E);
    if (start === 0 && rows >= k) {
      for (let i = 0; i < x.count; i++) {
        const { error } = lists[i];
        lowest[i] = fp32Below(kthLargest(products.slice(i * ROWS_E, i * ROWS_E + rows), k) - 2 * error);
      }
    }
    const found = kernels.scan(tile, x.count, panels * 8, ROWS_E, lows, highs, entries);
    for (const at of new Uint32Array(buffer, entries, found)) {
      const [i, j] = [at >>> 16, at & 0xffff];
      if (j < rows) lists[i].add(start + j, products[i * ROWS_E + j]);
    }
  }
  const indexX = new Uint32Array(buffer, x.indexAt + x.start * 4, x.count);
  return { rows: indexX.slice(), lists: lists.map((list, i) => rescore(memory, scratch, task, i, list)) };
};

/** Scores the candidates of row i in fp64 and ranks them. */
const rescore = (
  { buffer, kernels }: KernelMemory,
  scratch: number,
  { x, e, d, sign, k }: RowTask,
  i: number,
  candidates: Candidates,
): { index: Uint32Array; score: Float64Array } => {
  candidates.tighten();
  const { places, length } = candidates;
  const indexE = new Uint32Array(buffer, e.indexAt, e.count);
  const row = new Uint32Array(buffer, x.indexAt, x.start + x.count)[x.start + i];
  const index = new Uint32Array(length);
  const score = new Float64Array(length);
  // The tile's place serves for lists of pairs and their scores.
  const most = (ROWS_X * ROWS_E * 4) >> 4;
  for (let from = 0; from < length; from += most) {
    const count = Math.min(most, length - from);
    const pairs = new Uint32Array(buffer, scratch, 2 * count);
    for (let p = 0; p < count; p++) {
      pairs[2 * p] = row;
      index[from + p] = indexE[places[from + p]];
      pairs[2 * p + 1] = index[from + p];
    }
    kernels.dots64(x.rowsAt, e.rowsAt, d, scratch, count, scratch + most * 8);
    score.set(new Float64Array(buffer, scratch + most * 8, count), from);
  }
  for (let p = 0; p < length; p++) {
    if (x.divisor) score[p] /= x.divisor[i];
    else if (e.divisor) score[p] /= e.divisor[places[p]];
  }
  const order = Uint32Array.from({ length }, (_, p) => p);
  order.sort((p, q) => sign * (score[q] - score[p]) || index[p] - index[q]);
  const best = order.subarray(0, Math.min(k, length));
  return { index: Uint32Array.from(best, (p) => index[p]), score: Float64Array.from(best, (p) => score[p]) };
};

/** Rows that may be among the best k of one row, by screening values that err by at most `error`. */
class Candidates {
  /** The k-th score, scaled, is at least this. */
  least = Number.NEGATIVE_INFINITY;
  length = 0;
  places: Uint32Array;
  private values: Float32Array;
  readonly k: number;
  readonly error: number;

  constructor(k: number, error: number) {
    this.k = k;
    this.error = error;
    this.places = new Uint32Array(2 * k + 64);
    this.values = new Float32Array(2 * k + 64);
  }

  add(place: number, value: number): void {
    if (value < this.least - this.error) return;
    if (this.length === this.values.length) {
      this.tighten();
      // Many candidates within the error of the k-th: more room, so that this does not come with every row.
      if (2 * this.length > this.values.length + this.k) this.grow();
    }
    this.places[this.length] = place;
    this.values[this.length++] = value;
  }

  tighten(): void {
    if (this.length <= this.k) return;
    const values = this.values.subarray(0, this.length);
    this.least = Math.max(this.least, kthLargest(values.slice(), this.k) - this.error);
    const needed = this.least - this.error;
    let kept = 0;
    for (let p = 0; p < this.length; p++) {
      if (values[p] < needed) continue;
      values[kept] = values[p];
      this.places[kept++] = this.places[p];
    }
    this.length = kept;
  }

  private grow(): void {
    const { places, values } = this;
    this.places = new Uint32Array(2 * places.length);
    this.values = new Float32Array(2 * values.length);
    this.places.set(places);
    this.values.set(values);
  }
}
