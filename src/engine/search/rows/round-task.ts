import type { KernelMemory } from '../../kernels.ts';
import { fp32Above, lost8 } from '../bounds.ts';
import type { Method } from './row-place.ts';

export const ROUND_ROWS = 512;
const NEAR_ROWS = 64;

/** Rows of a matrix to be rounded for the screens, or packed in panels: at most ROUND_ROWS, a multiple of 16 but at the end. */
export interface RoundTask {
  rowsAt: number;
  indexAt: number;
  packedAt: number;
  packed16At: number;
  about16At: number;
  aboutAt: number;
  panelsAt: number;
  frameAt: number;
  factorAt: number;
  limitsAt: number;
  stride: number;
  method: Method;
  from: number;
  count: number;
  d: number;
  first: boolean;
}

export const roundTask = ({ buffer, kernels }: KernelMemory, _scratch: number, task: RoundTask): void => {
  const { rowsAt, indexAt, packedAt, packed16At, about16At, aboutAt, panelsAt, frameAt, factorAt } = task;
  const { from, count, d, first, method } = task;
  const [index, factor] = [indexAt + 4 * from, factorAt + 8 * from];
  if (method === 'tiles') {
    kernels.panels32(rowsAt, d, index, factor, count, panelsAt + 4 * d * from);
    return;
  }
  // A few rows at a time: what was just read for one form is still near for the other.
  for (let row = from; row < from + count; row += NEAR_ROWS) {
    const rows = Math.min(NEAR_ROWS, from + count - row);
    const index = indexAt + 4 * row;
    const packed = packedAt + row * packedBytes(d);
    kernels.quantise(rowsAt, index, rows, d, frameAt, first ? 1 : 0, packed, aboutAt + ABOUT * row);
    const packed16 = packed16At + row * packed16Bytes(d);
    kernels.quantise16(rowsAt, index, factorAt + 8 * row, rows, d, packed16, about16At + 16 * row);
  }
  (first ? writeRowLimits : writeColumnLimits)(buffer, task);
};

/** Bytes of what `quantise` says of a row. */
export const ABOUT = 48;

/** Bytes of a rounded row: 8 bits a number, and 16. */
export const packedBytes = (d: number): number => 8 * Math.ceil(d / 8);
export const packed16Bytes = (d: number): number => 64 * Math.ceil(d / 32);

/** Steps below this (scaled) are not resolved: such rows pass the screen. */
const FINEST = 2 ** -57;
/** Covers the roundings of fp64 in what `quantise` says. */
const UP = 1 + 1e-8;
/** error, norm, steps, -, -, start, along: in steps of the row (docs/engine.md). The task adds top and bottom. */
const writeRowLimits = (buffer: ArrayBufferLike, { from, count, aboutAt, limitsAt, factorAt }: RoundTask): void => {
  const about = new Float64Array(buffer, aboutAt + ABOUT * from, 6 * count);
  const factor = new Float64Array(buffer, factorAt + 8 * from, count);
  const limits = new Float32Array(buffer, limitsAt + 32 * from, 8 * count);
  const starts = new Int32Array(buffer, limits.byteOffset, 8 * count);
  for (let i = 0; i < count; i++) {
    const [step, size, , lost, along, start] = about.subarray(6 * i, 6 * i + 6);
    const norm = size * UP;
    const scaled = step * factor[i];
    const fine = !(scaled >= FINEST);
    limits[8 * i] = fp32Above(lost8(lost, 0));
    // Times a column's error, at least 2^-18 of its norm: more than any product and limit, also where a column is all along the direction.
    limits[8 * i + 1] = fp32Above(fine ? 2 ** 22 * norm : norm);
    limits[8 * i + 2] = fine ? 1 / FINEST : 1 / scaled;
    starts[8 * i + 5] = start;
    limits[8 * i + 6] = along;
  }
};

/** Lists of size, error, steps and along; rows that only fill the last group of 16 have none. */
const writeColumnLimits = (buffer: ArrayBufferLike, task: RoundTask): void => {
  const { from, count, aboutAt, limitsAt, factorAt, stride } = task;
  const about = new Float64Array(buffer, aboutAt + ABOUT * from, 6 * count);
  const factor = new Float64Array(buffer, factorAt + 8 * from, count);
  const [sizes, errors, steps, alongs] = [0, 1, 2, 3].map(
    (list) => new Float32Array(buffer, limitsAt + 4 * (list * stride + from), 16 * Math.ceil(count / 16)),
  );
  for (const list of [sizes, errors, alongs]) list.fill(0, count);
  steps.fill(1, count);
  for (let j = 0; j < count; j++) {
    const [step, size, rounded, lost, along] = about.subarray(6 * j, 6 * j + 5);
    const norm = size * UP;
    const scaled = step * factor[j];
    const fine = !(scaled >= FINEST);
    sizes[j] = fp32Above(rounded * UP);
    errors[j] = fp32Above(lost8(lost, norm) + (fine ? 2 * norm : 0));
    steps[j] = fine ? 1 / FINEST : 1 / scaled;
    alongs[j] = along;
  }
};
