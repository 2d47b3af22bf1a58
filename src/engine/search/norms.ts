import { notFinite } from '../check.ts';
import type { Matrix } from '../engine.ts';
import type { NormTask } from './norm-task.ts';
import type { Session } from './session.ts';

/** Rows that a lane measures at a time, while the calling thread copies the next ones. */
const NORM_ROWS = 2048;

/**
 * Copies a matrix in. Row norms are rounded up a little: fp64 sums of squares err by less than 1e-12 for any row that
 * fits memory.
 */
export const loadNorms = async (
  session: Session,
  { rows, columns, data, name }: Matrix,
  rowsAt: number,
  normsAt: number,
  which: 'first' | 'second',
  numberOf: (row: number) => number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> => {
  const copy = new Float32Array(session.buffer, rowsAt, rows * columns);
  let start = 0;
  const next = (): { args: NormTask; done: number } | undefined => {
    if (start >= rows) return undefined;
    const end = Math.min(rows, start + NORM_ROWS);
    copy.set(data.subarray(start * columns, end * columns), start * columns);
    const args = { rowsAt: rowsAt + 4 * start * columns, rows: end - start, d: columns, normsAt: normsAt + 8 * start };
    start = end;
    return { args, done: 0 };
  };
  await session.run('norms', next, () => {}, { signal });
  const norms = new Float64Array(session.buffer, normsAt, rows).slice();
  for (let i = 0; i < rows; i++) {
    norms[i] = Math.sqrt(norms[i]) * (1 + 1e-12);
    if (!Number.isFinite(norms[i])) throw notFinite({ rows, columns, data, name }, i, which, numberOf(i));
  }
  return norms;
};

/** More rows than a part of a matrix has; so many times a norm's bits is still a whole number. */
const ROWS = 2 ** 22;

/** Row numbers by falling norm in fp32, equal ones by number. */
export const byNorm = (norms: Float64Array): Uint32Array => {
  // One number each, since numbers are sorted much faster than by a function: the norm's fp32 bits, then the row.
  const bits = new Uint32Array(new Float32Array(norms).buffer);
  const keys = new Float64Array(norms.length);
  for (let i = 0; i < keys.length; i++) keys[i] = (0x7f800000 - bits[i]) * ROWS + i;
  keys.sort();
  const order = new Uint32Array(keys.length);
  for (let p = 0; p < order.length; p++) order[p] = keys[p] % ROWS;
  return order;
};
