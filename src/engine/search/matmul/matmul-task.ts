import type { KernelMemory } from '../../kernels.ts';

export const MATMUL_ROWS = 32;
export const MATMUL_COLUMNS = 1024;
export const MATMUL_SCRATCH = MATMUL_ROWS * MATMUL_COLUMNS * 4;

export interface MatmulTask {
  /** Place and number of the rows of a (at most MATMUL_ROWS). */
  aAt: number;
  rows: number;
  /** Packed rows of b (at most MATMUL_COLUMNS). */
  panelsAt: number;
  columns: number;
  d: number;
  /** Where the block goes in the result. */
  row: number;
  column: number;
}

/** One block [rows, columns] of a · bᵀ. */
export const matmulTask = ({ buffer, kernels }: KernelMemory, scratch: number, task: MatmulTask) => {
  const { aAt, rows, panelsAt, columns, d, row, column } = task;
  const stride = 4 * Math.ceil(columns / 4);
  kernels.matmul64(aAt, rows, panelsAt, stride / 4, d, scratch, stride);
  return { row, column, rows, columns, stride, data: new Float32Array(buffer, scratch, rows * stride).slice() };
};
