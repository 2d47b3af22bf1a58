import type { KernelMemory } from '../../kernels.ts';

export const SUM_ROWS = 64;
export const SUM_COLUMNS = 256;
/** Whole tiles of 16-bit products. */
export const SUM_COLUMNS16 = 240;
/** Rows of e whose fp64 panels stay in the cache. */
const FINE_COLUMNS = 64;
/** A tile of products, eight sums per row of e, and where rows are taken apart fp64 panels. */
export const sumScratch = (d: number, apart: boolean): number =>
  SUM_ROWS * SUM_COLUMNS * 4 + 8 * SUM_COLUMNS * 8 + (apart ? FINE_COLUMNS * d * 8 : 0);
/** Rows of a sketch: whole panels of fp32 products. */
export const SKETCH_ROWS = 32;

/** What products of packed rows are made of: fp64, fp32, or 16-bit whole numbers. */
export type Packed = 'f64' | 'f32' | 'i16';

/** Rows of e in a panel. */
export const PANEL_ROWS = { f64: 4, f32: 8, i16: 16 };

/** Rows that are summed apart in the same pass. */
export interface ApartTask {
  /** SKETCH_ROWS packed rows. */
  sketchAt: number;
  /** Rows of x that were picked, packed and as they are stored: sums of their products in fp32 and in fp64. */
  picked: { panelsAt: number; rowsAt: number; rows: number };
  /** The stored rows of e. */
  storedAt: number;
}

export interface SumTask {
  /** Rows of x: packed in panels of 8 (fp32) or 16 (16 bits), or stored rows (fp64). */
  xAt: number;
  /** Steps of the rows of x (16 bits). */
  scaleAt: number;
  rows: number;
  /** With fp32 products: what is summed apart. */
  apart?: ApartTask;
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
  const { xAt, scaleAt, rows, apart, eAt, columns, d, products, column } = task;
  const sumsAt = scratch + SUM_ROWS * SUM_COLUMNS * 4;
  /** Where sums of max(x·e, 0) and of |x·e| are, from row `j` of e on. */
  const at = (which: number, j = 0): readonly [number, number] => {
    const from = sumsAt + (2 * which * SUM_COLUMNS + j) * 8;
    return [from, from + SUM_COLUMNS * 8];
  };
  const [ofAll, ofSketch, coarse, fine] = [0, 1, 2, 3];
  new Float64Array(buffer, sumsAt, 8 * SUM_COLUMNS).fill(0);
  const squares: Squares | undefined = task.squares
    ? { relu: new Float64Array(columns), abs: new Float64Array(columns) }
    : undefined;
  const panelRows = PANEL_ROWS[products];
  const panels = Math.ceil(columns / panelRows);
  if (products === 'i16') kernels.means16!(xAt, scaleAt, Math.ceil(rows / 16), eAt, panels, d, ...at(ofAll));
  /** Adds products of rows from `from` on with panels of e to sums, and to those of squares. */
  const addUp = (
    products: 'f32' | 'f64',
    from: number,
    rows: number,
    eAt: number,
    panels: number,
    [reluAt, absAt]: readonly [number, number],
    squares?: Squares,
  ): void => {
    for (let row = 0; row < rows; row += SUM_ROWS) {
      const block = Math.min(SUM_ROWS, rows - row);
      const padded = 8 * Math.ceil(block / 8);
      if (products === 'f64') {
        new Float32Array(buffer, scratch + block * SUM_COLUMNS * 4, (padded - block) * SUM_COLUMNS).fill(0);
        kernels.matmul64(from + row * d * 4, block, eAt, panels, d, scratch, SUM_COLUMNS);
      } else {
        kernels.product32(from + row * d * 4, padded / 8, eAt, panels, d, scratch, SUM_COLUMNS);
      }
      kernels.columnSums(scratch, padded, panels * PANEL_ROWS[products], SUM_COLUMNS, reluAt, absAt);
      if (squares) addSquares(new Float32Array(buffer, scratch, block * SUM_COLUMNS), squares);
    }
  };
  if (products !== 'i16') addUp(products, xAt, rows, eAt, panels, at(ofAll), squares);
  if (apart) {
    const { picked, storedAt } = apart;
    addUp('f32', apart.sketchAt, SKETCH_ROWS, eAt, panels, at(ofSketch));
    addUp('f32', picked.panelsAt, picked.rows, eAt, panels, at(coarse));
    const panelsAt = sumsAt + 8 * SUM_COLUMNS * 8;
    for (let j = 0; j < columns; j += FINE_COLUMNS) {
      const some = Math.min(FINE_COLUMNS, columns - j);
      kernels.panels64(storedAt + j * d * 4, some, d, panelsAt);
      addUp('f64', picked.rowsAt, picked.rows, panelsAt, Math.ceil(some / PANEL_ROWS.f64), at(fine, j));
    }
  }
  const sums = (which: number) => {
    const [relu, abs] = at(which).map((from) => new Float64Array(buffer, from, columns).slice());
    return { relu, abs };
  };
  return {
    column,
    ...sums(ofAll),
    squares,
    apart: apart && { sketch: sums(ofSketch).abs, coarse: sums(coarse), fine: sums(fine) },
  };
};

interface Squares {
  relu: Float64Array;
  abs: Float64Array;
}

/** Adds the squares of a tile of products [rows, SUM_COLUMNS], of which the first columns count. */
const addSquares = (tile: Float32Array, { relu, abs }: Squares): void => {
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
