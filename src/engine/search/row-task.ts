import type { KernelMemory } from '../kernels.ts';
import { absolute32, fp32Below, relative32 } from './bounds.ts';

export const ROWS_X = 64;
export const ROWS_E = 256;
export const ROW_SCRATCH = ROWS_X * ROWS_E * (4 + 4 + 8 + 8) + 8 * ROWS_X;

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
  scale: number;
  /** 1 for the largest, -1 for the smallest. */
  sign: number;
  k: number;
}

/** The best k rows of e for each row of x of a block, with scores dot / divisor. */
export const rowTask = (memory: KernelMemory, scratch: number, task: RowTask) => {
  const { buffer, kernels } = memory;
  const { x, e, d, scale, sign, k } = task;
  const tile = scratch;
  const entries = tile + ROWS_X * ROWS_E * 4;
  const list = entries + ROWS_X * ROWS_E * 4;
  const scores = list + ROWS_X * ROWS_E * 8;
  const lows = scores + ROWS_X * ROWS_E * 8;
  const highs = lows + ROWS_X * 4;
  new Float32Array(buffer, highs, ROWS_X).fill(Number.POSITIVE_INFINITY);
  const lowest = new Float32Array(buffer, lows, ROWS_X);
  const indexX = new Uint32Array(buffer, x.indexAt + x.start * 4, x.count);
  const indexE = new Uint32Array(buffer, e.indexAt, e.count);
  const best = Array.from({ length: x.count }, () => new BestRow(k, sign));

  for (let start = 0; start < e.count; start += ROWS_E) {
    const rows = Math.min(ROWS_E, e.count - start);
    let reachable = false;
    for (let i = 0; i < x.count; i++) {
      const bound = x.norms[i] * e.norms[start];
      const needed = best[i].least * scale;
      const error =
        relative32(d) * bound + absolute32(d) + Math.abs(needed === Number.NEGATIVE_INFINITY ? 0 : needed) * 1e-12;
      if (bound + error >= needed) reachable = true;
      lowest[i] = fp32Below(needed - error);
    }
    if (!reachable) break;
    const panels = Math.ceil(rows / 8);
    kernels.product32(
      x.panelsAt + x.start * d * 4,
      Math.ceil(x.count / 8),
      e.panelsAt + start * d * 4,
      panels,
      d,
      tile,
      ROWS_E,
    );
    const found = kernels.scan(tile, x.count, panels * 8, ROWS_E, lows, highs, entries);
    const entry = new Uint32Array(buffer, entries, found);
    const pairs = new Uint32Array(buffer, list, 2 * found);
    let listed = 0;
    for (const at of entry) {
      if ((at & 0xffff) >= rows) continue;
      entry[listed] = at;
      pairs[2 * listed] = indexX[at >>> 16];
      pairs[2 * listed++ + 1] = indexE[start + (at & 0xffff)];
    }
    kernels.dots64(x.rowsAt, e.rowsAt, d, list, listed, scores);
    const score = new Float64Array(buffer, scores, listed);
    for (let p = 0; p < listed; p++) {
      const [i, j] = [entry[p] >>> 16, entry[p] & 0xffff];
      const by = x.divisor ? x.divisor[i] : e.divisor ? e.divisor[start + j] : 1;
      best[i].add(pairs[2 * p + 1], score[p] / by);
    }
    for (const list of best) list.tighten();
  }
  return {
    rows: indexX.slice(),
    lists: best.map((list) => list.sorted()),
  };
};

/** The best k of one row: holds up to 2k + 64. */
class BestRow {
  least = Number.NEGATIVE_INFINITY;
  private index: number[] = [];
  private score: number[] = [];
  readonly k: number;
  readonly sign: number;

  constructor(k: number, sign: number) {
    this.k = k;
    this.sign = sign;
  }

  add(index: number, score: number): void {
    if (this.sign * score < this.least) return;
    this.index.push(index);
    this.score.push(score);
    if (this.score.length > 2 * this.k + 64) this.tighten();
  }

  tighten(): void {
    if (this.score.length <= this.k) return;
    const { index, score } = this.sorted();
    this.index = [...index];
    this.score = [...score];
    this.least = this.sign * score[this.k - 1];
  }

  sorted(): { index: Uint32Array; score: Float64Array } {
    const { index, score, sign } = this;
    const order = index.map((_, i) => i).sort((p, q) => sign * (score[q] - score[p]) || index[p] - index[q]);
    order.length = Math.min(order.length, this.k);
    return { index: Uint32Array.from(order, (p) => index[p]), score: Float64Array.from(order, (p) => score[p]) };
  }
}
