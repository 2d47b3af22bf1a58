import type { KernelMemory } from '../kernels.ts';
import type { Products } from './column-task.ts';

/** Rows of a matrix to be packed as the products of means want them; whole panels but at the end. */
export interface PackTask {
  products: Products;
  rowsAt: number;
  rows: number;
  d: number;
  first: boolean;
  /** For 32 bits: rows as they come (u32) and as many ones (fp64). For 16 bits: where the steps go. */
  indexAt: number;
  factorAt: number;
  scaleAt: number;
  out: number;
}

export const packTask = ({ kernels }: KernelMemory, _scratch: number, task: PackTask): void => {
  const { products, rowsAt, rows, d, first, indexAt, factorAt, scaleAt, out } = task;
  if (products === 'i16') kernels.pack16!(rowsAt, rows, d, first ? 1 : 0, out, scaleAt);
  else if (products === 'f32') kernels.panels32(rowsAt, d, indexAt, factorAt, rows, out);
  else kernels.panels64(rowsAt, rows, d, out);
};
