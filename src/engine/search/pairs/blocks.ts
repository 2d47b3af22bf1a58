/** Blocks of rows that the screen of pairs walks: where they lie, and what bounds their products. */

/** Rows that share a quantisation step, and are screened against each other at a time. */
export const BLOCK_A = 64;
export const BLOCK_B = 512;
/** One operand in memory. All places hold the rows of the search; blocks follow its order. */
export interface Screened {
  /** Stored rows, and rotated rows fp32 (length `stride`, a multiple of 8), by row number; the latter also in order. */
  rowsAt: number;
  rotatedAt: number;
  sortedAt: number;
  /** Per row number, fp64: norm of the stored row in scaled units, norm of the true rotated one at most. */
  normAt: number;
  sizeAt: number;
  /** Row numbers, u32: by falling size, or sector after sector. */
  orderAt: number;
  count: number;
  packedAt: number;
  /** i16, a only. */
  offsetAt: number;
  /** `BLOCK_VALUES` fp64 per block. */
  blocksAt: number;
  blockRows: number;
}

/** fp64 values kept per block: step, then a `Box`. */
export const BLOCK_VALUES = 7;

/** Bounds of what the true rotated rows of a block are. */
export interface Box {
  size: number;
  error: number;
  /** Of the stored rows, in scaled units. */
  norm: number;
  /** The first dimension is in low .. high, all others together have at most the length `tail`. */
  low: number;
  high: number;
  tail: number;
}

export const readBox = (values: Float64Array, block: number): Box => {
  const [size, error, norm, low, high, tail] = values.subarray(block * BLOCK_VALUES + 1, (block + 1) * BLOCK_VALUES);
  return { size, error, norm, low, high, tail };
};

/** The largest product of true rotated rows, rounded up a little: by their sizes, or with the first dimension apart. */
export const largestProduct = (a: Box, b: Box): number => {
  const first = Math.max(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high);
  const apart = first + Math.abs(first) * 1e-9 + a.tail * b.tail * (1 + 1e-9);
  return Math.min(a.size * b.size * (1 + 1e-9), apart);
};
