import { fp32Below } from './bounds.ts';
import { Candidates, candidateBytes } from './candidates.ts';

/** Rows and columns that the kernels look at in one call. */
export const BLOCK_X = 128;
export const BLOCK_E = 256;
/** Columns of the first calls, after which there are thresholds. */
export const FIRST_E = 64;
/** Rows of a task at most. */
export const TASK_X = 1024;
/** Pairs that are scored exactly at a time. */
export const EXACT = BLOCK_X * BLOCK_E;

/** A lane's place: entries of a call, their values, limits of the task's rows, row pairs, exact scores; then lists of columns. */
export const ENTRIES = 0;
export const VALUES = ENTRIES + 4 * BLOCK_X * BLOCK_E;
export const LIMITS = VALUES + 4 * BLOCK_X * BLOCK_E;
export const PAIRS = LIMITS + 32 * TASK_X;
export const SCORES = PAIRS + 8 * EXACT;
export const ROW_SCRATCH = SCORES + 8 * EXACT;

/** Which lists are wanted, of how many entries (not 0). */
export interface Wanted {
  k: number;
  top: boolean;
  bottom: boolean;
}

/** Where one side of the search lies: see `RowsOperand`. */
export interface SideAt {
  rowsAt: number;
  indexAt: number;
  packedAt: number;
  panelsAt: number;
  limitsAt: number;
  divisorAt: number;
  factorAt: number;
  stride: number;
}

/** Lists of one end, best first: `length[i]` entries of list i, one list after the other. */
export interface Lists {
  length: Uint32Array;
  index: Uint32Array;
  score: Float64Array;
}

/**
 * How pairs are looked at: `screened` by 8-bit products, those that may count by fp32 products; all by `tiles` of fp32
 * products; `each` by its own, where packing does not pay.
 */
export type Method = 'screened' | 'tiles' | 'each';

/** Top and bottom, where wanted. Values and thresholds of the bottom are negated, so that the best are the largest. */
export type Ends<T> = [top: T | undefined, bottom: T | undefined];

/** Bytes behind ROW_SCRATCH for lists of `stride` columns: the screen's limits of both ends, then the lists. */
export const columnBytes = (stride: number, { k, top, bottom }: Wanted): number =>
  8 * stride + (Number(top) + Number(bottom)) * candidateBytes(stride, k);

/** A lane's lists of columns, and where the screen's limits for them are. */
export const columnLists = (buffer: ArrayBufferLike, scratch: number, stride: number, { k, top, bottom }: Wanted) => {
  const limitsAt = scratch + ROW_SCRATCH;
  const listsAt = limitsAt + 8 * stride;
  const next = listsAt + (top ? candidateBytes(stride, k) : 0);
  const lists: Ends<Candidates> = [
    top ? new Candidates(buffer, listsAt, stride, k) : undefined,
    bottom ? new Candidates(buffer, next, stride, k) : undefined,
  ];
  const limits = [0, 1].map((end) => new Float32Array(buffer, limitsAt + 4 * end * stride, stride));
  return { limitsAt, limits, lists };
};

/** What the screen compares with, in steps: at least this at the top, at most this at the bottom. */
export const limitOf = (end: number, least: number, steps: number): number =>
  (end === 0 ? 1 : -1) * fp32Below(least * steps);
/** Nothing reaches it. */
export const unwanted = (end: number): number => (end === 0 ? 1 : -1) * Number.POSITIVE_INFINITY;
