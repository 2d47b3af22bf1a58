import { checkTopRows } from '../../check.ts';
import type { Matrix, TopRows, TopRowsOptions } from '../../engine.ts';
import { absolute32, listError } from '../bounds.ts';
import { chunks, Layout } from '../memory.ts';
import type { Session, Sessions } from '../session.ts';
import { type Frame, frame } from './frame.ts';
import type { ListTask } from './list-task.ts';
import { RankedLists } from './ranked-lists.ts';
import {
  type BothEnds,
  FIRST,
  LISTS,
  listBytes,
  listsAt,
  type Method,
  type OperandAt,
  TASK_OWN,
  type Wanted,
} from './row-place.ts';
import type { RowTask } from './row-task.ts';
import { loadRows, packRows, placeRows, type RowsOperand, type RowsPlace, rowsBytes } from './rows-operand.ts';
import { settleZeros } from './zero-rows.ts';

/** Fewer rows of x than this are not worth packing e for. */
const FEW = 8;
/** Share of all columns that may be wanted for the screen to leave little enough. */
const SHARE = 1 / 50;
/** Bytes of e, and of a task's lists, and of those a lane keeps, that are in the memory at a time. */
const E_BYTES = 256 * 2 ** 20;
const TASK_BYTES = 32 * 2 ** 20;
const LANE_BYTES = 64 * 2 ** 20;
/** Lists in a task that brings those of lanes together. */
const LIST_ROWS = 512;

/** What all blocks of one call share. */
interface Search {
  session: Session;
  lanes: number[];
  d: number;
  method: Method;
  frame: Frame;
  /** Final lists of rows of x and of rows of e, and what of them is wanted. */
  found: { x: BothEnds<RankedLists>; e: BothEnds<RankedLists> };
  x?: Wanted;
  e?: Wanted;
  /** Own rows of a task at most, and where a lane keeps lists of others. */
  height: number;
  othersAt: number;
  options: TopRowsOptions;
}

/** Best columns (rows of e) per row of x and best rows per column, at both ends, in one pass over all pairs. */
export const topRows = async (sessions: Sessions, x: Matrix, e: Matrix, options: TopRowsOptions): Promise<TopRows> => {
  checkTopRows(x, e, options);
  const { divisor } = options;
  const d = x.columns;
  const allowed = options.mask ? options.mask.reduce((n, byte) => n + (byte ? 1 : 0), 0) : e.rows;
  const ends = options.columns ? (options.columns.ends ?? 'top') : undefined;
  const found = {
    x: listsFor(x.rows, Math.min(options.k, allowed), options.ends ?? 'top'),
    e: listsFor(e.rows, Math.min(options.columns?.k ?? 0, x.rows), ends),
  };
  const wanted = { x: wantedOf(found.x), e: wantedOf(found.e) };
  const method = methodFor(x, wanted.x, allowed, wanted.e);
  const { rowsX, mask } = settleZeros(x, e, options.mask, found);

  const kept = wanted.e && wanted.x && listBytes(512, wanted.x) / 512;
  const partsX = chunks(x.rows, Math.max(rowsBytes(d, method), kept ?? 0), LANE_BYTES);
  const partsE = chunks(e.rows, rowsBytes(d, method), E_BYTES);
  const layout = new Layout();
  const [placeX, placeE] = [placeRows(layout, partsX.size, d, method), placeRows(layout, partsE.size, d, method)];
  const own = wanted.e ?? wanted.x;
  const height = own ? Math.min(TASK_OWN, 16 * Math.max(1, Math.floor(TASK_BYTES / listBytes(16, own)))) : 0;
  const othersAt = LISTS + (own ? listBytes(height, own) : 0);
  const laneBytes = othersAt + (wanted.e && wanted.x ? listBytes(placeX.stride, wanted.x) : 0);
  const lanes = Array.from({ length: sessions.lanes }, () => layout.take(laneBytes));
  const session = await sessions.open(layout.check(sessions.maxBytes), lanes);
  try {
    const call: Search = {
      ...{ session, lanes, d, method, found, ...wanted, height, othersAt, options },
      frame: frame(x, e),
    };
    for (const partE of partsE.list) {
      const { start, end } = partE;
      const only = { mask: mask?.subarray(start, end), divisor: divisor?.subarray(start, end) };
      const operandE = await load(call, placeE, e, range(partE), 'second', only);
      for (const partX of partsX.list) {
        const done = (part: number): number => {
          const inside = (partX.start + part * (partX.end - partX.start)) / x.rows;
          return (start + inside * (end - start)) / e.rows;
        };
        // What a guess has missed is searched again, without one.
        const inside = rowsX.filter((row) => row >= partX.start && row < partX.end);
        for (let rows: Uint32Array = inside, again = false; rows.length > 0; again = true) {
          const operandX = await load(call, placeX, x, rows, 'first', {});
          rows = await search(call, operandX, again ? { ...operandE, samples: [] } : operandE, done);
        }
      }
    }
  } finally {
    session.close();
  }
  options.progress?.(1);
  const [top, bottom] = found.x.map((lists) => lists?.ranked);
  const [columnTop, columnBottom] = found.e.map((lists) => lists?.ranked);
  return {
    ...(top && { top }),
    ...(bottom && { bottom }),
    ...(columnTop && { columnTop }),
    ...(columnBottom && { columnBottom }),
  };
};

const range = ({ start, end }: { start: number; end: number }): Uint32Array =>
  Uint32Array.from({ length: end - start }, (_, i) => start + i);

const methodFor = (x: Matrix, rows: Wanted | undefined, allowed: number, columns: Wanted | undefined): Method => {
  if (x.rows <= FEW || x.columns === 0) return 'each';
  return !columns && (rows?.k ?? 0) <= SHARE * allowed ? 'screened' : 'tiles';
};

const listsFor = (lists: number, k: number, ends: 'top' | 'bottom' | 'both' | undefined): BothEnds<RankedLists> => {
  const of = (end: 'top' | 'bottom') => (ends === end || ends === 'both' ? new RankedLists(lists, k, end) : undefined);
  return [of('top'), of('bottom')];
};

const wantedOf = ([top, bottom]: BothEnds<RankedLists>): Wanted | undefined => {
  const k = (top ?? bottom)?.ranked.k ?? 0;
  return k > 0 ? { k, top: top !== undefined, bottom: bottom !== undefined } : undefined;
};

const load = async (
  { session, d, method, frame, options, e }: Search,
  place: RowsPlace,
  matrix: Matrix,
  rows: Uint32Array,
  which: 'first' | 'second',
  only: { mask?: Uint8Array; divisor?: Float64Array },
): Promise<RowsOperand> => {
  const first = which === 'first';
  const part = { ...matrix, data: rowsOf(matrix, rows), rows: rows.length };
  // Where rows of e are searched for, they come as they are: no norm ends a walk over x.
  const order = first || method === 'each' || e ? 'stored' : method === 'screened' ? 'samples' : 'norms';
  const operand = await loadRows(session, place, part, which, rows, { ...only, order }, options.signal);
  if (method !== 'each') {
    const { direction } = frame;
    await packRows(
      session,
      operand,
      d,
      first,
      method,
      { factors: first ? frame.x : frame.e, direction },
      options.signal,
    );
  }
  return operand;
};

/** Values of rows, without a copy where these lie together. */
const rowsOf = ({ data, columns: d }: Matrix, rows: Uint32Array): Float32Array => {
  const [start, end] = [rows[0] ?? 0, (rows.at(-1) ?? -1) + 1];
  if (end - start === rows.length) return data.subarray(start * d, end * d);
  const values = new Float32Array(rows.length * d);
  rows.forEach((row, i) => {
    values.set(data.subarray(row * d, (row + 1) * d), i * d);
  });
  return values;
};

/** All pairs of a part of x and a part of e. Returns rows of x that a guess has missed. */
const search = async (
  call: Search,
  x: RowsOperand,
  e: RowsOperand,
  done: (part: number) => number,
): Promise<Uint32Array> => {
  const { session, lanes, d, method, found, height, options } = call;
  const side = call.e ? 'e' : 'x';
  const wanted = call[side];
  if (!wanted || x.count === 0 || e.count === 0) return new Uint32Array();
  const [own, other] = call.e ? [e, x] : [x, e];
  // One product of powers of two: the factors alone may leave fp64.
  const scale = x.scale * e.scale;
  const ordinary = x.ordinary && e.ordinary;
  const orderOwn = new Uint32Array(session.buffer, own.indexAt, own.count).slice();
  const reach = reachOf(other, new Uint32Array(session.buffer, other.indexAt, other.count));
  const others = call.e && call.x && emptyOthers(call, x, e, scale, call.x);
  const fair = 16 * Math.ceil(own.count / (2 * lanes.length) / 16);
  const tall = Math.max(16, Math.min(height, fair));
  // With few rows, tasks share the others instead.
  const shared = !call.e && own.count <= 4 * FEW * lanes.length;
  const wide = FIRST * Math.ceil(other.count / (2 * lanes.length * FIRST));
  const width = shared ? Math.max(16 * FIRST, wide) : other.count;
  const guesses = shared ? [] : guessesFor(wanted.k, other);
  const missed = new Set<number>();
  let [start, from] = [0, 0];
  const next = (): { args: RowTask; done: number } | undefined => {
    if (start >= own.count) return undefined;
    const [count, to] = [Math.min(tall, own.count - start), Math.min(from + width, other.count)];
    const rows = orderOwn.subarray(start, start + count);
    const ids = rows.map((row) => own.ids[row]);
    const args: RowTask = {
      ...{ x: sideOf(x), e: sideOf(e), side, d, start, count, from, to, method, ordinary, scale, guesses },
      norms: Float64Array.from(rows, (row) => own.norms[row]),
      largest: other.largest,
      residual: other.residual,
      reach: reach.slice(from / FIRST),
      own: { at: LISTS, lists: height, wanted },
      others,
      floors: found[side].map((lists) => lists?.floors(ids, scale)) as BothEnds<Float32Array>,
    };
    from = to;
    if (from >= other.count) [start, from] = [start + count, 0];
    return { args, done: done((start + (count * from) / other.count) / own.count) };
  };
  await session.run(
    'rows',
    next,
    ({ start, ends }) => {
      for (const [end, lists] of ends.entries()) {
        if (!lists) continue;
        const id = (i: number): number => own.ids[orderOwn[start + i]];
        for (const i of found[side][end]!.merge(lists, id, other.ids, scale)) missed.add(id(i));
      }
    },
    options,
  );
  if (others) await bringTogether(call, x, e, scale, others);
  return Uint32Array.from(missed).sort();
};

/**
 * How well an entry of a sample must rank to be worse than the k-th of all, but for a few lists in a thousand: of k at
 * random places a share as large as the sample's is in it, give or take the root of its variance.
 */
const guessesFor = (k: number, { samples, count }: RowsOperand): RowTask['guesses'] =>
  samples
    .map((until) => {
      const share = until / count;
      return { until, rank: Math.ceil(k * share + 2.5 * Math.sqrt(k * share * (1 - share)) + 2) };
    })
    .filter(({ until, rank }) => rank < k && rank <= until / 4);

/** The largest norm of each FIRST rows and all that follow. */
const reachOf = ({ norms, count }: RowsOperand, order: Uint32Array): Float64Array => {
  const reach = new Float64Array(Math.ceil(count / FIRST));
  for (let i = count - 1, most = 0; i >= 0; i--) {
    most = Math.max(most, norms[order[i]]);
    reach[Math.floor(i / FIRST)] = most;
  }
  return reach;
};

const sideOf = (operand: RowsOperand): OperandAt => {
  const { rowsAt, indexAt, packedAt, panelsAt, packed16At, rounded16At, limitsAt, divisorAt, factorAt, stride } =
    operand;
  return { rowsAt, indexAt, packedAt, panelsAt, packed16At, rounded16At, limitsAt, divisorAt, factorAt, stride };
};

/** Empties the lists of rows of x in all lanes. */
const emptyOthers = (
  { session: { kernels }, lanes, d, found, othersAt }: Search,
  x: RowsOperand,
  e: RowsOperand,
  scale: number,
  wanted: Wanted,
): NonNullable<RowTask['others']> => {
  const others = { at: othersAt, lists: x.stride, wanted };
  for (const lane of lanes) {
    for (const [end, lists] of listsAt(kernels, { ...others, at: lane + othersAt }).entries()) {
      if (!lists) continue;
      const floors = found.x[end]!.floors(x.ids, scale);
      for (let i = 0; i < x.count; i++) {
        lists.start(i, listError(d) * x.norms[i] * e.largest + absolute32(d), floors[i]);
      }
    }
  }
  return others;
};

/** Brings the lanes' lists of rows of x together, scores and merges them. */
const bringTogether = async (
  { session, lanes, d, found, options }: Search,
  x: RowsOperand,
  e: RowsOperand,
  scale: number,
  others: NonNullable<RowTask['others']>,
): Promise<void> => {
  let from = 0;
  const next = (): { args: ListTask; done: number } | undefined => {
    if (from >= x.count) return undefined;
    const to = Math.min(from + LIST_ROWS, x.count);
    const places = { x: sideOf(x), e: sideOf(e), d, scale };
    const args: ListTask = {
      ...{ ...places, side: 'x', from, to, lists: others },
      lanes: lanes.map((lane) => lane + others.at),
    };
    from = to;
    return { args, done: 0 };
  };
  await session.run(
    'lists',
    next,
    ({ from, ends }) => {
      for (const [end, lists] of ends.entries()) {
        if (lists) found.x[end]!.merge(lists, (i) => x.ids[from + i], e.ids);
      }
    },
    { signal: options.signal },
  );
};
