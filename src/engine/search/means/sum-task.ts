import type { KernelMemory } from '../../kernels.ts';

export const SUM_ROWS = 64;
export const SUM_COLUMNS = 256;
/** Whole tiles of 16-bit products. */
export const SUM_COLUMNS16 = 240;
export const SUM_SCRATCH = SUM_ROWS * SUM_COLUMNS * 4 + 2 * SUM_COLUMNS * 16;
/** Rows of a sketch: whole panels of fp32 products. */
export const SKETCH_ROWS = 32;

/** What products of packed rows are made of: fp64, fp32, or 16-bit whole numbers. */
export type Packed = 'f64' | 'f32' | 'i16';

/** Rows of e in a panel. */
export const PANEL_ROWS = { f64: 4, f32: 8, i16: 16 };

export interface SumTask {
  /** Rows of x: packed in panels of 8 (fp32) or 16 (16 bits), or stored rows (fp64). */
  xAt: number;
  /** Steps of the rows of x (16 bits). */
  scaleAt: number;
  rows: number;
  /** With fp32 products: SKETCH_ROWS packed rows that are summed apart. */
  sketchAt?: number;
  /** Packed rows of e, at most SUM_COLUMNS. */
  eAt: number;
  columns: number;
  d: number;
  products: Packed;
  /** The first row of e. */
  column: number;
  /** Sums of squares too; not of 16-bit products. */
  squares?: boolean;
}

/** Sums over rows of x of max(x·e, 0) and |x·e| for one block of rows of e; 16-bit ones in steps of the rows of e. */
export const sumTask = ({ buffer, kernels }: KernelMemory, scratch: number, task: SumTask) => {
  const { xAt, scaleAt, rows, sketchAt, eAt, columns, d, products, column } = task;
  const sumsAt = scratch + SUM_ROWS * SUM_COLUMNS * 4;
  const at = (which: number): number => sumsAt + which * SUM_COLUMNS * 8;
  const [reluAt, absAt, sketchReluAt, sketchAbsAt] = [at(0), at(1), at(2), at(3)];
  new Float64Array(buffer, sumsAt, 4 * SUM_COLUMNS).fill(0);
  const squares = task.squares ? { relu: new Float64Array(columns), abs: new Float64Array(columns) } : undefined;
  const panelRows = PANEL_ROWS[products];
  const panels = Math.ceil(columns / panelRows);
  if (products === 'i16') kernels.means16!(xAt, scaleAt, Math.ceil(rows / 16), eAt, panels, d, reluAt, absAt);
  for (let row = 0; row < rows && products !== 'i16'; row += SUM_ROWS) {
    const block = Math.min(SUM_ROWS, rows - row);
    const padded = 8 * Math.ceil(block / 8);
    if (products === 'f64') {
      new Float32Array(buffer, scratch + block * SUM_COLUMNS * 4, (padded - block) * SUM_COLUMNS).fill(0);
      kernels.matmul64(xAt + row * d * 4, block, eAt, panels, d, scratch, SUM_COLUMNS);
    } else {
      kernels.product32(xAt + row * d * 4, padded / 8, eAt, panels, d, scratch, SUM_COLUMNS);
    }
    kernels.columnSums(scratch, padded, panels * panelRows, SUM_COLUMNS, reluAt, absAt);
    if (squares) addSquares(new Float32Array(buffer, scratch, block * SUM_COLUMNS), squares);
  }
  if (sketchAt !== undefined) {
    kernels.product32(sketchAt, SKETCH_ROWS / 8, eAt, panels, d, scratch, SUM_COLUMNS);
    kernels.columnSums(scratch, SKETCH_ROWS, panels * panelRows, SUM_COLUMNS, sketchReluAt, sketchAbsAt);
  }
  const sums = (from: number): Float64Array => new Float64Array(buffer, from, columns).slice();
  return {
    column,
    relu: sums(reluAt),
    abs: sums(absAt),
    squares,
    sketch: sketchAt === undefined ? undefined : sums(sketchAbsAt),
  };
};

/** Adds the squares of a tile of products [rows, SUM_COLUMNS], of which the first columns count. */
const addSquares = (tile: Float32Array, { relu, abs }: { relu: Float64Array; abs: Float64Array }): void => {
  const columns = relu.length;
  for (let row = 0; row < tile.length; row += SUM_COLUMNS) {
    for (let j = 0; j < columns; j++) {
      const value = tile[row + j];
      const square = value * value;
      abs[j] += square;
      if (value > 0) relu[j] += square;
    }
  }
};
