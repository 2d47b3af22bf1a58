import type { KernelMemory } from '../../kernels.ts';
import {
  COLUMN_ERRORS,
  COLUMN_LENGTHS,
  COLUMN_PARTS,
  COLUMN_STEPS,
  ROUNDED8_LENGTH,
  ROUNDED8_NORM,
  ROUNDED8_NUMBERS,
  ROUNDED8_PART,
  ROUNDED8_RESIDUAL,
  ROUNDED8_START,
  ROUNDED8_STEP,
  ROUNDED16_NUMBERS,
  ROW_ERROR,
  ROW_NORM,
  ROW_NUMBERS,
  ROW_PART,
  ROW_START,
  ROW_STEPS,
} from '../../records.ts';
import { fp32Above, residual8 } from '../bounds.ts';
import type { Method } from './row-place.ts';

export const ROUND_ROWS = 512;
const CACHED_ROWS = 64;

/**
 * Rows of a matrix to be rounded for the screens, or packed in panels: at most ROUND_ROWS, a multiple of 16 but at the
 * end.
 */
export interface RoundTask {
  rowsAt: number;
  indexAt: number;
  packedAt: number;
  packed16At: number;
  rounded16At: number;
  roundedAt: number;
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
  const { rowsAt, indexAt, packedAt, packed16At, rounded16At, roundedAt, panelsAt, frameAt, factorAt } = task;
  const { from, count, d, first, method } = task;
  const [index, factor] = [indexAt + 4 * from, factorAt + 8 * from];
  if (method === 'tiles') {
    kernels.panels32(rowsAt, d, index, factor, count, panelsAt + 4 * d * from);
    return;
  }
  // A few rows at a time: what was just read for one form is still near for the other.
  for (let row = from; row < from + count; row += CACHED_ROWS) {
    const rows = Math.min(CACHED_ROWS, from + count - row);
    const index = indexAt + 4 * row;
    const packed = packedAt + row * packedBytes(d);
    kernels.quantise(rowsAt, index, rows, d, frameAt, first ? 1 : 0, packed, roundedAt + ROUNDED8_BYTES * row);
    const packed16 = packed16At + row * packed16Bytes(d);
    kernels.quantise16(rowsAt, index, factorAt + 8 * row, rows, d, packed16, rounded16At + ROUNDED16_BYTES * row);
  }
  (first ? writeRowLimits : writeColumnLimits)(buffer, task);
};

/** Bytes of what `quantise` and `quantise16` say of a row, and of what `screenRows` reads beside a row of a. */
export const ROUNDED8_BYTES = 8 * ROUNDED8_NUMBERS;
export const ROUNDED16_BYTES = 8 * ROUNDED16_NUMBERS;
export const ROW_BYTES = 4 * ROW_NUMBERS;

/** Bytes of a rounded row: 8 bits a number, and 16. */
export const packedBytes = (d: number): number => 8 * Math.ceil(d / 8);
export const packed16Bytes = (d: number): number => 64 * Math.ceil(d / 32);

/** Steps below this (scaled) are not resolved: such rows pass the screen. */
const FINEST = 2 ** -57;
/** Covers the roundings of fp64 in what `quantise` says. */
const UP = 1 + 1e-8;
/**
 * What `screenRows` reads beside rows of a, but for the limits, which the task adds: in steps of the row
 * (docs/engine.md).
 */
const writeRowLimits = (buffer: ArrayBufferLike, { from, count, roundedAt, limitsAt, factorAt }: RoundTask): void => {
  const rounded = new Float64Array(buffer, roundedAt + ROUNDED8_BYTES * from, ROUNDED8_NUMBERS * count);
  const factor = new Float64Array(buffer, factorAt + 8 * from, count);
  const limits = new Float32Array(buffer, limitsAt + ROW_BYTES * from, ROW_NUMBERS * count);
  const starts = new Int32Array(buffer, limits.byteOffset, ROW_NUMBERS * count);
  for (let i = 0, own = 0, to = 0; i < count; i++, own += ROUNDED8_NUMBERS, to += ROW_NUMBERS) {
    const norm = rounded[own + ROUNDED8_NORM] * UP;
    const scaled = rounded[own + ROUNDED8_STEP] * factor[i];
    const fine = !(scaled >= FINEST);
    limits[to + ROW_ERROR] = fp32Above(residual8(rounded[own + ROUNDED8_RESIDUAL], 0));
    // The bound of a pair has this times the column's error, which is at least 2^-18 of the column's norm. So a bound
    // with 2^22 norms is more than any product and limit, for columns too that lie all along the direction: no pair of
    // such a row is dropped.
    limits[to + ROW_NORM] = fp32Above(fine ? 2 ** 22 * norm : norm);
    limits[to + ROW_STEPS] = fine ? 1 / FINEST : 1 / scaled;
    starts[to + ROW_START] = rounded[own + ROUNDED8_START];
    limits[to + ROW_PART] = rounded[own + ROUNDED8_PART];
  }
};

/** What `screenRows` reads beside rows of b. Rows that only fill the last group of 16 are zeros in steps of 1. */
const writeColumnLimits = (buffer: ArrayBufferLike, task: RoundTask): void => {
  const { from, count, roundedAt, limitsAt, factorAt, stride } = task;
  const rounded = new Float64Array(buffer, roundedAt + ROUNDED8_BYTES * from, ROUNDED8_NUMBERS * count);
  const factor = new Float64Array(buffer, factorAt + 8 * from, count);
  const listAt = (list: number): Float32Array =>
    new Float32Array(buffer, limitsAt + 4 * (list * stride + from), 16 * Math.ceil(count / 16));
  const [lengths, errors, steps, parts] = [COLUMN_LENGTHS, COLUMN_ERRORS, COLUMN_STEPS, COLUMN_PARTS].map(listAt);
  for (const list of [lengths, errors, parts]) list.fill(0, count);
  steps.fill(1, count);
  for (let j = 0, own = 0; j < count; j++, own += ROUNDED8_NUMBERS) {
    const norm = rounded[own + ROUNDED8_NORM] * UP;
    const scaled = rounded[own + ROUNDED8_STEP] * factor[j];
    const fine = !(scaled >= FINEST);
    lengths[j] = fp32Above(rounded[own + ROUNDED8_LENGTH] * UP);
    errors[j] = fp32Above(residual8(rounded[own + ROUNDED8_RESIDUAL], norm) + (fine ? 2 * norm : 0));
    steps[j] = fine ? 1 / FINEST : 1 / scaled;
    parts[j] = rounded[own + ROUNDED8_PART];
  }
};
