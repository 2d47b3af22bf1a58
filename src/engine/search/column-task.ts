import type { KernelMemory } from '../kernels.ts';

export const MEANS_ROWS = 64;
export const MEANS_COLUMNS = 256;
/** Whole tiles of 16-bit products. */
export const MEANS_COLUMNS16 = 240;
export const MEANS_SCRATCH = MEANS_ROWS * MEANS_COLUMNS * 4 + MEANS_COLUMNS * 16;

/** What products are made of: fp64, fp32, or 16-bit whole numbers. */
export type Products = 'f64' | 'f32' | 'i16';

/** Rows of e in a panel. */
const PANEL_ROWS = { f64: 4, f32: 8, i16: 16 };

export interface ColumnTask {
  /** Rows of x: packed in panels of 8 (fp32) or 16 (16 bits), or stored rows (fp64). */
  xAt: number;
  /** Steps of rows of x (16 bits). */
  scaleAt: number;
  rows: number;
  /** Packed rows of e, at most MEANS_COLUMNS: in panels of 8 (fp32), 16 (16 bits) or 4 (fp64). */
  eAt: number;
  columns: number;
  d: number;
  products: Products;
  column: number;
}

/** Sums over rows of x of max(x·e, 0) and |x·e| for one block of rows of e; of 16-bit products in steps of the rows of e. */
export const columnTask = ({ buffer, kernels }: KernelMemory, scratch: number, task: ColumnTask) => {
  const { xAt, scaleAt, rows, eAt, columns, d, products, column } = task;
  const reluAt = scratch + MEANS_ROWS * MEANS_COLUMNS * 4;
  const absAt = reluAt + MEANS_COLUMNS * 8;
  new Float64Array(buffer, reluAt, 2 * MEANS_COLUMNS).fill(0);
  const panelRows = PANEL_ROWS[products];
  const panels = Math.ceil(columns / panelRows);
  if (products === 'i16') kernels.means16!(xAt, scaleAt, Math.ceil(rows / 16), eAt, panels, d, reluAt, absAt);
  for (let row = 0; row < rows && products !== 'i16'; row += MEANS_ROWS) {
    const block = Math.min(MEANS_ROWS, rows - row);
    const padded = 8 * Math.ceil(block / 8);
    if (products === 'f64') {
      new Float32Array(buffer, scratch + block * MEANS_COLUMNS * 4, (padded - block) * MEANS_COLUMNS).fill(0);
      kernels.matmul64(xAt + row * d * 4, block, eAt, panels, d, scratch, MEANS_COLUMNS);
    } else {
      kernels.product32(xAt + row * d * 4, padded / 8, eAt, panels, d, scratch, MEANS_COLUMNS);
    }
    kernels.columnSums(scratch, padded, panels * panelRows, MEANS_COLUMNS, reluAt, absAt);
  }
  return {
    column,
    relu: new Float64Array(buffer, reluAt, columns).slice(),
    abs: new Float64Array(buffer, absAt, columns).slice(),
  };
};
