import type { Matrix } from '../engine/engine.ts';
import { allFinite } from '../finite.ts';

/** Numbers, ascending, of the rows of `data` [rows, width] that hold a NaN or an infinity. */
export function unusableRows(data: Float32Array, width: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < data.length; at += width) {
    if (!allFinite(data.subarray(at, at + width))) found.push(at / width);
  }
  return found;
}

/** The matrix without the rows of these numbers (ascending); itself where there are none. */
export function withoutRows(matrix: Matrix, rows: readonly number[]): Matrix {
  if (rows.length === 0) return matrix;
  const { columns, name } = matrix;
  const kept = matrix.rows - rows.length;
  const data = new Float32Array(kept * columns);
  let [from, to] = [0, 0];
  for (const row of [...rows, matrix.rows]) {
    data.set(matrix.data.subarray(from * columns, row * columns), to * columns);
    to += row - from;
    from = row + 1;
  }
  return { data, rows: kept, columns, name };
}
