import type { KernelMemory } from '../kernels.ts';
import { absolute32, relative32 } from './bounds.ts';
import { Candidates, candidateBytes } from './candidates.ts';
import { packedBytes } from './round-task.ts';
import {
  BLOCK_E,
  BLOCK_X,
  columnLists,
  ENTRIES,
  type Ends,
  FIRST_E,
  LIMITS,
  type Lists,
  limitOf,
  type Method,
  type SideAt,
  unwanted,
  VALUES,
  type Wanted,
} from './row-place.ts';
import { entriesOf, exactDots, finish, type Scoring, scoresOf } from './row-scores.ts';

/** The best columns for each row [start, start + count) of x, among columns [from, to) of e in search order. */
export interface RowTask {
  x: SideAt;
  e: SideAt;
  d: number;
  start: number;
  count: number;
  from: number;
  to: number;
  method: Method;
  /** Whether fp32 products stand for scores until the end (in tiles they always do). */
  ordinary: boolean;
  /** scaled = score * scale. */
  scale: number;
  /** Scaled norms of the task's rows; the largest one of e, and the largest of each FIRST_E columns from `from` on. */
  norms: Float64Array;
  largest: number;
  reach: Float64Array;
  rows?: Wanted;
  /** Scaled scores that the k-th of each row is known to reach. */
  floors: Ends<Float32Array>;
  /** The lane keeps lists of columns, too. */
  columns?: Wanted;
}

export interface RowResult {
  start: number;
  count: number;
  ends: Ends<Lists>;
}

export const rowTask = (memory: KernelMemory, scratch: number, task: RowTask): RowResult => {
  const { buffer } = memory;
  const { x, e, d, start, count, from, to } = task;
  const scoring: Scoring = { memory, scratch, x, e, d };
  const indexE = new Uint32Array(buffer, e.indexAt, to);
  const factors = new Float64Array(buffer, e.factorAt, to);
  const rows = startRows(scoring, task);
  const columns = task.columns && continueColumns(scoring, task, task.columns);
  const [rowTop, rowBottom] = rows;
  const [columnTop, columnBottom] = columns?.lists ?? [];

  for (let at = from, size = FIRST_E; at < to; at += size) {
    size = Math.min(at - from < BLOCK_E ? FIRST_E : BLOCK_E, to - at);
    // Columns come by falling norm: what the largest cannot reach, none can.
    if (!columns && !canReach(task, rows, task.reach[(at - from) / FIRST_E])) break;
    for (let block = 0; block < count; block += BLOCK_X) {
      const height = Math.min(BLOCK_X, count - block);
      const first = start + block;
      const place = { block, first, height, at, size };
      if (task.method === 'tiles' && task.ordinary) addTile(scoring, task, place, rows, columns?.lists ?? []);
      else {
        const entries = task.method === 'screened' ? screen(scoring, task, place, columns) : listAll(scoring, place);
        const values = valuesOf(scoring, task, entries, place);
        for (let p = 0; p < entries.length; p++) {
          const [i, j] = [block + (entries[p] >>> 16), at + (entries[p] & 0xffff)];
          const value = Math.fround(values[p] * factors[j]);
          rowTop?.add(i, indexE[j], value);
          rowBottom?.add(i, indexE[j], -value);
          columnTop?.add(j, start + i, value);
          columnBottom?.add(j, start + i, -value);
        }
      }
      for (const lists of rows) if (lists) for (let i = block; i < block + height; i++) lists.begin(i);
      for (const lists of columns?.lists ?? []) if (lists) for (let j = at; j < at + size; j++) lists.begin(j);
    }
  }
  const ends = rows.map((lists, end) => {
    if (!lists) return undefined;
    const all = Array.from({ length: count }, (_, i) => {
      lists.tighten(i);
      return entriesOf(lists, i);
    });
    return finish(scoring, all, (i) => ({ x: start + i }), end === 0 ? 1 : -1);
  });
  return { start, count, ends: ends as Ends<Lists> };
};

/** Empty lists of the task's rows; the screen's limits follow them. */
const startRows = (scoring: Scoring, task: RowTask): Ends<Candidates> => {
  const { x, d, start, count, norms, largest, scale, rows } = task;
  const { buffer } = scoring.memory;
  const limits = new Float32Array(buffer, scoring.scratch + LIMITS, 8 * count);
  if (task.method === 'screened') {
    // Copied as bytes: the sums' starts are whole numbers.
    new Uint8Array(buffer, limits.byteOffset, 32 * count).set(
      new Uint8Array(buffer, x.limitsAt + 32 * start, 32 * count),
    );
  }
  const lists = [rows?.top, rows?.bottom].map((wanted, end) => {
    for (let i = 0; i < count; i++) limits[8 * i + 3 + end] = unwanted(end);
    if (!rows || !wanted) return undefined;
    const lists = new Candidates(new ArrayBuffer(candidateBytes(count, rows.k)), 0, count, rows.k);
    lists.exactly = (i, index) => ({ scores: scoresOf(scoring, { x: start + i }, index, end === 0 ? 1 : -1), scale });
    lists.onRise = (i) => {
      limits[8 * i + 3 + end] = limitOf(end, lists.least[i], limits[8 * i + 2]);
    };
    for (let i = 0; i < count; i++) {
      const floor = task.floors[end]?.[i] ?? Number.NEGATIVE_INFINITY;
      lists.start(i, relative32(d) * norms[i] * largest + absolute32(d), floor);
      lists.onRise(i);
    }
    return lists;
  });
  return lists as Ends<Candidates>;
};

/** The lane's lists of columns as earlier tasks left them. */
const continueColumns = (scoring: Scoring, { e, to, scale }: RowTask, wanted: Wanted) => {
  const { buffer } = scoring.memory;
  const columns = columnLists(buffer, scoring.scratch, e.stride, wanted);
  const steps = new Float32Array(buffer, e.limitsAt + 8 * e.stride, e.stride);
  const indexE = new Uint32Array(buffer, e.indexAt, to);
  for (const [end, lists] of columns.lists.entries()) {
    if (!lists) continue;
    lists.exactly = (j, index) => ({ scores: scoresOf(scoring, { e: indexE[j] }, index, end === 0 ? 1 : -1), scale });
    lists.onRise = (j) => {
      columns.limits[end][j] = limitOf(end, lists.least[j], steps[j]);
    };
  }
  return columns;
};

/** Whether any row could find something among columns of no larger norm. */
const canReach = ({ norms }: RowTask, rows: Ends<Candidates>, norm: number): boolean =>
  rows.some((lists) => lists && norms.some((own, i) => own * norm * (1 + 1e-9) >= lists.least[i]));

/** Where a block of pairs lies: its rows in the task and in x, its columns. */
interface Place {
  block: number;
  first: number;
  height: number;
  at: number;
  size: number;
}

/** Pairs of a block that the 8-bit screen leaves. */
const screen = (
  { memory: { buffer, kernels }, scratch }: Scoring,
  { x, e, d }: RowTask,
  { block, first, height, at, size }: Place,
  columns: ReturnType<typeof columnLists> | undefined,
): Uint32Array => {
  const found = kernels.screenRows(
    x.packedAt + first * packedBytes(d),
    scratch + LIMITS + 32 * block,
    height,
    e.packedAt + at * packedBytes(d),
    e.limitsAt + 4 * at,
    columns ? columns.limitsAt + 4 * at : 0,
    Math.ceil(size / 16),
    e.stride,
    d,
    scratch + ENTRIES,
  );
  const entries = new Uint32Array(buffer, scratch + ENTRIES, found);
  if (size % 16 === 0) return entries;
  // Leaves out columns that only fill the last group.
  let kept = 0;
  for (const entry of entries) if ((entry & 0xffff) < size) entries[kept++] = entry;
  return entries.subarray(0, kept);
};

/** All pairs of a block. */
const listAll = ({ memory: { buffer }, scratch }: Scoring, { height, size }: Place): Uint32Array => {
  const entries = new Uint32Array(buffer, scratch + ENTRIES, height * size);
  for (let p = 0; p < entries.length; p++) entries[p] = (Math.floor(p / size) << 16) | (p % size);
  return entries;
};

/** Adds what counts of a tile of fp32 products. */
const addTile = (
  { memory: { buffer, kernels }, scratch }: Scoring,
  { x, e, d, start }: RowTask,
  { block, first, height, at, size }: Place,
  rows: Ends<Candidates>,
  columns: Ends<Candidates> | [],
): void => {
  const [panelsX, panelsE] = [Math.ceil(height / 8), Math.ceil(size / 8)];
  const [atX, atE] = [x.panelsAt + 4 * d * first, e.panelsAt + 4 * d * at];
  kernels.product32(atX, panelsX, atE, panelsE, d, scratch + VALUES, BLOCK_E);
  const tile = new Float32Array(buffer, scratch + VALUES, 8 * panelsX * BLOCK_E);
  const factors = new Float64Array(buffer, e.factorAt + 8 * at, size);
  const index = new Uint32Array(buffer, e.indexAt + 4 * at, size);
  const everything = Number.POSITIVE_INFINITY;
  const [rowTop, rowBottom] = rows;
  const [columnTop, columnBottom] = columns;
  const [tops, bottoms] = [columnTop?.needed, columnBottom?.needed];
  for (let i = 0; i < height; i++) {
    const row = block + i;
    for (let j = 0; j < size; j++) {
      const value = Math.fround(tile[i * BLOCK_E + j] * factors[j]);
      if (value >= (rowTop ? rowTop.needed[row] : everything)) rowTop!.add(row, index[j], value);
      if (-value >= (rowBottom ? rowBottom.needed[row] : everything)) rowBottom!.add(row, index[j], -value);
      if (tops && value >= tops[at + j]) columnTop!.add(at + j, start + row, value);
      if (bottoms && -value >= bottoms[at + j]) columnBottom!.add(at + j, start + row, -value);
    }
  }
};

/** Products of entries, in fp32 or exact. */
const valuesOf = (
  scoring: Scoring,
  { x, e, d, ordinary }: RowTask,
  entries: Uint32Array,
  { first, height, at, size }: Place,
): Float32Array | Float64Array => {
  const { memory, scratch } = scoring;
  const [indexX, indexE] = [x.indexAt + 4 * first, e.indexAt + 4 * at];
  if (ordinary) {
    const [list, values] = [scratch + ENTRIES, scratch + VALUES];
    memory.kernels.near(x.rowsAt, indexX, height, e.rowsAt, indexE, size, d, list, entries.length, values);
    return new Float32Array(memory.buffer, values, entries.length);
  }
  const places = new Uint32Array(memory.buffer, indexE, size);
  const dots = exactDots(scoring, entries.length, (p, pairs) => {
    pairs[2 * p] = first + (entries[p] >>> 16);
    pairs[2 * p + 1] = places[entries[p] & 0xffff];
  });
  // A copy: lists that ties fill are scored at the same place.
  return dots.slice();
};
