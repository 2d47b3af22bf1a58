import type { KernelMemory } from '../../kernels.ts';
import type { Packed } from './sum-task.ts';

/** Rows of a matrix that are to be packed for products of one kind; whole panels but at the end. */
export interface PackTask {
  products: Packed;
  rowsAt: number;
  rows: number;
  d: number;
  first: boolean;
  /** For fp32 products: the numbers of the rows as they come (u32), and as many ones (fp64). */
  indexAt: number;
  factorAt: number;
  /** For 16-bit products: where the steps of the rows go. */
  scaleAt: number;
  out: number;
  /** The number of the first row. */
  row: number;
}

/** For 16-bit products of e: the norms of the rows, and of what rounding lost of them; both at least the true ones. */
export interface PackResult {
  row: number;
  norms: Float64Array;
  residual: Float64Array;
}

const none = new Float64Array();

export const packTask = (memory: KernelMemory, scratch: number, task: PackTask): PackResult => {
  const { kernels } = memory;
  const { products, rowsAt, rows, d, first, indexAt, factorAt, scaleAt, out, row } = task;
  if (products === 'f32') kernels.panels32(rowsAt, d, indexAt, factorAt, rows, out);
  else if (products === 'f64') kernels.panels64(rowsAt, rows, d, out);
  else {
    kernels.pack16!(rowsAt, rows, d, first ? 1 : 0, out, scaleAt);
    if (!first) return { row, ...normsOf(memory, scratch, task) };
  }
  return { row, norms: none, residual: none };
};

/** Added to a number it leaves the nearest whole number in the low bits of the sum. */
const ROUND = 1.5 * 2 ** 52;

/** What a number of steps, below 2^51, loses when it becomes a whole one. */
export const lostBy = (steps: number): number => steps - (steps + ROUND - ROUND);

const normsOf = (
  { buffer, kernels }: KernelMemory,
  scratch: number,
  { rowsAt, rows, d, scaleAt }: PackTask,
): { norms: Float64Array; residual: Float64Array } => {
  kernels.norms(rowsAt, rows, d, scratch);
  const norms = new Float64Array(buffer, scratch, rows).map((square) => Math.sqrt(square) * (1 + 1e-12));
  const steps = new Float64Array(buffer, scaleAt, rows);
  const values = new Float32Array(buffer, rowsAt, rows * d);
  const residual = norms.map((_, i) => {
    const inverse = steps[i] > 0 ? 1 / steps[i] : 0;
    let square = 0;
    for (let at = i * d; at < (i + 1) * d; at++) {
      const rest = lostBy(values[at] * inverse);
      square += rest * rest;
    }
    // A number half-way between two steps loses as much either way.
    return Math.sqrt(square) * steps[i] * (1 + 1e-6);
  });
  return { norms, residual };
};
