import { checkFinite, checkShapes } from '../../check.ts';
import type { ColumnMeans, Matrix, MeansOptions, RunOptions } from '../../engine.ts';
import { within } from '../progress.ts';
import type { Sessions } from '../session.ts';
import { bounds16 } from './bounds16.ts';
import { deviations32, partialSumSketch, randomRows, sampleRanks } from './deviations32.ts';
import { type ApartSums, packedSums, pairSums, type Sums } from './sums.ts';
import { absolute64, isCoarse } from './underflow.ts';

/** With fewer rows of x the errors of fp32 products cannot average out, and 16-bit ones are not worth a bound. */
const FEW = 256;
/** Up to so many products all are made in fp64, which is proved to be right; beyond, that would take twice as long. */
const PROVED = 2 ** 32;
/** What exact means may err by, relative to the fp64 ones. */
const TOLERANCE = 1e-6;
/** {@link TOLERANCE} less what the sums of eight fp32 terms may: 7 roundings of 2^-24. */
const TOLERANCE32 = 5.5e-7;
/** Rows of x whose fp32 products are held against fp64 ones for every row of e. */
const PICKED_FIRST = 128;
/** And for the rows of e of which so few do not tell. */
const PICKED = 1024;
/** By how much all sums may stray as these rows do: their own errors, which do not average out as well, make some. */
const BIASED = 1e-6;
/** What sums stray by in terms of {@link deviations32}: a rounding error is uniform in half a unit either way. */
const ROUNDED = 0.42;
/** Deviations of what picked rows say by which it is less than {@link BIASED} where it tells enough. */
const SURE = 3;
/** The largest error of approximate means; rows that may err by more are computed exactly. */
const TOLERANCE16 = 5e-3;
/** When more of the rows than this may err by more, none are approximate. */
const DOUBTFUL = 1 / 4;
/**
 * The bound is some 30 times what most rows err by. So that they do, so many rows at equal distances are held against
 * fp64 sums: where one errs by more than this, none are approximate.
 */
const MEASURED = 64;
const TOLERATED = 5e-5;

/**
 * Means over rows of x of max(x·e, 0) and |x·e|, within 1e-6 of the fp64 ones. Sums are made in the fastest way that
 * may serve; rows of e for which its bound is too large are done again in the next finer way (docs/engine.md has the
 * bounds). The last way holds for all finite numbers. `proved` is for tests.
 */
export const columnMeans = async (
  sessions: Sessions,
  x: Matrix,
  e: Matrix,
  options: MeansOptions = {},
  proved = PROVED,
): Promise<ColumnMeans> => {
  checkShapes(x, e);
  const largest = [checkFinite(x, 'first'), checkFinite(e, 'second')] as const;
  const ordinary = x.rows >= FEW && e.rows > 0 && largest.every(isOrdinary);
  const squares = options.squares ?? false;
  const call: Call = { sessions, x, largest, squares, fast: ordinary && x.rows * e.rows * x.columns > proved };
  const approximate = options.approximate && !squares && sessions.products16 && ordinary;
  const { error, ...sums } = approximate ? await sums16(call, e, options) : { ...(await exactSums(call, e, options)) };
  options.progress?.(1);
  const mean = (sum: number): number => (x.rows === 0 ? 0 : sum / x.rows);
  const found = squares && sums.squares;
  return {
    relu: sums.relu.map(mean),
    abs: sums.abs.map(mean),
    ...(found && { squares: { relu: found.relu.map(mean), abs: found.abs.map(mean) } }),
    ...(error !== undefined && { error }),
  };
};

interface Call {
  sessions: Sessions;
  x: Matrix;
  /** The largest sizes of numbers in x and e. */
  largest: readonly [number, number];
  /** Whether sums of squares are wanted, which 16-bit products have none of. */
  squares: boolean;
  /** Whether fp32 products are worth their check. */
  fast: boolean;
}

/** Whether products of numbers up to `largest`, and their sums, stay far from the ends of fp32. */
const isOrdinary = (largest: number): boolean => largest < 1e12 && (largest === 0 || largest > 1e-12);

/** Sums of 16-bit products, with the largest error that a row which keeps them may have. */
const sums16 = async (call: Call, e: Matrix, options: RunOptions): Promise<Sums & { error?: number }> => {
  const { sessions, x } = call;
  const sums = await packedSums(sessions, x, e, 'i16', within(options, 0, 0.7));
  const errors = await bounds16(sessions, x, sums, within(options, 0.7, 0.8));
  const doubtful = rowsWhere(e, (row) => !(errors[row] <= TOLERANCE16));
  const rest = within(options, 0.8, 1);
  if (doubtful.length > DOUBTFUL * e.rows || (await largestError(call, e, sums, errors, rest)) > TOLERATED) {
    return exactSums(call, e, rest);
  }
  const error = errors.reduce((most, error) => Math.max(most, error <= TOLERANCE16 ? error : TOLERANCE), 0);
  return { ...(await refined(sums, e, doubtful, (some) => exactSums(call, some, rest))), error };
};

/** The largest relative error of sums that are to be kept, among MEASURED rows of e. */
const largestError = async (
  call: Call,
  e: Matrix,
  sums: Sums,
  errors: Float64Array,
  { signal }: RunOptions,
): Promise<number> => {
  const count = Math.min(MEASURED, e.rows);
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * e.rows) / count)).filter(
    (row) => errors[row] <= TOLERANCE16,
  );
  const exact = await sums64(call, rowsOf(e, rows), { signal });
  return Math.max(
    0,
    ...(['relu', 'abs'] as const).flatMap((which) =>
      rows.map((row, i) =>
        sums[which][row] === exact[which][i] ? 0 : Math.abs(sums[which][row] / exact[which][i] - 1),
      ),
    ),
  );
};

const exactSums = async (call: Call, e: Matrix, options: RunOptions): Promise<Sums> => {
  const [x, y] = call.largest;
  // Far enough from fp32's end for sums of eight as well.
  if (x * y * call.x.columns > 2 ** 120) return pairSums(call.sessions, call.x, e, options);
  return call.fast ? sums32(call, e, options) : sums64(call, e, options);
};

/**
 * Sums of fp32 products, where their errors average out: how far they stray is estimated for each row of e, and held
 * against the truth twice: for some rows of e with all rows of x, and for all rows of e with some rows of x.
 */
const sums32 = async (call: Call, e: Matrix, options: RunOptions): Promise<Sums> => {
  const { sessions, x, squares } = call;
  const how = { ...within(options, 0, 0.85), squares };
  const first = rowsOf(x, randomRows(x.rows, Math.min(PICKED_FIRST, Math.ceil(x.rows / 16))));
  const { apart, ...sums } = await packedSums(sessions, x, e, 'f32', how, {
    sketch: partialSumSketch(x),
    picked: first,
  });
  const { deviation, absolute } = deviations32(apart!.sketch, x);
  const sample = sampleRanks(deviation, sums.relu);
  const exact = await sums64(call, rowsOf(e, sample), within(options, 0.85, 0.87));
  let worst = 0;
  for (const [i, row] of sample.entries()) {
    for (const which of ['relu', 'abs'] as const) {
      worst = Math.max(worst, Math.abs(sums[which][row] - exact[which][i]) / deviation[row]);
    }
  }
  const straying = strayOf(apart!, first.rows, x.rows);
  const leaning = await leaningRows(call, e, sums, deviation, straying, within(options, 0.87, 0.92));
  // Eight deviations and more (one is ROUNDED in these units) where errors of rows of x are independent, as far as both
  // samples tell.
  const spread = Math.max(4, 3 * worst);
  const strays = (row: number): boolean =>
    leaning.has(row) || !(spread * deviation[row] + absolute <= TOLERANCE32 * sums.relu[row]);
  const doubtful = rowsWhere(e, (row) => strays(row) && !isZero(e, row));
  return refined(sums, e, doubtful, (some) => sums64(call, some, within(options, 0.92, 1)));
};

/**
 * Rows of e whose sums would stray by more than {@link BIASED} of them if all rows of x erred as those do that are
 * picked: few at first, and more for rows of e that are not {@link SURE} to stray less. `deviation` is that of the sums
 * over all rows of x.
 */
const leaningRows = async (
  call: Call,
  e: Matrix,
  sums: Sums,
  deviation: Float64Array,
  first: Stray,
  options: RunOptions,
): Promise<Set<number>> => {
  const { rows } = call.x;
  const leaning = (some: readonly number[], off: Stray, sure: number): number[] => {
    const own = ROUNDED * sure * Math.sqrt(rows / off.picked);
    return some.filter(
      (row, i) =>
        !(off.relu[i] + own * deviation[row] <= BIASED * sums.relu[row]) ||
        !(off.abs[i] + own * deviation[row] <= BIASED * sums.abs[row]),
    );
  };
  const all = Array.from({ length: e.rows }, (_, row) => row);
  const unsure = leaning(all, first, SURE);
  if (unsure.length === 0) return new Set();
  const { sessions, x } = call;
  const some = rowsOf(x, randomRows(rows, Math.min(PICKED, Math.ceil(rows / 8))));
  const rest = rowsOf(e, unsure);
  const coarse = await packedSums(sessions, some, rest, 'f32', within(options, 0, 0.4));
  const fine = await packedSums(sessions, some, rest, 'f64', within(options, 0.4, 1));
  return new Set(leaning(unsure, strayOf({ coarse, fine }, some.rows, rows), 0));
};

/** Per row of e by what its sums stray; see {@link strayOf}. */
interface Stray {
  picked: number;
  relu: Float64Array;
  abs: Float64Array;
}

/** By what sums of fp32 products would stray if all `rows` of x did as the `picked` ones do that these sums are of. */
const strayOf = ({ coarse, fine }: Pick<ApartSums, 'coarse' | 'fine'>, picked: number, rows: number): Stray => {
  const off = (which: 'relu' | 'abs'): Float64Array =>
    coarse[which].map((sum, row) => (Math.abs(sum - fine[which][row]) * rows) / picked);
  return { picked, relu: off('relu'), abs: off('abs') };
};

/** Sums of fp64 products, each rounded once to fp32: proved to be right but where such a product may underflow. */
const sums64 = async (call: Call, e: Matrix, options: RunOptions): Promise<Sums> => {
  const { sessions, x, squares } = call;
  const sums = await packedSums(sessions, x, e, 'f64', { ...within(options, 0, 0.95), squares });
  const absolute = absolute64(x.rows);
  const small = rowsWhere(e, (row) => !(absolute <= sums.relu[row]) && !isZero(e, row));
  if (small.length === 0 || isCoarse(x, e)) return sums;
  return refined(sums, e, small, (some) => pairSums(sessions, x, some, within(options, 0.95, 1)));
};

/** Sums whose listed rows are made by a finer way. */
const refined = async (
  sums: Sums,
  e: Matrix,
  rows: readonly number[],
  finer: (some: Matrix) => Promise<Sums>,
): Promise<Sums> => {
  if (rows.length === 0) return sums;
  const { relu, abs } = await finer(rowsOf(e, rows));
  for (const [i, row] of rows.entries()) [sums.relu[row], sums.abs[row]] = [relu[i], abs[i]];
  return sums;
};

const rowsWhere = (e: Matrix, is: (row: number) => boolean): number[] => {
  const rows: number[] = [];
  for (let row = 0; row < e.rows; row++) if (is(row)) rows.push(row);
  return rows;
};

const rowsOf = (e: Matrix, rows: readonly number[]): Matrix => {
  const d = e.columns;
  if (rows.length === e.rows) return e;
  const data = new Float32Array(rows.length * d);
  for (const [i, row] of rows.entries()) data.set(e.data.subarray(row * d, (row + 1) * d), i * d);
  return { data, rows: rows.length, columns: d };
};

const isZero = ({ data, columns }: Matrix, row: number): boolean => {
  for (let at = row * columns; at < (row + 1) * columns; at++) if (data[at] !== 0) return false;
  return true;
};
