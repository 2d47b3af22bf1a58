import type { Matrix } from '../../engine.ts';
import { scaleFor } from '../bounds.ts';
import type { Layout } from '../memory.ts';
import { loadNorms } from '../norms.ts';
import type { Session } from '../session.ts';

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
  /** Factor of all rows: scaled = stored * scale. */
  scale: number;
}

export const placeOperand = (layout: Layout, { rows, columns }: Matrix) => ({
  rowsAt: layout.take(rows * columns * 4),
  indexAt: layout.take(rows * 4),
  factorAt: layout.take(rows * 8),
  panelsAt: layout.take(Math.ceil(rows / 8) * 32 * columns),
});

/** Copies `matrix` in, sorts its unmasked rows by norm and packs them, multiplied by `sign` and the scale. */
export const loadOperand = async (
  session: Session,
  place: ReturnType<typeof placeOperand>,
  matrix: Matrix,
  mask: Uint8Array | undefined,
  sign: number,
  which: 'first' | 'second',
  signal: AbortSignal | undefined,
): Promise<Operand> => {
  const { rows, columns } = matrix;
  // The place of the factors serves for the norms until the factors are known.
  const norms = await loadNorms(session, matrix, place.rowsAt, place.factorAt, which, (row) => row, signal);
  const order = Uint32Array.from({ length: rows }, (_, i) => i).filter((i) => !mask || mask[i]);
  order.sort((i, j) => norms[j] - norms[i]);
  const count = order.length;
  const scale = scaleFor(count > 0 ? norms[order[0]] : 0);
  new Uint32Array(session.buffer, place.indexAt, count).set(order);
  new Float64Array(session.buffer, place.factorAt, count).fill(scale * sign);
  session.kernels.kernels.panels32(place.rowsAt, columns, place.indexAt, place.factorAt, count, place.panelsAt);
  return {
    ...place,
    count,
    norms: Float64Array.from(order, (i) => norms[i] * scale),
    scale,
  };
};
