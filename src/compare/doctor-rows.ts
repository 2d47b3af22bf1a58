import type { Model, Parameter } from '../model/types.ts';
import { seeded } from '../reading/random.ts';
import { principalRow } from './principal-row.ts';
import { printOf } from './print.ts';

/** `fault`: the numbers cannot be right; `risk`: they may be, and often are not; `note`: worth knowing. */
export type Level = 'fault' | 'risk' | 'note';

/** What the indicators of a table of tokens are, and where they are too far off to be chance. */
export interface RowsHealth {
  readonly table: 'embed' | 'unembed';
  readonly rows: number;
  /** Lengths of the rows: their median, and below and above which a row is told apart. */
  readonly length: { readonly median: number; readonly low: number; readonly high: number };
  /** Cosines with the mean of rows known to be unused; undefined where none is known. */
  readonly unused?: { readonly known: number; readonly median: number; readonly high: number };
  readonly outlierDimensions: readonly number[];
}

interface RowFinding {
  check: string;
  level: Level;
  ids: readonly number[];
  what: (count: number) => string;
}

/** Rows closer than this, relative to their length, are nearly equal. */
const NEAR = 1e-3;
/** A dimension is an outlier beyond so many times the median of all. */
const OUTLIER = 6;

/**
 * Looks at every row of a table. A token that was never trained keeps a short row where embeddings are untied, and a
 * row like those of other unused tokens where they are tied (Land and Bartolo 2024, arXiv 2405.05417, section 3: the
 * length of the input embedding; the cosine of the output embedding, its first principal component taken out, with the
 * mean of known unused ones). A row is told apart where the indicator lies further out than chance lets any row of the
 * model lie: see {@link farOut}, in robust deviations (median, 1.4826 MAD), lengths to the power 2/3, which makes those
 * of random rows normal (Wilson and Hilferty 1931). `tables`: how many tables of tokens the model has.
 */
export async function checkRows(
  model: Model,
  table: 'embed' | 'unembed',
  parameter: Parameter,
  { tables, signal }: { tables: number; signal?: AbortSignal },
): Promise<{ health: RowsHealth; found: RowFinding[] }> {
  const { count, width } = parameter;
  const data = await parameter.read(0, count, signal, { finite: false });
  const row = (id: number): Float32Array => data.subarray(id * width, (id + 1) * width);
  const lengths = Float64Array.from({ length: count }, (_, id) => lengthOf(row(id)));
  const usable = Uint8Array.from(lengths, (length) => (Number.isFinite(length) ? 1 : 0));
  const ids = [...usable.keys()];
  const padding = model.vocabulary ? ids.filter((id) => model.vocabulary!.isPadding(id)) : [];
  const without = new Set(padding);
  const kept = ids.filter((id) => usable[id] && lengths[id] > 0);
  const z = farOut(count * tables, kept.length);
  const shape = kept.map((id) => lengths[id] ** (2 / 3));
  const [middle, deviation] = robust(shape);
  const [low, high] = [middle - z * deviation, middle + z * deviation];
  const short = kept.filter((id) => lengths[id] ** (2 / 3) < low && !without.has(id));
  const huge = kept.filter((id) => lengths[id] ** (2 / 3) > high);
  const constant = kept.filter((id) => width > 1 && row(id).every((x) => x === row(id)[0]));
  const zero = ids.filter((id) => lengths[id] === 0 && !without.has(id));
  const { equal, near } = alike(
    kept.filter((id) => !without.has(id)),
    row,
    lengths,
    width,
  );
  const unused = await unusedLike(model, kept, padding, row, width, z);
  const found: RowFinding[] = [
    {
      check: 'rows without a token',
      level: 'note',
      ids: padding,
      what: (n) => `${some(n, 'row')} of ${table} ${have(n)} no token.`,
    },
    {
      check: 'rows not finite',
      level: 'fault',
      ids: ids.filter((id) => !usable[id]),
      what: (n) =>
        n === 1
          ? `1 row of ${table} holds NaN or infinities: its token cannot be read.`
          : `${n} rows of ${table} hold NaN or infinities: their tokens cannot be read.`,
    },
    {
      check: 'zero rows',
      level: 'risk',
      ids: zero,
      what: (n) => `${some(n, 'token')} ${have(n)} a row of zeros in ${table}.`,
    },
    {
      check: 'constant rows',
      level: 'risk',
      ids: constant,
      what: (n) => `${some(n, 'row')} of ${table} ${are(n)} one number throughout.`,
    },
    {
      check: 'huge rows',
      level: 'note',
      ids: huge,
      what: (n) => `${some(n, 'row')} of ${table} ${are(n)} longer than chance lets any be.`,
    },
    {
      check: 'never trained',
      level: 'risk',
      ids: short,
      what: (n) =>
        `${some(n, 'token')} ${have(n)} ${n === 1 ? 'a row' : 'rows'} of ${table} shorter than chance lets any be: ${n === 1 ? 'it' : 'they'} may never have been trained.`,
    },
    {
      check: 'never trained',
      level: 'risk',
      ids: unused.like,
      what: (n) =>
        `${some(n, 'token')} ${have(n)} ${n === 1 ? 'a row' : 'rows'} of ${table} like those of tokens known to be unused: ${n === 1 ? 'it' : 'they'} may never have been trained.`,
    },
    {
      check: 'equal rows',
      level: 'risk',
      ids: equal,
      what: (n) => `${some(n, 'token')} ${have(n)} the row of another in ${table}, to the bit.`,
    },
    {
      check: 'nearly equal rows',
      level: 'risk',
      ids: near,
      what: (n) => `${some(n, 'token')} ${have(n)} a row of ${table} within ${100 * NEAR} % of another’s.`,
    },
  ];
  const health: RowsHealth = {
    table,
    rows: count,
    length: { median: middle ** 1.5, low: Math.max(0, low) ** 1.5, high: high ** 1.5 },
    ...(unused.health && { unused: unused.health }),
    outlierDimensions: outliers(kept, row, width),
  };
  return { health, found };
}

const some = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;
const have = (n: number): string => (n === 1 ? 'has' : 'have');
const are = (n: number): string => (n === 1 ? 'is' : 'are');

function lengthOf(row: Float32Array): number {
  let sum = 0;
  for (const x of row) sum += x * x;
  return Math.sqrt(sum);
}

/** Median and robust standard deviation. */
function robust(values: readonly number[]): [number, number] {
  const middle = median(values);
  return [middle, 1.4826 * median(values.map((x) => Math.abs(x - middle)))];
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** What is asked of each row: is it too short, too long, too much like unused ones? */
const QUESTIONS = 3;
/** The standard error of a normal spread told from n values by the median of their deviations: 1.166 / sqrt(n). */
const SPREAD_ERROR = 1.166;

/**
 * How many robust deviations chance does not reach: z with P(N > z) = 0.01 over all rows of all tables and all that is
 * asked of them, 5.5 at least, taken larger by what the spread may have come out too small by in one table of a hundred
 * (2.33 standard errors). Without that a few hundred rows, whose spread is known to 5 %, name one that is ordinary.
 */
function farOut(rows: number, measured: number): number {
  const p = 0.01 / (QUESTIONS * Math.max(1, rows));
  let z = Math.sqrt(-2 * Math.log(p));
  // From the tail's leading terms.
  for (let i = 0; i < 20; i++) z = Math.sqrt(-2 * Math.log(p * z * Math.sqrt(2 * Math.PI)));
  return Math.max(5.5, z) * (1 + (2.33 * SPREAD_ERROR) / Math.sqrt(Math.max(1, measured)));
}

/** Rows that are another's: by their print, and where a projection on two seeded directions brings them close. */
function alike(ids: readonly number[], row: (id: number) => Float32Array, lengths: Float64Array, width: number) {
  const prints = new Map<string, number[]>();
  for (const id of ids) {
    const key = printOf(row(id));
    prints.set(key, [...(prints.get(key) ?? []), id]);
  }
  const groups = [...prints.values()];
  const equal = groups.flatMap((group) => (group.length > 1 ? group : [])).sort((a, b) => a - b);
  const single = groups.map(([id]) => id);
  const uniform = seeded(1);
  const directions = [0, 1].map(() => {
    const x = Float64Array.from({ length: width }, () => uniform() - 0.5);
    const length = Math.hypot(...x);
    return x.map((value) => value / length);
  });
  const projected = directions.map((direction) =>
    Float64Array.from(single, (id) => {
      let sum = 0;
      const own = row(id);
      for (let j = 0; j < width; j++) sum += direction[j] * own[j];
      return sum;
    }),
  );
  const order = [...single.keys()].sort((a, b) => projected[0][a] - projected[0][b]);
  const near = new Set<number>();
  for (let i = 0; i < order.length; i++)
    for (let j = i + 1; j < order.length; j++) {
      const [a, b] = [order[i], order[j]];
      // No projection of a difference is longer than it, and a row that is near is at most so much longer than this.
      if (projected[0][b] - projected[0][a] > (NEAR * lengths[single[a]]) / (1 - NEAR)) break;
      const most = NEAR * Math.max(lengths[single[a]], lengths[single[b]]);
      if (Math.abs(projected[1][b] - projected[1][a]) > most) continue;
      if (Math.abs(lengths[single[a]] - lengths[single[b]]) > most) continue;
      const [x, y] = [row(single[a]), row(single[b])];
      let square = 0;
      for (let n = 0; n < width && square <= most * most; n++) square += (x[n] - y[n]) ** 2;
      if (square <= most * most) near.add(single[a]).add(single[b]);
    }
  return { equal, near: [...near].sort((a, b) => a - b) };
}

/** Tokens that no text gives: kept free by name, and rows without a token. */
const UNUSED = /^[<[|]*(unused|reserved|extra_id|dummy|empty)[\w|_ -]*[\]>|]*$/i;
/** Known ones that are few say little. */
const LEAST_KNOWN = 4;

async function unusedLike(
  model: Model,
  kept: readonly number[],
  padding: readonly number[],
  row: (id: number) => Float32Array,
  width: number,
  z: number,
): Promise<{ like: number[]; health?: RowsHealth['unused'] }> {
  const { vocabulary } = model;
  if (!vocabulary) return { like: [] };
  const usable = new Set(kept);
  const named = kept.filter((id) => !vocabulary.isPadding(id) && UNUSED.test(vocabulary.text(id).trim()));
  const known = new Set([...padding.filter((id) => usable.has(id)), ...named]);
  if (known.size < LEAST_KNOWN) return { like: [] };
  const first = principalRow(kept, row, width);
  const mean = new Float64Array(width);
  const without = (id: number): Float64Array => {
    const own = Float64Array.from(row(id));
    let along = 0;
    for (let j = 0; j < width; j++) along += own[j] * first[j];
    for (let j = 0; j < width; j++) own[j] -= along * first[j];
    return own;
  };
  for (const id of known) {
    const own = without(id);
    for (let j = 0; j < width; j++) mean[j] += own[j] / known.size;
  }
  const cosine = (id: number): number => {
    const own = without(id);
    let [dot, square, other] = [0, 0, 0];
    for (let j = 0; j < width; j++) {
      dot += own[j] * mean[j];
      square += own[j] * own[j];
      other += mean[j] * mean[j];
    }
    return square === 0 || other === 0 ? 0 : dot / Math.sqrt(square * other);
  };
  const cosines = new Map(kept.map((id) => [id, cosine(id)]));
  const others = kept.filter((id) => !known.has(id));
  const [middle, deviation] = robust(others.map((id) => cosines.get(id)!));
  const high = Math.max(middle + z * deviation, 0.5);
  return {
    like: others.filter((id) => cosines.get(id)! > high),
    health: { known: known.size, median: middle, high },
  };
}

/** Dimensions whose root mean square over all rows is far beyond the others'. */
function outliers(ids: readonly number[], row: (id: number) => Float32Array, width: number): number[] {
  const squares = new Float64Array(width);
  for (const id of ids) {
    const own = row(id);
    for (let j = 0; j < width; j++) squares[j] += own[j] * own[j];
  }
  const sizes = [...squares].map((sum) => Math.sqrt(sum / Math.max(1, ids.length)));
  const middle = median(sizes);
  return [...sizes.keys()].filter((j) => sizes[j] > OUTLIER * middle).sort((a, b) => sizes[b] - sizes[a]);
}
