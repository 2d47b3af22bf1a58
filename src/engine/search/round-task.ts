import type { KernelMemory } from '../kernels.ts';
import type { Method } from './row-place.ts';

export const ROUND_ROWS = 512;

/** Rows of a matrix to be rounded for the 8-bit screen, or packed in panels: at most ROUND_ROWS, a multiple of 16 but at the end. */
export interface RoundTask {
  rowsAt: number;
  indexAt: number;
  packedAt: number;
  aboutAt: number;
  panelsAt: number;
  balanceAt: number;
  factorAt: number;
  method: Method;
  from: number;
  count: number;
  d: number;
  first: boolean;
}

export const roundTask = ({ kernels }: KernelMemory, _scratch: number, task: RoundTask): void => {
  const { rowsAt, indexAt, packedAt, aboutAt, panelsAt, balanceAt, factorAt, from, count, d, first, method } = task;
  if (method === 'tiles') {
    kernels.panels32(rowsAt, d, indexAt + 4 * from, factorAt + 8 * from, count, panelsAt + 4 * d * from);
    return;
  }
  const packed = packedAt + from * packedBytes(d);
  kernels.quantise(rowsAt, indexAt + 4 * from, count, d, balanceAt, first ? 1 : 0, packed, aboutAt + 32 * from);
};

/** Bytes of a rounded row. */
export const packedBytes = (d: number): number => 8 * Math.ceil(d / 8);
