import type { KernelMemory } from '../../kernels.ts';
import { ROUNDED16_NUMBERS, ROUNDED16_RESIDUAL, ROW_BOTTOM, ROW_NUMBERS, ROW_STEPS, ROW_TOP } from '../../records.ts';
import { absolute32, error16, listError } from '../bounds.ts';
import type { Candidates } from './candidates.ts';
import { packed16Bytes, packedBytes, ROUNDED16_BYTES, ROW_BYTES } from './round-task.ts';
import {
  BLOCK_OTHER,
  BLOCK_OWN,
  type BothEnds,
  ENTRIES,
  FIRST,
  LIMITS,
  type Lists,
  type ListsAt,
  limitOf,
  listsAt,
  type Method,
  NOTHING,
  NOTHINGS,
  type OperandAt,
  type OperandName,
  unwanted,
  VALUES,
} from './row-place.ts';
import { exactDots, finish, type Scoring, settling } from './row-scores.ts';

/**
 * The best other rows for each own row [start, start + count), among other rows [from, to), both in search order. Own
 * rows are of x, or of e where lists of its rows are wanted: then the lane keeps lists of rows of x from task to task.
 */
export interface RowTask {
  x: OperandAt;
  e: OperandAt;
  side: OperandName;
  d: number;
  start: number;
  count: number;
  from: number;
  to: number;
  method: Method;
  /** Whether fp32 products of stored rows stay far from the ends of fp32: says how `each` looks at them. */
  ordinary: boolean;
  /** scaled = score * scale. */
  scale: number;
  /**
   * Scaled norms of the task's rows; the largest one of the others, and the largest of each FIRST others from `from`
   * on.
   */
  norms: Float64Array;
  largest: number;
  /** The most that rounding one of the others to 16 bits lost. */
  residual: number;
  reach: Float64Array;
  /** Others up to `until` stand for all: the rank-th best of them is a guess at the k-th best of all. */
  guesses: { until: number; rank: number }[];
  /** Places count from the lane's. */
  own?: ListsAt;
  others?: ListsAt;
  /** Scaled scores that the k-th of each own row is known to reach. */
  floors: BothEnds<Float32Array>;
}

export interface RowResult {
  start: number;
  /** `least`: what was guessed to be no more than the k-th scaled score. */
  ends: BothEnds<Lists & { least?: Float32Array }>;
}

/** What all blocks of a task share. */
interface Walk {
  task: RowTask;
  scoring: Scoring;
  own: OperandAt;
  other: OperandAt;
  ownLists: BothEnds<Candidates>;
  otherLists: BothEnds<Candidates>;
  indexOwn: Uint32Array;
  indexOther: Uint32Array;
  /** Looks at a block of pairs. */
  look: (walk: Walk, block: Block) => void;
}

/** A block of pairs: own rows from `block` of the task on, other rows from `at` on. */
interface Block {
  block: number;
  height: number;
  at: number;
  size: number;
}

export const rowTask = (memory: KernelMemory, scratch: number, task: RowTask): RowResult => {
  const { x, e, d, scale, side, start, count, from, to } = task;
  const { buffer } = memory;
  const [own, other] = side === 'x' ? [x, e] : [e, x];
  const place = (lists: ListsAt | undefined): BothEnds<Candidates> =>
    lists ? listsAt(memory, { ...lists, at: scratch + lists.at }) : [undefined, undefined];
  const walk: Walk = {
    ...{ task, own, other, scoring: { memory, scratch, x, e, d, scale } },
    ...{ ownLists: place(task.own), otherLists: place(task.others) },
    indexOwn: new Uint32Array(buffer, own.indexAt + 4 * start, count),
    indexOther: new Uint32Array(buffer, other.indexAt, to),
    look: { screened: lookScreened, tiles: lookTile, each: lookEach }[task.method],
  };
  new Float32Array(buffer, scratch + NOTHING, NOTHINGS).fill(Number.POSITIVE_INFINITY);
  startLists(walk);
  let at = from;
  for (const { until, rank } of task.guesses) {
    for (const lists of walk.ownLists) lists?.setRank(rank);
    through(walk, at, until);
    for (const lists of walk.ownLists) for (let i = 0; lists && i < count; i++) lists.tighten(i);
    at = until;
  }
  for (const lists of walk.ownLists) lists?.setRank(lists.k);
  through(walk, at, to);
  const ends = walk.ownLists.map((lists, end) => {
    if (!lists) return undefined;
    const all = Array.from({ length: count }, (_, i) => {
      lists.tighten(i);
      return lists.entries(i).index.slice();
    });
    const found = finish(walk.scoring, side, all, lists.k, (i) => walk.indexOwn[i], end === 0 ? 1 : -1);
    return task.guesses.length > 0 ? { ...found, least: lists.least.slice(0, count) } : found;
  });
  return { start, ends: ends as RowResult['ends'] };
};

/** Own lists, empty; lists of others as earlier tasks left them; the screen's limits follow the own ones. */
const startLists = ({ task, scoring, ownLists, otherLists, indexOwn, indexOther, own }: Walk): void => {
  const { d, start, count, norms, largest, residual, method, side } = task;
  const { buffer } = scoring.memory;
  const limits = new Float32Array(buffer, scoring.scratch + LIMITS, method === 'screened' ? ROW_NUMBERS * count : 0);
  // Copied as bytes: the sums' starts are whole numbers.
  const bytes = new Uint8Array(buffer, limits.byteOffset, limits.byteLength);
  bytes.set(new Uint8Array(buffer, own.limitsAt + ROW_BYTES * start, bytes.length));
  const rounded16 = new Float64Array(
    buffer,
    own.rounded16At + ROUNDED16_BYTES * start,
    method === 'screened' ? ROUNDED16_NUMBERS * count : 0,
  );
  const error = (i: number): number =>
    method === 'screened'
      ? error16(
          { norm: norms[i], residual: rounded16[ROUNDED16_NUMBERS * i + ROUNDED16_RESIDUAL] },
          { norm: largest, residual },
        )
      : listError(d) * norms[i] * largest + absolute32(d);
  settling(ownLists, scoring, side, (i) => indexOwn[i]);
  settling(otherLists, scoring, side === 'x' ? 'e' : 'x', (j) => indexOther[j]);
  for (const [end, lists] of ownLists.entries()) {
    const limit = end === 0 ? ROW_TOP : ROW_BOTTOM;
    for (let to = 0; to < limits.length; to += ROW_NUMBERS) limits[to + limit] = unwanted(end);
    if (!lists) continue;
    if (method === 'screened') {
      lists.onRise = (i) => {
        const to = ROW_NUMBERS * i;
        limits[to + limit] = limitOf(end, lists.least[i], limits[to + ROW_STEPS]);
      };
    }
    for (let i = 0; i < count; i++) {
      const floor = task.floors[end]?.[i] ?? Number.NEGATIVE_INFINITY;
      lists.start(i, error(i), floor);
      lists.onRise(i);
    }
  }
};

/** Looks at all pairs of the task's rows and others [from, to). */
const through = (walk: Walk, from: number, to: number): void => {
  const { task, ownLists, otherLists } = walk;
  const keeps = otherLists.some((lists) => lists);
  for (let at = from, size = FIRST; at < to; at += size) {
    size = Math.min(at - task.from < BLOCK_OTHER ? FIRST : BLOCK_OTHER, to - at);
    for (let block = 0; block < task.count; block += BLOCK_OWN) {
      const height = Math.min(BLOCK_OWN, task.count - block);
      // Others come by falling norm: what the largest cannot reach, none can.
      if (!keeps && !canReach(walk, block, height, task.reach[(at - task.from) / FIRST])) continue;
      walk.look(walk, { block, height, at, size });
      for (const lists of ownLists) if (lists) for (let i = block; i < block + height; i++) lists.begin(i);
      for (const lists of otherLists) if (lists) for (let j = at; j < at + size; j++) lists.begin(j);
    }
  }
};

/** Whether any row of a block could find something among others of no larger norm. */
const canReach = ({ task: { norms }, ownLists }: Walk, block: number, height: number, norm: number): boolean =>
  ownLists.some((lists) => {
    for (let i = block; lists && i < block + height; i++) {
      if (norms[i] * norm * (1 + 1e-9) >= lists.least[i]) return true;
    }
    return false;
  });

/** Takes what the 8-bit screen leaves. */
const lookScreened = (walk: Walk, block: Block): void => {
  const { task, scoring, other, own } = walk;
  const { memory, scratch, d } = scoring;
  const { at, size, height } = block;
  const found = memory.kernels.screenRows(
    own.packedAt + (task.start + block.block) * packedBytes(d),
    scratch + LIMITS + ROW_BYTES * block.block,
    height,
    other.packedAt + at * packedBytes(d),
    other.limitsAt + 4 * at,
    Math.ceil(size / 16),
    other.stride,
    d,
    scratch + ENTRIES,
  );
  const [list, values] = [scratch + ENTRIES, scratch + VALUES];
  const first = task.start + block.block;
  const kept = memory.kernels.dots16(
    own.packed16At + first * packed16Bytes(d),
    own.rounded16At + ROUNDED16_BYTES * first,
    height,
    other.packed16At + at * packed16Bytes(d),
    other.rounded16At + ROUNDED16_BYTES * at,
    size,
    d,
    list,
    found,
    neededAt(walk, walk.ownLists[0], block.block),
    neededAt(walk, walk.ownLists[1], block.block),
    values,
  );
  const entries = new Uint32Array(memory.buffer, list, kept);
  const value = new Float32Array(memory.buffer, values, kept);
  for (let p = 0; p < kept; p++) take(walk, block.block + (entries[p] >>> 16), at + (entries[p] & 0xffff), value[p]);
};

/** Where limits of lists from `from` on are. */
const neededAt = ({ scoring }: Walk, lists: Candidates | undefined, from: number): number =>
  lists ? lists.neededAt + 4 * from : scoring.scratch + NOTHING;

/** Takes all pairs, each by its own product. */
const lookEach = (walk: Walk, block: Block): void => {
  const { task, scoring, indexOwn, indexOther } = walk;
  const { size, height } = block;
  const entries = new Uint32Array(scoring.memory.buffer, scoring.scratch + ENTRIES, height * size);
  for (let p = 0; p < entries.length; p++) entries[p] = (Math.floor(p / size) << 16) | (p % size);
  const values = productsOf(walk, block, entries);
  const divisors = new Float64Array(scoring.memory.buffer, scoring.e.divisorAt);
  for (let p = 0; p < entries.length; p++) {
    const i = block.block + (entries[p] >>> 16);
    const j = block.at + (entries[p] & 0xffff);
    const [own, other] = [indexOwn[i], indexOther[j]];
    take(walk, i, j, Math.fround(values[p] * (scoring.scale / divisors[task.side === 'x' ? other : own])));
  }
};

/** Products of stored rows, in fp32 or exact. */
const productsOf = (
  { task, scoring, own, other, indexOwn, indexOther }: Walk,
  { block, height, at, size }: Block,
  entries: Uint32Array,
): Float32Array | Float64Array => {
  const { memory, scratch, d } = scoring;
  if (task.ordinary) {
    const [ownAt, otherAt] = [own.indexAt + 4 * (task.start + block), other.indexAt + 4 * at];
    const [list, values] = [scratch + ENTRIES, scratch + VALUES];
    memory.kernels.listedDots32(
      own.rowsAt,
      ownAt,
      height,
      other.rowsAt,
      otherAt,
      size,
      d,
      list,
      entries.length,
      values,
    );
    return new Float32Array(memory.buffer, values, entries.length);
  }
  const rowsOwn = entries.map((entry) => indexOwn[block + (entry >>> 16)]);
  const rowsOther = entries.map((entry) => indexOther[at + (entry & 0xffff)]);
  const [rowsX, rowsE] = task.side === 'x' ? [rowsOwn, rowsOther] : [rowsOther, rowsOwn];
  // A copy: lists that ties fill are scored at the same place.
  return exactDots(scoring, rowsX, rowsE).slice();
};

/** Takes what counts of a tile of fp32 products. */
const lookTile = (walk: Walk, block: Block): void => {
  const { task, scoring, own, other, ownLists, otherLists } = walk;
  const { memory, scratch, d } = scoring;
  const { buffer, kernels } = memory;
  const { at, size, height } = block;
  const [panelsOwn, panelsOther] = [Math.ceil(height / 8), Math.ceil(size / 8)];
  const ownAt = own.panelsAt + 4 * d * (task.start + block.block);
  kernels.product32(ownAt, panelsOwn, other.panelsAt + 4 * d * at, panelsOther, d, scratch + VALUES, BLOCK_OTHER);
  const [ownTop, ownBottom] = ownLists;
  const [otherTop, otherBottom] = otherLists;
  const found = kernels.siftTile(
    scratch + VALUES,
    height,
    16 * Math.ceil(size / 16),
    BLOCK_OTHER,
    neededAt(walk, ownTop, block.block),
    neededAt(walk, ownBottom, block.block),
    neededAt(walk, otherTop, at),
    neededAt(walk, otherBottom, at),
    scratch + ENTRIES,
  );
  const entries = new Uint32Array(buffer, scratch + ENTRIES, found);
  const tile = new Float32Array(buffer, scratch + VALUES, BLOCK_OWN * BLOCK_OTHER);
  for (let p = 0; p < found; p++) {
    const i = entries[p] >>> 16;
    const j = entries[p] & 0xffff;
    if (j < size) take(walk, block.block + i, at + j, tile[i * BLOCK_OTHER + j]);
  }
};

/** A pair's value, for all lists that want it. */
const take = ({ ownLists, otherLists, indexOwn, indexOther }: Walk, i: number, j: number, value: number): void => {
  const [ownTop, ownBottom] = ownLists;
  const [otherTop, otherBottom] = otherLists;
  if (ownTop && value >= ownTop.needed[i]) ownTop.add(i, indexOther[j], value);
  if (ownBottom && -value >= ownBottom.needed[i]) ownBottom.add(i, indexOther[j], -value);
  if (otherTop && value >= otherTop.needed[j]) otherTop.add(j, indexOwn[i], value);
  if (otherBottom && -value >= otherBottom.needed[j]) otherBottom.add(j, indexOwn[i], -value);
};
