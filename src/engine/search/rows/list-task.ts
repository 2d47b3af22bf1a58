import type { KernelMemory } from '../../kernels.ts';
import { kthLargest } from '../select-kth.ts';
import { type BothEnds, type Lists, type ListsAt, listsAt, type OperandName } from './row-place.ts';
import { finish, type Scoring } from './row-scores.ts';

/** Brings the lists [from, to) of rows of `side`, in search order, that lanes have kept together. */
export interface ListTask extends Omit<Scoring, 'memory' | 'scratch'> {
  side: OperandName;
  from: number;
  to: number;
  lists: Omit<ListsAt, 'at'>;
  /** Where they are in all lanes. */
  lanes: number[];
}

export interface ListResult {
  from: number;
  ends: BothEnds<Lists>;
}

export const listTask = (memory: KernelMemory, scratch: number, task: ListTask): ListResult => {
  const { side, from, to, lists } = task;
  const scoring: Scoring = { memory, scratch, ...task };
  const index = new Uint32Array(memory.buffer, task[side].indexAt, to);
  const lanes = task.lanes.map((at) => listsAt(memory, { ...lists, at }));
  const { k, top, bottom } = lists.wanted;
  const ends = [top, bottom].map((wanted, end) => {
    if (!wanted) return undefined;
    const together = Array.from({ length: to - from }, (_, i) =>
      union(
        lanes.map((lists) => lists[end]!.entries(from + i)),
        k,
      ),
    );
    return finish(scoring, side, together, k, (i) => index[from + i], end === 0 ? 1 : -1);
  });
  return { from, ends: ends as BothEnds<Lists> };
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
