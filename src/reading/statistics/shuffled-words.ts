import type { Matrix, RunOptions } from '../../engine/engine.ts';
import { pacer } from '../../engine/pause.ts';
import { cubed, squared, toFourth, toThreeHalves } from '../powers.ts';
import type { Null } from './nulls.ts';
import { normalTail } from './tails.ts';

/**
 * Cumulants of each column, over the tokens, of the table that scores are made with (rows of E, each divided by its
 * normaliser): arrays of [d], in fp64.
 */
export interface ColumnCumulants {
  tokens: number;
  mean: Float64Array;
  variance: Float64Array;
  third: Float64Array;
  fourth: Float64Array;
}

/** The table that scores are made with: row i is E_i / divisor_i; a token whose `mask` is 0 has none. */
export interface ScoreTable {
  e: Matrix;
  divisor?: Float64Array;
  mask?: Uint8Array;
}

/** Sums over columns that are as near normal as this go by their cumulants alone. */
const SKEW = 0.1;
const KURTOSIS = 0.05;
/** Points of the grid for what the columns that are not near normal add. */
const BINS = 1024;

/** Cumulants of the columns of a table, in two passes over it: about the mean. */
export async function columnCumulants(table: ScoreTable, options: RunOptions = {}): Promise<ColumnCumulants> {
  const { e, mask } = table;
  const d = e.columns;
  const pace = pacer(options);
  const rows = Array.from({ length: e.rows }, (_, row) => row).filter((row) => !mask || mask[row]);
  const overRows = async (pass: number, add: (four: Four) => void): Promise<void> => {
    for (let i = 0; i < rows.length; i += 4) {
      if (i % 256 === 0) await pace((pass + i / rows.length) / 2);
      add(fourOf(table, rows.slice(i, i + 4)));
    }
  };
  const [mean, variance, third, fourth] = Array.from({ length: 4 }, () => new Float64Array(d));
  const share = 1 / (rows.length || 1);
  await overRows(0, (four) => addRows(table, four, mean));
  for (let j = 0; j < d; j++) mean[j] *= share;
  await overRows(1, (four) => addPowers(table, four, mean, variance, third, fourth));
  for (let j = 0; j < d; j++) {
    variance[j] *= share;
    third[j] *= share;
    fourth[j] = fourth[j] * share - 3 * squared(variance[j]);
  }
  return { tokens: rows.length, mean, variance, third, fourth };
}

/**
 * Four rows of the table, which are added at once (in their order), since a column's sums are then fetched and put back
 * a quarter as often. Where fewer are left, the others count `times` nought.
 */
interface Four {
  /** Where each row begins. */
  at: readonly number[];
  /** By what its numbers are multiplied. */
  by: readonly number[];
  times: readonly number[];
}

function fourOf({ e: { columns }, divisor }: ScoreTable, rows: readonly number[]): Four {
  const four = [0, 1, 2, 3].map((i) => ({ row: rows[i] ?? rows[0], times: i < rows.length ? 1 : 0 }));
  return {
    at: four.map(({ row }) => row * columns),
    by: four.map(({ row, times }) => times / (divisor?.[row] ?? 1)),
    times: four.map(({ times }) => times),
  };
}

function addRows({ e: { data, columns } }: ScoreTable, { at, by }: Four, sum: Float64Array): void {
  const [at0, at1, at2, at3] = at;
  const [by0, by1, by2, by3] = by;
  for (let j = 0; j < columns; j++) {
    sum[j] = sum[j] + data[at0 + j] * by0 + data[at1 + j] * by1 + data[at2 + j] * by2 + data[at3 + j] * by3;
  }
}

function addPowers(
  { e: { data, columns } }: ScoreTable,
  { at, by, times }: Four,
  mean: Float64Array,
  second: Float64Array,
  third: Float64Array,
  fourth: Float64Array,
): void {
  const [at0, at1, at2, at3] = at;
  const [by0, by1, by2, by3] = by;
  const [times0, times1, times2, times3] = times;
  for (let j = 0; j < columns; j++) {
    const c0 = data[at0 + j] * by0 - mean[j] * times0;
    const c1 = data[at1 + j] * by1 - mean[j] * times1;
    const c2 = data[at2 + j] * by2 - mean[j] * times2;
    const c3 = data[at3 + j] * by3 - mean[j] * times3;
    const [s0, s1, s2, s3] = [c0 * c0, c1 * c1, c2 * c2, c3 * c3];
    second[j] = second[j] + s0 + s1 + s2 + s3;
    third[j] = third[j] + s0 * c0 + s1 * c1 + s2 * c2 + s3 * c3;
    fourth[j] = fourth[j] + s0 * s0 + s1 * s1 + s2 * s2 + s3 * s3;
  }
}

/** The best score among shuffled words: its distribution. */
export interface ShuffledBest extends Null {
  /** The probability of a best score at least as high. */
  p(score: number): number;
}

/**
 * The best score of x among as many shuffled words as there are tokens: each of their numbers is that of a random token
 * in the same column. A shuffled word's score is a sum over the columns of independent numbers, so that its mean,
 * variance, skewness and kurtosis follow exactly from the columns'; its tail is that of Cornish and Fisher's expansion
 * (1938), which for hundreds of columns is the normal one nearly. What columns of wild numbers add, in the direction x,
 * is summed over their numbers instead.
 */
export function shuffledBest(x: ArrayLike<number>, columns: ColumnCumulants, table: ScoreTable): ShuffledBest {
  const { rest, wild } = splitColumns(x, columns);
  const [base, spread] = [rest.mean, Math.sqrt(rest.variance)];
  const parts = wild.length > 0 ? wildSums(x, wild, table) : [{ sum: 0, share: 1 }];
  const tailOf = (score: number): number => {
    let tail = 0;
    for (const { sum, share } of parts) tail += share * nearNormalTail(score - base - sum, spread, rest);
    return Math.min(1, tail);
  };
  const p = (score: number): number => {
    const tail = tailOf(score);
    return tail === 1 ? 1 : -Math.expm1(columns.tokens * Math.log1p(-tail));
  };
  return { ...momentsOf(p, within(x, columns)), p };
}

/** Between which scores the best one lies: its mean and deviation by 80 steps of its tail. */
function momentsOf(p: (score: number) => number, { middle, sd }: { middle: number; sd: number }): Null {
  if (sd === 0) return { mean: middle, sd: 0 };
  let [low, high] = [middle - 40 * sd, middle + 40 * sd];
  const edge = (level: number): number => {
    let [a, b] = [low, high];
    for (let i = 0; i < 30; i++) {
      const m = (a + b) / 2;
      if (p(m) > level) a = m;
      else b = m;
    }
    return b;
  };
  [low, high] = [edge(1 - 1e-9), edge(1e-9)];
  const steps = 80;
  const step = (high - low) / steps;
  let [first, second] = [0, 0];
  // E (S - low) is the integral of the tail, E (S - low)² twice that of (s - low) times the tail.
  for (let i = 0; i < steps; i++) {
    const above = (i + 0.5) * step;
    const tail = p(low + above);
    first += tail * step;
    second += 2 * above * tail * step;
  }
  return { mean: low + first, sd: Math.sqrt(Math.max(0, second - first * first)) };
}

function within(x: ArrayLike<number>, { mean, variance }: ColumnCumulants): { middle: number; sd: number } {
  let [middle, square] = [0, 0];
  for (let j = 0; j < mean.length; j++) {
    middle += x[j] * mean[j];
    square += squared(x[j]) * variance[j];
  }
  return { middle, sd: Math.sqrt(square) };
}

interface Part {
  sum: number;
  share: number;
}

interface NearNormal {
  mean: number;
  variance: number;
  skew: number;
  kurtosis: number;
}

/** The columns whose sum is near normal, by its cumulants, and the others, worst first. */
function splitColumns(x: ArrayLike<number>, columns: ColumnCumulants): { rest: NearNormal; wild: number[] } {
  const d = columns.mean.length;
  const fourth = Float64Array.from({ length: d }, (_, j) => Math.abs(toFourth(x[j]) * columns.fourth[j]));
  const order = Array.from(fourth.keys()).sort((a, b) => fourth[b] - fourth[a]);
  let taken = 0;
  for (;;) {
    const rest = { mean: 0, variance: 0, skew: 0, kurtosis: 0 };
    for (const j of order.slice(taken)) {
      rest.mean += x[j] * columns.mean[j];
      rest.variance += squared(x[j]) * columns.variance[j];
      rest.skew += cubed(x[j]) * columns.third[j];
      rest.kurtosis += toFourth(x[j]) * columns.fourth[j];
    }
    rest.skew = rest.variance > 0 ? rest.skew / toThreeHalves(rest.variance) : 0;
    rest.kurtosis = rest.variance > 0 ? rest.kurtosis / squared(rest.variance) : 0;
    const near = Math.abs(rest.skew) <= SKEW && Math.abs(rest.kurtosis) <= KURTOSIS;
    if (near || taken === d) return { rest, wild: order.slice(0, taken) };
    taken = Math.min(d, Math.max(taken + 1, Math.ceil(taken * 1.25)));
  }
}

/**
 * The distribution of what the wild columns add to a shuffled word, on a grid: those of the columns folded into each
 * other. A number between two points of the grid counts for both, so that means stay.
 */
function wildSums(x: ArrayLike<number>, wild: readonly number[], { e, divisor, mask }: ScoreTable): Part[] {
  const ids = Array.from({ length: e.rows }, (_, i) => i).filter((i) => !mask || mask[i]);
  const columns = wild.map((j) => {
    const values = Float64Array.from(ids, (id) => (x[j] * e.data[id * e.columns + j]) / (divisor?.[id] ?? 1));
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return { values, low, high };
  });
  const low = columns.reduce((sum, column) => sum + column.low, 0);
  const step = columns.reduce((sum, column) => sum + column.high - column.low, 0) / (BINS - 1 - columns.length) || 1;
  let shares = new Float64Array(BINS);
  shares[0] = 1;
  for (const { values, low } of columns) {
    const own = new Float64Array(BINS);
    for (const value of values) {
      const at = (value - low) / step;
      const bin = Math.floor(at);
      own[bin] += (1 - (at - bin)) / values.length;
      own[bin + 1] += (at - bin) / values.length;
    }
    shares = folded(shares, own);
  }
  return Array.from(shares, (share, i) => ({ sum: low + i * step, share })).filter(({ share }) => share > 1e-18);
}

/** The distribution of a sum of two independent numbers on one grid, which is long enough for all sums. */
function folded(first: Float64Array, second: Float64Array): Float64Array<ArrayBuffer> {
  const sum = new Float64Array(first.length);
  for (let i = 0; i < first.length; i++) {
    if (first[i] === 0) continue;
    for (let j = 0; i + j < sum.length; j++) sum[i + j] += first[i] * second[j];
  }
  return sum;
}

/** P(sum ≥ above) for a sum of mean 0 with these cumulants. */
function nearNormalTail(above: number, sd: number, { skew, kurtosis }: NearNormal): number {
  if (sd === 0) return above <= 0 ? 1 : 0;
  const [low, high] = rising(skew, kurtosis);
  const z = Math.max(low, Math.min(high, above / sd));
  const w =
    z - ((z * z - 1) * skew) / 6 - ((cubed(z) - 3 * z) * kurtosis) / 24 + ((4 * cubed(z) - 7 * z) * skew * skew) / 36;
  return normalTail(w);
}

/** Between which z the expansion rises: beyond, where it turns back, next to nothing is left of the tail. */
function rising(skew: number, kurtosis: number): [low: number, high: number] {
  const a = squared(skew) / 3 - kurtosis / 8;
  const b = -skew / 3;
  const c = 1 + kurtosis / 8 - (7 * squared(skew)) / 36;
  const root = Math.sqrt(b * b - 4 * a * c);
  const turns = [(-b - root) / (2 * a), (-b + root) / (2 * a)].filter(Number.isFinite);
  return [Math.max(-40, ...turns.filter((z) => z < 0)), Math.min(40, ...turns.filter((z) => z > 0))];
}
