import { WeightscopeError } from '../../errors.ts';
import { checkFinite, checkShapes, checkTopPairs, checkTopRows } from '../check.ts';
import type {
  ColumnMeans,
  Engine,
  Matrix,
  MeansOptions,
  PairBatch,
  PairOptions,
  Pairs,
  Ranked,
  RunOptions,
  TopRows,
  TopRowsOptions,
} from '../engine.ts';
import { pacer } from '../pause.ts';

/**
 * The oracle: the contract read aloud, one dot product after the other. Slow, and shares no code with the fast search.
 */
export const referenceEngine = (): Engine => {
  let closed = false;
  const open = (): void => {
    if (closed) throw new WeightscopeError('ENGINE_FAILED', 'The reference engine was closed; open a new one.');
  };
  return {
    name: 'reference',
    description: 'plain TypeScript, one thread: the oracle, slow',
    topRows: async (x, e, options) => {
      open();
      return topRows(x, e, options);
    },
    topPairs: async (a, b, options) => {
      open();
      return topPairs(a, b, options);
    },
    columnMeans: async (x, e, options) => {
      open();
      return columnMeans(x, e, options);
    },
    matmul: async (a, b, options) => {
      open();
      return matmul(a, b, options);
    },
    close: async () => {
      closed = true;
    },
  };
};

/** The score: the fp64 dot product of row i of a and row j of b, in index order. */
const dot = (a: Matrix, i: number, b: Matrix, j: number): number => {
  const d = a.columns;
  let sum = 0;
  for (let t = 0, p = i * d, q = j * d; t < d; t++, p++, q++) sum += a.data[p] * b.data[q];
  return sum;
};

const checkInputs = (a: Matrix, b: Matrix): void => {
  checkFinite(a, 'first');
  checkFinite(b, 'second');
};

interface Item {
  first: number;
  second: number;
  score: number;
}

/** The order of the contract: by score (descending for `top`), then first, then second index ascending. */
const inOrder =
  (end: 'top' | 'bottom') =>
  (p: Item, q: Item): number =>
    (end === 'top' ? q.score - p.score : p.score - q.score) || p.first - q.first || p.second - q.second;

// Two infinite scores of one sign differ by NaN, which is falsy: they tie, as they should.

/** The best k of what is added; sorts and cuts now and then, so that it never holds more than 2k + 1024 items. */
class Best {
  items: Item[] = [];
  readonly k: number;
  readonly compare: (p: Item, q: Item) => number;

  constructor(k: number, end: 'top' | 'bottom') {
    this.k = k;
    this.compare = inOrder(end);
  }

  add(item: Item): void {
    this.items.push(item);
    if (this.items.length > 2 * this.k + 1024) this.cut();
  }

  cut(): Item[] {
    this.items.sort(this.compare);
    if (this.items.length > this.k) this.items.length = this.k;
    return this.items;
  }
}

const wants = (ends: 'top' | 'bottom' | 'both' | undefined, end: 'top' | 'bottom'): boolean =>
  (ends ?? 'top') === end || ends === 'both';

/** Ranked lists of length k from one `Best` per list; `null` (a masked token) becomes a filled list. */
const ranked = (lists: (Best | null)[], k: number, indexOf: (item: Item) => number): Ranked => {
  const index = new Uint32Array(lists.length * k).fill(0xffffffff);
  const score = new Float64Array(lists.length * k).fill(Number.NaN);
  for (const [i, list] of lists.entries()) {
    for (const [rank, item] of (list?.cut() ?? []).entries()) {
      index[i * k + rank] = indexOf(item);
      score[i * k + rank] = item.score;
    }
  }
  return { k, index, score };
};

const topRows = async (x: Matrix, e: Matrix, options: TopRowsOptions): Promise<TopRows> => {
  checkTopRows(x, e, options);
  checkInputs(x, e);
  const { divisor, mask, ends, columns } = options;
  const pace = pacer(options);
  const allowed = [...Array(e.rows).keys()].filter((j) => !mask || mask[j]);
  const k = Math.min(options.k, allowed.length);
  const columnK = Math.min(columns?.k ?? 0, x.rows);

  const perRow = (end: 'top' | 'bottom') =>
    wants(ends, end) ? Array.from({ length: x.rows }, () => new Best(k, end)) : undefined;
  const perToken = (end: 'top' | 'bottom') =>
    columns && wants(columns.ends, end)
      ? Array.from({ length: e.rows }, (_, j) => (!mask || mask[j] ? new Best(columnK, end) : null))
      : undefined;
  const [rowTop, rowBottom] = [perRow('top'), perRow('bottom')];
  const [tokenTop, tokenBottom] = [perToken('top'), perToken('bottom')];

  for (let i = 0; i < x.rows; i++) {
    for (const j of allowed) {
      const score = divisor ? dot(x, i, e, j) / divisor[j] : dot(x, i, e, j);
      const item = { first: i, second: j, score };
      rowTop?.[i].add(item);
      rowBottom?.[i].add(item);
      tokenTop?.[j]?.add(item);
      tokenBottom?.[j]?.add(item);
    }
    await pace((i + 1) / x.rows);
  }
  const token = (item: Item) => item.second;
  const row = (item: Item) => item.first;
  return {
    ...(rowTop && { top: ranked(rowTop, k, token) }),
    ...(rowBottom && { bottom: ranked(rowBottom, k, token) }),
    ...(tokenTop && { columnTop: ranked(tokenTop, columnK, row) }),
    ...(tokenBottom && { columnBottom: ranked(tokenBottom, columnK, row) }),
  };
};

const batchOf = (items: Item[]): PairBatch => ({
  length: items.length,
  first: Uint32Array.from(items, (item) => item.first),
  second: Uint32Array.from(items, (item) => item.second),
  score: Float64Array.from(items, (item) => item.score),
});

/** Greedy in list order: takes a pair unless its first or its second index is already listed often enough. */
const limited = (items: Item[], limitFirst: number, limitSecond: number): Item[] => {
  const firsts = new Map<number, number>();
  const seconds = new Map<number, number>();
  return items.filter(({ first, second }) => {
    const [f, s] = [firsts.get(first) ?? 0, seconds.get(second) ?? 0];
    if (f >= limitFirst || s >= limitSecond) return false;
    firsts.set(first, f + 1);
    seconds.set(second, s + 1);
    return true;
  });
};

const topPairs = async (a: Matrix, b: Matrix, options: PairOptions): Promise<Pairs> => {
  checkTopPairs(a, b, options);
  checkInputs(a, b);
  const { maskA, maskB, exclude, visit, limitPerFirst, limitPerSecond } = options;
  const above = options.above ?? Number.NEGATIVE_INFINITY;
  const below = options.below ?? Number.POSITIVE_INFINITY;
  const pace = pacer(options);
  // Nothing is held for `visit` alone; limits may reach past any k, so under them the whole selection is held.
  const k = options.k ?? (visit ? 0 : Number.POSITIVE_INFINITY);
  const hasLimits = limitPerFirst !== undefined || limitPerSecond !== undefined;
  const best = new Best(hasLimits && k > 0 ? Number.POSITIVE_INFINITY : k, options.end ?? 'top');

  let count = 0;
  for (let i = 0; i < a.rows; i++) {
    if (!maskA || maskA[i]) {
      const seen: Item[] = [];
      for (let j = 0; j < b.rows; j++) {
        if (maskB && !maskB[j]) continue;
        const score = dot(a, i, b, j);
        if (!(above < score && score < below)) continue;
        count++;
        if (exclude?.(i, j)) continue;
        const item = { first: i, second: j, score };
        if (visit) seen.push(item);
        if (k > 0) best.add(item);
      }
      if (seen.length > 0) visit?.(batchOf(seen));
    }
    await pace((i + 1) / a.rows);
  }
  const listed = limited(
    best.cut(),
    limitPerFirst ?? Number.POSITIVE_INFINITY,
    limitPerSecond ?? Number.POSITIVE_INFINITY,
  );
  return { ...batchOf(listed.slice(0, k)), count };
};

const columnMeans = async (x: Matrix, e: Matrix, options: MeansOptions = {}): Promise<ColumnMeans> => {
  checkShapes(x, e);
  checkInputs(x, e);
  const pace = pacer(options);
  const relu = new Float64Array(e.rows);
  const abs = new Float64Array(e.rows);
  const squares = { relu: new Float64Array(e.rows), abs: new Float64Array(e.rows) };
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < e.rows; j++) {
      const y = dot(x, i, e, j);
      relu[j] += Math.max(y, 0);
      abs[j] += Math.abs(y);
      squares.relu[j] += Math.max(y, 0) ** 2;
      squares.abs[j] += y * y;
    }
    await pace((i + 1) / x.rows);
  }
  const mean = (sum: number) => (x.rows === 0 ? 0 : sum / x.rows);
  const means = { relu: relu.map(mean), abs: abs.map(mean) };
  if (!options.squares) return means;
  return { ...means, squares: { relu: squares.relu.map(mean), abs: squares.abs.map(mean) } };
};

const matmul = async (a: Matrix, b: Matrix, options: RunOptions = {}): Promise<Matrix> => {
  checkShapes(a, b);
  checkInputs(a, b);
  const pace = pacer(options);
  const data = new Float32Array(a.rows * b.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) data[i * b.rows + j] = dot(a, i, b, j);
    await pace((i + 1) / a.rows);
  }
  return { data, rows: a.rows, columns: b.rows };
};
