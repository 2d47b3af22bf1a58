import { notFinite } from '../check.ts';
import type { Matrix } from '../engine.ts';
import { scaleFor } from './bounds.ts';
import type { Layout } from './memory.ts';
import type { NormTask } from './norm-task.ts';
import type { Session } from './session.ts';

/** A matrix in the session's memory: its rows, and the unmasked ones sorted by norm, packed for screening. */
export interface Operand {
  /** Places: rows, and (sorted) index u32, factor f64, panels fp32. */
  rowsAt: number;
  indexAt: number;
  factorAt: number;
  panelsAt: number;
  /** How many rows are in the search. */
  count: number;
  /** Norms in scaled units, largest first, each at least the true one. */
  norms: Float64Array;
  /** Factor of all rows: scaled = stored * scale (/ divisor). */
  scale: number;
  /** Divisors of the sorted rows. */
  divisor?: Float64Array;
}

export const placeOperand = (layout: Layout, { rows, columns }: Matrix) => ({
  rowsAt: layout.take(rows * columns * 4),
  indexAt: layout.take(rows * 4),
  factorAt: layout.take(rows * 8),
  panelsAt: layout.take(Math.ceil(rows / 8) * 32 * columns),
});

/** Rows that a lane measures at a time, while the calling thread copies the next ones. */
const NORM_ROWS = 2048;

/** Copies a matrix in. Row norms are rounded up a little: fp64 sums of squares err by less than 1e-12 for any row that fits memory. */
export const loadNorms = async (
  session: Session,
  { rows, columns, data, name }: Matrix,
  rowsAt: number,
  normsAt: number,
  which: 'first' | 'second',
  numberOf: (row: number) => number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> => {
  const copy = new Float32Array(session.buffer, rowsAt, rows * columns);
  let start = 0;
  const next = (): { args: NormTask; done: number } | undefined => {
    if (start >= rows) return undefined;
    const end = Math.min(rows, start + NORM_ROWS);
    copy.set(data.subarray(start * columns, end * columns), start * columns);
    const args = { rowsAt: rowsAt + 4 * start * columns, rows: end - start, d: columns, normsAt: normsAt + 8 * start };
    start = end;
    return { args, done: 0 };
  };
  await session.run('norms', next, () => {}, { signal });
  const norms = new Float64Array(session.buffer, normsAt, rows).slice();
  for (let i = 0; i < rows; i++) {
    norms[i] = Math.sqrt(norms[i]) * (1 + 1e-12);
    if (!Number.isFinite(norms[i])) throw notFinite({ rows, columns, data, name }, i, which, numberOf(i));
  }
  return norms;
};

/** More rows than a part of a matrix has; so many times a norm's bits is still a whole number. */
const ROWS = 2 ** 22;

/** Row numbers by falling norm in fp32, equal ones by number. */
export const byNorm = (norms: Float64Array): Uint32Array => {
  // One number each, since numbers are sorted much faster than by a function: the norm's fp32 bits, then the row.
  const bits = new Uint32Array(new Float32Array(norms).buffer);
  const keys = new Float64Array(norms.length);
  for (let i = 0; i < keys.length; i++) keys[i] = (0x7f800000 - bits[i]) * ROWS + i;
  keys.sort();
  const order = new Uint32Array(keys.length);
  for (let p = 0; p < order.length; p++) order[p] = keys[p] % ROWS;
  return order;
};

/** Copies `matrix` in, sorts its unmasked rows by norm and packs them, multiplied by `sign` and the scale. */
export const loadOperand = async (
  session: Session,
  place: ReturnType<typeof placeOperand>,
  matrix: Matrix,
  mask: Uint8Array | undefined,
  sign: number,
  which: 'first' | 'second',
  signal: AbortSignal | undefined,
  divisor?: Float64Array,
  firstRow = 0,
): Promise<Operand> => {
  const { rows, columns } = matrix;
  // The place of the factors serves for the norms until the factors are known.
  const norms = await loadNorms(session, matrix, place.rowsAt, place.factorAt, which, (row) => firstRow + row, signal);
  if (divisor) for (let i = 0; i < rows; i++) norms[i] *= (1 / divisor[i]) * (1 + 1e-12);
  const order = Uint32Array.from({ length: rows }, (_, i) => i).filter((i) => !mask || mask[i]);
  order.sort((i, j) => norms[j] - norms[i]);
  const count = order.length;
  const scale = scaleFor(count > 0 ? norms[order[0]] : 0);
  new Uint32Array(session.buffer, place.indexAt, count).set(order);
  const factor = new Float64Array(session.buffer, place.factorAt, count).fill(scale * sign);
  if (divisor) for (let i = 0; i < count; i++) factor[i] /= divisor[order[i]];
  session.kernels.kernels.panels32(place.rowsAt, columns, place.indexAt, place.factorAt, count, place.panelsAt);
  return {
    ...place,
    count,
    norms: Float64Array.from(order, (i) => norms[i] * scale),
    scale,
    divisor: divisor && Float64Array.from(order, (i) => divisor[i]),
  };
};
