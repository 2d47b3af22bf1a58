import type { KernelMemory } from '../../kernels.ts';
import { ROW_NUMBERS } from '../../records.ts';
import { fp32Below } from '../bounds.ts';
import { Candidates, candidateBytes } from './candidates.ts';

/** Own and other rows that the kernels look at in one call. */
export const BLOCK_OWN = 256;
export const BLOCK_OTHER = 128;
/** Other rows of the first calls, after which there are thresholds. */
export const FIRST = 64;
/** Own rows of a task at most. */
export const TASK_OWN = 1024;
/** Pairs that are scored exactly at a time. */
export const EXACT = BLOCK_OWN * BLOCK_OTHER;

/**
 * Where things lie in a lane's own part of the memory, in bytes from its start. ENTRIES and VALUES take what one call
 * of a kernel lists, a pair and its value; LIMITS is what the screen reads beside the task's rows; PAIRS and SCORES are
 * for exact scores; NOTHING is a row of limits that no value reaches, for ends that are not wanted. From LISTS on there
 * are the lists of the task's own rows, and after them those of other rows, which stay from task to task.
 */
export const ENTRIES = 0;
export const VALUES = ENTRIES + 4 * BLOCK_OWN * BLOCK_OTHER;
export const LIMITS = VALUES + 4 * BLOCK_OWN * BLOCK_OTHER;
export const PAIRS = LIMITS + 4 * ROW_NUMBERS * TASK_OWN;
export const SCORES = PAIRS + 8 * EXACT;
export const NOTHING = SCORES + 8 * EXACT;
export const NOTHINGS = Math.max(BLOCK_OWN, BLOCK_OTHER);
export const LISTS = NOTHING + 4 * NOTHINGS;

/** Which lists are wanted, of how many entries (not 0). */
export interface Wanted {
  k: number;
  top: boolean;
  bottom: boolean;
}

/** Where one side of the search lies: see `RowsOperand`. */
export interface OperandAt {
  rowsAt: number;
  indexAt: number;
  packedAt: number;
  panelsAt: number;
  packed16At: number;
  rounded16At: number;
  limitsAt: number;
  divisorAt: number;
  factorAt: number;
  stride: number;
}

/** Which matrix a row is of. */
export type OperandName = 'x' | 'e';

/** Lists of one end, best first: `length[i]` entries of list i, one list after the other. */
export interface Lists {
  length: Uint32Array;
  index: Uint32Array;
  score: Float64Array;
}

/**
 * How pairs are looked at: `screened` by 8-bit products, those that may count by 16-bit ones; all by `tiles` of fp32
 * products; `each` by its own, where packing does not pay.
 */
export type Method = 'screened' | 'tiles' | 'each';

/** Top and bottom, where wanted. Values and thresholds of the bottom are negated, so that the best are the largest. */
export type BothEnds<T> = [top: T | undefined, bottom: T | undefined];

/** Lists of `lists` rows at `at`. */
export interface ListsAt {
  at: number;
  lists: number;
  wanted: Wanted;
}

export const listBytes = (lists: number, { k, top, bottom }: Wanted): number =>
  (Number(top) + Number(bottom)) * candidateBytes(lists, k);

export const listsAt = (memory: KernelMemory, { at, lists, wanted }: ListsAt): BothEnds<Candidates> => {
  const { k, top, bottom } = wanted;
  const next = at + (top ? candidateBytes(lists, k) : 0);
  return [
    top ? new Candidates(memory, at, lists, k) : undefined,
    bottom ? new Candidates(memory, next, lists, k) : undefined,
  ];
};

/** What the screen compares with, in steps: at least this at the top, at most this at the bottom. */
export const limitOf = (end: number, least: number, steps: number): number =>
  (end === 0 ? 1 : -1) * fp32Below(least * steps);
/** Nothing reaches it. */
export const unwanted = (end: number): number => (end === 0 ? 1 : -1) * Number.POSITIVE_INFINITY;
