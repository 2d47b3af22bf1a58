import type { Matrix } from '../../engine.ts';
import { ROUNDED16_NUMBERS, ROUNDED16_RESIDUAL } from '../../records.ts';
import { scaleFor } from '../bounds.ts';
import type { Layout } from '../memory.ts';
import { byNorm, loadNorms } from '../norms.ts';
import type { Session } from '../session.ts';
import {
  packed16Bytes,
  packedBytes,
  ROUND_ROWS,
  ROUNDED8_BYTES,
  ROUNDED16_BYTES,
  ROW_BYTES,
  type RoundTask,
} from './round-task.ts';
import { FIRST, type Method } from './row-place.ts';

/** Where a matrix of `topRows` lies; numbers of rows are rounded up to whole groups of 16. */
export interface RowsPlace {
  /** fp32 rows; u32 row numbers in search order; rounded rows or panels of fp32 rows; what `quantise` says. */
  rowsAt: number;
  indexAt: number;
  packedAt: number;
  panelsAt: number;
  /** Rows rounded to 16 bits, and what `quantise16` says: step and lost norm, scaled. */
  packed16At: number;
  rounded16At: number;
  /** fp64: factors of dimensions and a direction, for `quantise` (`frame`). */
  frameAt: number;
  roundedAt: number;
  /** x: eight fp32 a row. e: four fp32 lists. In search order. */
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
    packed16At: layout.take(method === 'screened' ? rows * packed16Bytes(d) : 0),
    rounded16At: layout.take(method === 'screened' ? rows * ROUNDED16_BYTES : 0),
    frameAt: layout.take(16 * d),
    roundedAt: layout.take(stride * ROUNDED8_BYTES),
    limitsAt: layout.take(stride * ROW_BYTES),
    divisorAt: layout.take(stride * 8),
    factorAt: layout.take(stride * 8),
    stride,
  };
};

/** Bytes a row in `placeRows`. */
export const rowsBytes = (d: number, method: Method): number =>
  (method === 'each' ? 4 : method === 'tiles' ? 8 : 7) * d + 190;

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
  /** The most that rounding a row to 16 bits lost, in scaled units. */
  residual: number;
  /** scaled = stored * scale (/ divisor), a power of two. */
  scale: number;
  /** Whether fp32 products of stored rows stay far from the ends of fp32. */
  ordinary: boolean;
}

/** The order of rows: as they are, by falling norm, or that way after samples (each by falling norm, too). */
export type Order = 'stored' | 'norms' | 'samples';

/** Shares of all rows that the samples are, each with those before it. */
const SAMPLES = [1 / 64, 1 / 16, 1 / 4, 1 / 2];

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
  const norms = await loadNorms(session, matrix, place.rowsAt, place.roundedAt, which, (row) => ids[row], signal);
  let ordinary = true;
  for (let i = 0; i < norms.length; i++) {
    ordinary &&= norms[i] === 0 || (norms[i] > 2 ** -30 && norms[i] < 2 ** 30);
    if (divisor) norms[i] *= (1 / divisor[i]) * (1 + 1e-12);
  }
  const divisors = new Float64Array(session.buffer, place.divisorAt, matrix.rows);
  if (divisor) divisors.set(divisor);
  else divisors.fill(1);
  let order = options.order === 'stored' ? Uint32Array.from(norms.keys()) : byNorm(norms);
  if (mask) order = order.filter((i) => mask[i]);
  const samples: number[] = [];
  if (options.order === 'samples') order = samplesFirst(order, samples);
  const count = order.length;
  new Uint32Array(session.buffer, place.indexAt, count).set(order);
  let most = 0;
  for (let p = 0; p < count; p++) most = Math.max(most, norms[order[p]]);
  const scale = scaleFor(most);
  const factors = new Float64Array(session.buffer, place.factorAt, count);
  // Rows of zeros may have divisors that leave fp64.
  for (let p = 0; p < count; p++) factors[p] = norms[order[p]] > 0 ? scale / divisors[order[p]] : 1;
  for (let i = 0; i < norms.length; i++) norms[i] *= scale;
  return { ...place, count, samples, ids, norms, largest: most * scale, residual: 0, scale, ordinary };
};

/** Brings samples to the front and says how far they go: whole groups, so that blocks end with them. */
const samplesFirst = (order: Uint32Array, samples: number[]): Uint32Array => {
  const count = order.length;
  for (const share of SAMPLES) samples.push(FIRST * Math.floor((share * count) / FIRST));
  // Steps of the golden ratio, around and around, come everywhere, and are everywhere about equally often.
  let step = Math.round(count * 0.618);
  while (commonDivisor(step, count) > 1) step++;
  const sampleOf = new Uint8Array(count);
  for (let p = 0, sample = 0, at = 0; p < count; p++, at = (at + step) % count) {
    while (p >= samples[sample]) sample++;
    sampleOf[at] = sample;
  }
  const sorted = new Uint32Array(count);
  for (let sample = 0, to = 0; sample <= samples.length; sample++) {
    for (let p = 0; p < count; p++) if (sampleOf[p] === sample) sorted[to++] = order[p];
  }
  return sorted;
};

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

/** Rounds the rows of an operand for the screens and writes its limits, or packs them for tiles. */
export const packRows = async (
  session: Session,
  operand: RowsOperand,
  d: number,
  first: boolean,
  method: Method,
  frame: { factors: Float64Array; direction: Float64Array },
  signal: AbortSignal | undefined,
): Promise<void> => {
  const { count, rowsAt, indexAt, packedAt, panelsAt, packed16At, rounded16At } = operand;
  const { frameAt, factorAt, roundedAt, limitsAt, stride } = operand;
  new Float64Array(session.buffer, frameAt, d).set(frame.factors);
  new Float64Array(session.buffer, frameAt + 8 * d, d).set(frame.direction);
  let from = 0;
  const next = (): { args: RoundTask; done: number } | undefined => {
    if (from >= count) return undefined;
    const part = { from, count: Math.min(ROUND_ROWS, count - from) };
    from += ROUND_ROWS;
    const places = { rowsAt, indexAt, packedAt, panelsAt, packed16At, rounded16At };
    const beside = { frameAt, factorAt, roundedAt, limitsAt, stride };
    return { args: { ...places, ...beside, d, first, method, ...part }, done: 0 };
  };
  await session.run('round', next, () => {}, { signal });
  operand.residual = method === 'screened' ? mostResidual(session.buffer, operand) : 0;
};

/** The most that rounding any row to 16 bits lost. */
const mostResidual = (buffer: ArrayBufferLike, { count, rounded16At }: RowsOperand): number => {
  const rounded = new Float64Array(buffer, rounded16At, ROUNDED16_NUMBERS * count);
  let most = 0;
  for (let at = ROUNDED16_RESIDUAL; at < rounded.length; at += ROUNDED16_NUMBERS) most = Math.max(most, rounded[at]);
  return most;
};
