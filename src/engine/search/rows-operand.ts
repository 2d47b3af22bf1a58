import type { Matrix } from '../engine.ts';
import { fp32Above, lost8, scaleFor } from './bounds.ts';
import type { Layout } from './memory.ts';
import { byNorm, loadNorms } from './operand.ts';
import { packedBytes, ROUND_ROWS, type RoundTask } from './round-task.ts';
import { FIRST, type Method } from './row-place.ts';
import type { Session } from './session.ts';

/** Where a matrix of `topRows` lies; numbers of rows are rounded up to whole groups of 16. */
export interface RowsPlace {
  /** fp32 rows; u32 row numbers in search order; rounded rows or panels of fp32 rows; what `quantise` says. */
  rowsAt: number;
  indexAt: number;
  packedAt: number;
  panelsAt: number;
  /** fp64 by dimension: what `quantise` multiplies by (`balance`). */
  balanceAt: number;
  aboutAt: number;
  /** x: eight fp32 a row. e: three fp32 lists. In search order. */
  limitsAt: number;
  /** fp64: divisors by row, and in search order what brings rows (of e: products) into scaled units. */
  divisorAt: number;
  factorAt: number;
  /** Rows there is room for: the distance of lists. */
  stride: number;
}

export const placeRows = (layout: Layout, rows: number, d: number, method: Method): RowsPlace => {
  const stride = 16 * Math.ceil(rows / 16);
  const packed = layout.take(stride * (method === 'tiles' ? 4 * d : method === 'screened' ? packedBytes(d) : 0));
  return {
    rowsAt: layout.take(rows * d * 4),
    indexAt: layout.take(stride * 4),
    packedAt: packed,
    panelsAt: packed,
    balanceAt: layout.take(8 * d),
    aboutAt: layout.take(stride * 32),
    limitsAt: layout.take(stride * 32),
    divisorAt: layout.take(stride * 8),
    factorAt: layout.take(stride * 8),
    stride,
  };
};

/** Bytes a row in `placeRows`. */
export const rowsBytes = (d: number, method: Method): number => (method === 'tiles' ? 8 : 5) * d + 88;

/** A matrix in the session's memory: the rows in the search, in their order. */
export interface RowsOperand extends RowsPlace {
  count: number;
  /** Rows up to each of these are a sample of all. */
  samples: number[];
  /** Row numbers in the whole matrix, by row. */
  ids: Uint32Array;
  /** By row, in scaled units, at least the true ones. */
  norms: Float64Array;
  /** The largest of `norms`. */
  largest: number;
  /** scaled = stored * scale (/ divisor), a power of two. */
  scale: number;
  /** Whether fp32 products of stored rows stay far from the ends of fp32. */
  ordinary: boolean;
}

/** The order of rows: as they are, by falling norm, or that way after samples (each by falling norm, too). */
export type Order = 'stored' | 'norms' | 'samples';

/** Of twelve rows that follow each other by norm, one is in the first sample, three are in the second and six in the third. */
const SAMPLE_OF = [0, 3, 2, 3, 1, 3, 2, 3, 1, 3, 2, 3];

/** Copies a matrix in and orders its unmasked rows. */
export const loadRows = async (
  session: Session,
  place: RowsPlace,
  matrix: Matrix,
  which: 'first' | 'second',
  ids: Uint32Array,
  options: { mask?: Uint8Array; divisor?: Float64Array; order: Order },
  signal: AbortSignal | undefined,
): Promise<RowsOperand> => {
  const { mask, divisor } = options;
  const norms = await loadNorms(session, matrix, place.rowsAt, place.aboutAt, which, ids[0], signal);
  const ordinary = norms.every((norm) => norm === 0 || (norm > 2 ** -30 && norm < 2 ** 30));
  const divisors = new Float64Array(session.buffer, place.divisorAt, matrix.rows);
  if (divisor) divisors.set(divisor);
  else divisors.fill(1);
  if (divisor) for (let i = 0; i < norms.length; i++) norms[i] *= (1 / divisor[i]) * (1 + 1e-12);
  let order = options.order === 'stored' ? Uint32Array.from(norms.keys()) : byNorm(norms);
  if (mask) order = order.filter((i) => mask[i]);
  const samples: number[] = [];
  if (options.order === 'samples') order = samplesFirst(order, samples);
  new Uint32Array(session.buffer, place.indexAt, order.length).set(order);
  const largest = order.reduce((most, i) => Math.max(most, norms[i]), 0);
  const scale = scaleFor(largest);
  // Rows of zeros may have divisors that leave fp64.
  const factors = Float64Array.from(order, (i) => (norms[i] > 0 ? scale / divisors[i] : 1));
  new Float64Array(session.buffer, place.factorAt, order.length).set(factors);
  for (let i = 0; i < norms.length; i++) norms[i] *= scale;
  return { ...place, count: order.length, samples, ids, norms, largest: largest * scale, scale, ordinary };
};

/** Brings samples to the front and says how far they go: whole groups, so that blocks end with them. */
const samplesFirst = (order: Uint32Array, samples: number[]): Uint32Array => {
  const parts: number[][] = [[], [], [], []];
  const period = SAMPLE_OF.length;
  const end = period * FIRST * Math.floor(order.length / period / FIRST);
  for (const [i, row] of order.entries()) parts[i < end ? SAMPLE_OF[i % period] : 3].push(row);
  for (let part = 0, until = 0; part < 3 && end > 0; part++) {
    until += parts[part].length;
    samples.push(until);
  }
  return Uint32Array.from(parts.flat());
};

/** Rounds the rows of an operand for the screen and writes its limits, or packs them for tiles. */
export const packRows = async (
  session: Session,
  operand: RowsOperand,
  d: number,
  first: boolean,
  method: Method,
  balance: Float64Array,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const { count, rowsAt, indexAt, packedAt, panelsAt, balanceAt, factorAt, aboutAt } = operand;
  new Float64Array(session.buffer, balanceAt, d).set(balance);
  let from = 0;
  const next = (): { args: RoundTask; done: number } | undefined => {
    if (from >= count) return undefined;
    const part = { from, count: Math.min(ROUND_ROWS, count - from) };
    from += ROUND_ROWS;
    const places = { rowsAt, indexAt, packedAt, panelsAt, balanceAt, factorAt, aboutAt };
    return { args: { ...places, d, first, method, ...part }, done: 0 };
  };
  await session.run('round', next, () => {}, { signal });
  if (method === 'screened') (first ? writeRowLimits : writeColumnLimits)(session.buffer, operand);
};

/** Steps below this (scaled) are not resolved: such rows pass the screen. */
const FINEST = 2 ** -57;
/** Covers the roundings of fp64 in what `quantise` says. */
const UP = 1 + 1e-8;
/** error, norm, steps, -, -, start: in steps of the row (docs/engine.md). The task adds top and bottom. */
const writeRowLimits = (buffer: ArrayBufferLike, { count, aboutAt, limitsAt, scale }: RowsOperand): void => {
  const about = new Float64Array(buffer, aboutAt, 4 * count);
  const limits = new Float32Array(buffer, limitsAt, 8 * count);
  const starts = new Int32Array(buffer, limitsAt, 8 * count);
  for (let i = 0; i < count; i++) {
    const [step, size, lost, start] = about.subarray(4 * i, 4 * i + 4);
    const norm = (size + lost) * UP;
    const fine = step * scale < FINEST;
    limits[8 * i] = fp32Above(size > 0 && fine ? 1e4 * norm : lost8(lost));
    limits[8 * i + 1] = fp32Above(norm);
    limits[8 * i + 2] = size === 0 ? 1 : fine ? 1 / FINEST : 1 / (step * scale);
    starts[8 * i + 5] = start;
  }
};

/** Lists of size, error and steps. */
const writeColumnLimits = (buffer: ArrayBufferLike, operand: RowsOperand): void => {
  const { count, stride, aboutAt, limitsAt, indexAt, divisorAt, scale } = operand;
  const about = new Float64Array(buffer, aboutAt, 4 * count);
  const index = new Uint32Array(buffer, indexAt, count);
  const divisor = new Float64Array(buffer, divisorAt, stride);
  const [sizes, errors, steps] = [0, 1, 2].map(
    (list) => new Float32Array(buffer, limitsAt + 4 * list * stride, stride),
  );
  sizes.fill(0, count);
  errors.fill(0, count);
  steps.fill(1, count);
  for (let j = 0; j < count; j++) {
    const [step, size, lost] = about.subarray(4 * j, 4 * j + 3);
    const scaled = step * (scale / divisor[index[j]]);
    const fine = !(scaled >= FINEST);
    sizes[j] = fp32Above(size * UP);
    const norm = (size + lost) * UP;
    errors[j] = fp32Above(lost8(lost, norm) + (fine ? 2 * norm : 0));
    steps[j] = size === 0 ? 1 : fine ? 1 / FINEST : 1 / scaled;
  }
};
