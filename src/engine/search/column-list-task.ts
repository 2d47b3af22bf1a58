import type { KernelMemory } from '../kernels.ts';
import { columnLists, type Ends, type Lists, type SideAt, type Wanted } from './row-place.ts';
import { finish, type Scoring } from './row-scores.ts';
import { kthLargest } from './select-kth.ts';

/** Brings the lists of columns [from, to) that lanes have kept together. */
export interface ColumnListTask {
  x: SideAt;
  e: SideAt;
  d: number;
  from: number;
  to: number;
  wanted: Wanted;
  /** Places of all lanes. */
  lanes: number[];
}

export interface ColumnListResult {
  from: number;
  to: number;
  ends: Ends<Lists>;
}

export const columnListTask = (memory: KernelMemory, scratch: number, task: ColumnListTask): ColumnListResult => {
  const { x, e, d, from, to, wanted } = task;
  const scoring: Scoring = { memory, scratch, x, e, d };
  const index = new Uint32Array(memory.buffer, e.indexAt, to);
  const lanes = task.lanes.map((lane) => columnLists(memory.buffer, lane, e.stride, wanted).lists);
  const ends = [wanted.top, wanted.bottom].map((has, end) => {
    if (!has) return undefined;
    const lists = Array.from({ length: to - from }, (_, i) => {
      const parts = lanes.map((lists) => lists[end]!.entries(from + i));
      return { index: union(parts, wanted.k), k: wanted.k };
    });
    return finish(scoring, lists, (i) => ({ e: index[from + i] }), end === 0 ? 1 : -1);
  });
  return { from, to, ends: ends as Ends<Lists> };
};

/** Entries of all parts that may be among the best k. */
const union = (parts: { index: Uint32Array; value: Float32Array; error: number }[], k: number): Uint32Array => {
  const length = parts.reduce((sum, { index }) => sum + index.length, 0);
  const [index, value] = [new Uint32Array(length), new Float32Array(length)];
  let at = 0;
  for (const part of parts) {
    index.set(part.index, at);
    value.set(part.value, at);
    at += part.index.length;
  }
  if (length <= k) return index;
  const needed = kthLargest(value.slice(), k) - 2 * Math.max(...parts.map(({ error }) => error));
  return index.filter((_, p) => value[p] >= needed);
};
