import type { KernelMemory } from '../kernels.ts';

/** Squared norms (fp64) of rows. */
export interface NormTask {
  rowsAt: number;
  rows: number;
  d: number;
  normsAt: number;
}

export const normTask = ({ kernels }: KernelMemory, _scratch: number, { rowsAt, rows, d, normsAt }: NormTask): void =>
  kernels.norms(rowsAt, rows, d, normsAt);
