import { MATMUL_COLUMNS, MATMUL_ROWS, type MatmulTask } from '../matmul/matmul-task.ts';
import type { Layout } from '../memory.ts';
import { kthLargest } from '../select-kth.ts';
import type { Session } from '../session.ts';
import type { Screened } from './blocks.ts';

/** Rows of largest norm on either side whose pairs give the first threshold. */
const seedRows = (count: number, k: number): number =>
  Math.min(count, Math.max(512, 4 * Math.ceil(Math.sqrt(k))), 4096);

export interface SeedPlaces {
  rowsA: number;
  rowsB: number;
  aAt: number;
  bAt: number;
  panelsAt: number;
}

export const placeSeed = (layout: Layout, a: { rows: number; columns: number }, b: { rows: number }, k: number) => {
  const [rowsA, rowsB] = [seedRows(a.rows, k), seedRows(b.rows, k)];
  const d = a.columns;
  return {
    rowsA,
    rowsB,
    aAt: layout.take(rowsA * d * 4),
    bAt: layout.take(rowsB * d * 4),
    panelsAt: layout.take(Math.ceil(rowsB / 4) * 32 * d),
  };
};

/**
 * A value that at least k pairs reach, from the products of the rows of largest norm; -Infinity when those are fewer.
 */
export const seedThreshold = async (
  session: Session,
  places: SeedPlaces,
  a: Screened,
  b: Screened,
  d: number,
  k: number,
  sign: number,
  exclude: ((first: number, second: number) => boolean) | undefined,
  signal: AbortSignal | undefined,
): Promise<number> => {
  const gather = (side: Screened, most: number, to: number): Uint32Array => {
    const order = new Uint32Array(session.buffer, side.orderAt, Math.min(side.count, most));
    const rows = new Float32Array(session.buffer, side.rowsAt);
    const target = new Float32Array(session.buffer, to, order.length * d);
    order.forEach((row, i) => {
      target.set(rows.subarray(row * d, row * d + d), i * d);
    });
    return order;
  };
  const firsts = gather(a, places.rowsA, places.aAt);
  const seconds = gather(b, places.rowsB, places.bAt);
  const values = new Float32Array(firsts.length * seconds.length);
  if (k === 0 || values.length < k) return Number.NEGATIVE_INFINITY;
  session.kernels.kernels.panels64(places.bAt, seconds.length, d, places.panelsAt);

  let [row, column] = [0, 0];
  const next = (): { args: MatmulTask; done: number } | undefined => {
    if (row >= firsts.length) return undefined;
    const rows = Math.min(MATMUL_ROWS, firsts.length - row);
    const columns = Math.min(MATMUL_COLUMNS, seconds.length - column);
    const args = {
      aAt: places.aAt + row * d * 4,
      rows,
      panelsAt: places.panelsAt + column * d * 8,
      columns,
      d,
      row,
      column,
    };
    column += MATMUL_COLUMNS;
    if (column >= seconds.length) [row, column] = [row + MATMUL_ROWS, 0];
    return { args, done: 0 };
  };
  await session.run(
    'matmul',
    next,
    ({ row, column, rows, columns, stride, data }) => {
      for (let i = 0; i < rows; i++) {
        const at = (row + i) * seconds.length + column;
        for (let j = 0; j < columns; j++) values[at + j] = sign * data[i * stride + j];
      }
    },
    { signal },
  );
  // Each value is rounded to fp32 once; one step down makes it a lower bound. One that overflowed says nothing.
  const lower = (value: number): number =>
    Number.isFinite(value) ? value - Math.abs(value) * 2 ** -23 - 2 ** -149 : Number.NEGATIVE_INFINITY;
  if (!exclude) return lower(kthLargest(values, k));
  const few = Math.min(values.length, 4 * k + 256);
  const least = kthLargest(values.slice(), few);
  const kept: number[] = [];
  for (let at = 0; at < values.length; at++) {
    if (values[at] < least) continue;
    if (!exclude(firsts[Math.floor(at / seconds.length)], seconds[at % seconds.length])) kept.push(values[at]);
  }
  return kept.length < k ? Number.NEGATIVE_INFINITY : lower(kthLargest(Float64Array.from(kept), k));
};
