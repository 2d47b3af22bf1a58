import { checkTopRows } from '../check.ts';
import type { Matrix, TopRows, TopRowsOptions } from '../engine.ts';
import { balance } from './balance.ts';
import { absolute32, relative32 } from './bounds.ts';
import type { ColumnListTask } from './column-list-task.ts';
import { chunks, Layout } from './memory.ts';
import { RankedLists } from './ranked-lists.ts';
import {
  columnBytes,
  columnLists,
  type Ends,
  FIRST_E,
  limitOf,
  type Method,
  ROW_SCRATCH,
  type SideAt,
  TASK_X,
  unwanted,
  type Wanted,
} from './row-place.ts';
import type { RowTask } from './row-task.ts';
import { loadRows, packRows, placeRows, type RowsOperand, type RowsPlace, rowsBytes } from './rows-operand.ts';
import type { Session, Sessions } from './session.ts';

/** Fewer rows of x than this are not worth packing e for. */
const FEW = 8;
/** Shares of all columns, and of all rows, that may be wanted for the screen to leave little enough. */
const SHARE_ROWS = 1 / 50;
const SHARE_COLUMNS = 1 / 200;
/** Bytes of e, and of the lists of its columns in all lanes, that are in the memory at a time. */
const E_BYTES = 192 * 2 ** 20;
const LIST_BYTES = 128 * 2 ** 20;
/** Entries of a task's lists at most. */
const TASK_ENTRIES = 4e6;
/** Columns of a task that brings lists of columns together. */
const LIST_COLUMNS = 512;

interface Part {
  start: number;
  end: number;
}

/** What all blocks of one call share. */
interface Search {
  session: Session;
  lanes: number[];
  d: number;
  method: Method;
  balance: { x: Float64Array; e: Float64Array };
  /** Final lists, and what of them is wanted. */
  rowLists: Ends<RankedLists>;
  columnLists: Ends<RankedLists>;
  rows?: Wanted;
  columns?: Wanted;
  options: TopRowsOptions;
}

/** Best columns (rows of e) per row of x and best rows per column, at both ends, in one pass over all pairs. */
export const topRows = async (sessions: Sessions, x: Matrix, e: Matrix, options: TopRowsOptions): Promise<TopRows> => {
  checkTopRows(x, e, options);
  const { mask, divisor } = options;
  const d = x.columns;
  const allowed = mask ? mask.reduce((n, byte) => n + (byte ? 1 : 0), 0) : e.rows;
  const rowLists = listsFor(x.rows, Math.min(options.k, allowed), options.ends ?? 'top');
  const columnLists = listsFor(
    e.rows,
    Math.min(options.columns?.k ?? 0, x.rows),
    options.columns?.ends ?? (options.columns ? 'top' : undefined),
  );
  const [rows, columns] = [wantedOf(rowLists), wantedOf(columnLists)];
  const method = methodFor(x, rows, allowed, columns);

  const partsX = chunks(x.rows, rowsBytes(d, method));
  const listBytes = columns ? sessions.lanes * columnBytes(1, columns) : 0;
  const partsE = chunks(e.rows, Math.max(rowsBytes(d, method) / E_BYTES, listBytes / LIST_BYTES), 1);
  const layout = new Layout();
  const [placeX, placeE] = [placeRows(layout, partsX.size, d, method), placeRows(layout, partsE.size, d, method)];
  const laneBytes = ROW_SCRATCH + (columns ? columnBytes(placeE.stride, columns) : 0);
  const lanes = Array.from({ length: sessions.lanes }, () => layout.take(laneBytes));
  const session = await sessions.open(layout.check(sessions.maxBytes), lanes);
  try {
    const call: Search = {
      session,
      lanes,
      d,
      method,
      balance: balance(x, e),
      rowLists,
      columnLists,
      rows,
      columns,
      options,
    };
    const loadX = (part: Part) => load(call, placeX, x, part, 'first', {});
    let operandX: RowsOperand | undefined;
    for (const partE of partsE.list) {
      const { start, end } = partE;
      const only = { mask: mask?.subarray(start, end), divisor: divisor?.subarray(start, end) };
      const operandE = await load(call, placeE, e, partE, 'second', only);
      for (const partX of partsX.list) {
        if (!operandX || partsX.list.length > 1) operandX = await loadX(partX);
        const done = (part: number): number => {
          const inside = (partX.start + part * (partX.end - partX.start)) / x.rows;
          return (start + inside * (end - start)) / e.rows;
        };
        await search(call, operandX, partX, operandE, partE, done);
      }
    }
  } finally {
    session.close();
  }
  options.progress?.(1);
  const [top, bottom] = rowLists.map((lists) => lists?.ranked);
  const [columnTop, columnBottom] = columnLists.map((lists) => lists?.ranked);
  return {
    ...(top && { top }),
    ...(bottom && { bottom }),
    ...(columnTop && { columnTop }),
    ...(columnBottom && { columnBottom }),
  };
};

const methodFor = (x: Matrix, rows: Wanted | undefined, allowed: number, columns: Wanted | undefined): Method => {
  if (x.rows <= FEW || x.columns === 0) return 'each';
  const few = (rows?.k ?? 0) <= SHARE_ROWS * allowed && (columns?.k ?? 0) <= SHARE_COLUMNS * x.rows;
  return few ? 'screened' : 'tiles';
};

const listsFor = (lists: number, k: number, ends: 'top' | 'bottom' | 'both' | undefined): Ends<RankedLists> => {
  const of = (end: 'top' | 'bottom') => (ends === end || ends === 'both' ? new RankedLists(lists, k, end) : undefined);
  return [of('top'), of('bottom')];
};

const wantedOf = ([top, bottom]: Ends<RankedLists>): Wanted | undefined => {
  const k = (top ?? bottom)?.ranked.k ?? 0;
  return k > 0 ? { k, top: top !== undefined, bottom: bottom !== undefined } : undefined;
};

const load = async (
  { session, d, method, balance, options }: Search,
  place: RowsPlace,
  matrix: Matrix,
  { start, end }: Part,
  which: 'first' | 'second',
  only: { mask?: Uint8Array; divisor?: Float64Array },
): Promise<RowsOperand> => {
  const part = { ...matrix, data: matrix.data.subarray(start * d, end * d), rows: end - start };
  const operand = loadRows(session, place, part, which, start, {
    ...only,
    sort: method !== 'each' && which === 'second',
  });
  if (method !== 'each') {
    const first = which === 'first';
    await packRows(session, operand, d, first, method, first ? balance.x : balance.e, options.signal);
  }
  return operand;
};

/** All pairs of a part of x and a part of e. */
const search = async (
  call: Search,
  x: RowsOperand,
  partX: Part,
  e: RowsOperand,
  partE: Part,
  done: (part: number) => number,
): Promise<void> => {
  const { session, lanes, d, method, rowLists, rows, columns, options } = call;
  if ((!rows && !columns) || x.count === 0 || e.count === 0) return;
  // One product of powers of two: the factors alone may leave fp64.
  const scale = x.scale * e.scale;
  const orderE = new Uint32Array(session.buffer, e.indexAt, e.count);
  const divisors = new Float64Array(session.buffer, e.divisorAt, e.stride);
  new Float64Array(session.buffer, e.factorAt, e.count).forEach((_, j, factors) => {
    factors[j] = scale / divisors[orderE[j]];
  });
  const reach = Float64Array.from({ length: Math.ceil(e.count / FIRST_E) }, (_, i) =>
    method === 'each' ? e.largest : e.norms[orderE[i * FIRST_E]],
  );
  if (columns) emptyColumns(call, x, e, partE, scale, columns);

  const entries = rows ? 2 * rows.k + 64 : 1;
  const fair = Math.ceil(x.count / (2 * lanes.length));
  const height = Math.max(1, Math.min(TASK_X, 64 * Math.ceil(fair / 64), Math.floor(TASK_ENTRIES / entries)));
  // With few rows, tasks share the columns instead.
  const width =
    x.count > 4 * FEW * lanes.length ? e.count : Math.max(1024, 256 * Math.ceil(e.count / (512 * lanes.length)));
  let [start, from] = [0, 0];
  const next = (): { args: RowTask; done: number } | undefined => {
    if (start >= x.count) return undefined;
    const [count, to] = [Math.min(height, x.count - start), Math.min(from + width, e.count)];
    const floors = rowLists.map((lists) => lists && rows && lists.floors(partX.start + start, count, scale));
    const args: RowTask = {
      ...{ x: sideOf(x), e: sideOf(e), d, start, count, from, to, method, scale, rows, columns },
      ordinary: x.ordinary && e.ordinary,
      norms: x.norms.slice(start, start + count),
      largest: e.largest,
      reach: reach.slice(from / FIRST_E),
      floors: floors as Ends<Float32Array>,
    };
    from = to;
    if (from >= e.count) [start, from] = [start + count, 0];
    return { args, done: done((start + (count * from) / e.count) / x.count) };
  };
  await session.run(
    'rows',
    next,
    ({ start, ends }) => {
      for (const [end, lists] of ends.entries()) {
        if (lists) rowLists[end]!.merge(lists, (i) => partX.start + start + i, partE.start);
      }
    },
    options,
  );
  if (columns) await bringTogether(call, x, e, partX, partE, columns);
};

const sideOf = (operand: RowsOperand): SideAt => {
  const { rowsAt, indexAt, packedAt, panelsAt, limitsAt, divisorAt, factorAt, stride } = operand;
  return { rowsAt, indexAt, packedAt, panelsAt, limitsAt, divisorAt, factorAt, stride };
};

/** Empties the lists of columns in all lanes. */
const emptyColumns = (
  { session: { buffer }, lanes, d, columnLists: found }: Search,
  x: RowsOperand,
  e: RowsOperand,
  partE: Part,
  scale: number,
  wanted: Wanted,
): void => {
  const order = new Uint32Array(buffer, e.indexAt, e.count);
  const steps = new Float32Array(buffer, e.limitsAt + 8 * e.stride, e.stride);
  for (const lane of lanes) {
    const { limits, lists } = columnLists(buffer, lane, e.stride, wanted);
    for (const [end, candidates] of lists.entries()) {
      limits[end].fill(unwanted(end));
      if (!candidates) continue;
      for (let j = 0; j < e.count; j++) {
        const [floor] = found[end]!.floors(partE.start + order[j], 1, scale);
        candidates.start(j, relative32(d) * e.norms[order[j]] * x.largest + absolute32(d), floor);
        limits[end][j] = limitOf(end, candidates.least[j], steps[j]);
      }
    }
  }
};

/** Brings the lanes' lists of columns together, scores and merges them. */
const bringTogether = async (
  { session, lanes, d, columnLists: found, options }: Search,
  x: RowsOperand,
  e: RowsOperand,
  partX: Part,
  partE: Part,
  wanted: Wanted,
): Promise<void> => {
  const order = new Uint32Array(session.buffer, e.indexAt, e.count).slice();
  let from = 0;
  const next = (): { args: ColumnListTask; done: number } | undefined => {
    if (from >= e.count) return undefined;
    const to = Math.min(from + LIST_COLUMNS, e.count);
    const args: ColumnListTask = { x: sideOf(x), e: sideOf(e), d, from, to, wanted, lanes };
    from = to;
    return { args, done: 0 };
  };
  await session.run(
    'columnLists',
    next,
    ({ from, ends }) => {
      for (const [end, lists] of ends.entries()) {
        if (lists) found[end]!.merge(lists, (i) => partE.start + order[from + i], partX.start);
      }
    },
    { signal: options.signal },
  );
};
