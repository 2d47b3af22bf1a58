import { notFinite } from '../check.ts';
import type { Matrix } from '../engine.ts';
import { scaleFor } from './bounds.ts';
import type { Layout } from './memory.ts';
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

/** Row norms rounded up a little: fp64 sums of squares err by less than 1e-12 for any row that fits memory. */
export const loadNorms = (
  session: Session,
  matrix: Matrix,
  rowsAt: number,
  normsAt: number,
  which: 'first' | 'second',
  firstRow: number,
): Float64Array => {
  const { rows, columns, data } = matrix;
  new Float32Array(session.buffer, rowsAt, rows * columns).set(data);
  session.kernels.kernels.norms(rowsAt, rows, columns, normsAt);
  const norms = new Float64Array(session.buffer, normsAt, rows).slice();
  for (let i = 0; i < rows; i++) {
    norms[i] = Math.sqrt(norms[i]) * (1 + 1e-12);
    if (!Number.isFinite(norms[i])) throw notFinite(matrix, i, which, firstRow);
  }
  return norms;
};

/** Copies `matrix` in, sorts its unmasked rows by norm and packs them, multiplied by `sign` and the scale. */
export const loadOperand = (
  session: Session,
  place: ReturnType<typeof placeOperand>,
  matrix: Matrix,
  mask: Uint8Array | undefined,
  sign: number,
  which: 'first' | 'second',
  divisor?: Float64Array,
  firstRow = 0,
): Operand => {
  const { rows, columns } = matrix;
  // The place of the factors serves for the norms until the factors are known.
  const norms = loadNorms(session, matrix, place.rowsAt, place.factorAt, which, firstRow);
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
