/**
 * The engine contract: four operations on row-major fp32 matrices. Every engine gives the same answers:
 *
 * - a score is the fp64 dot product, in index order, of the stored fp32 rows (products of two fp32 are exact in fp64,
 *   so a fused multiply-add gives the same bits);
 * - order is score descending (ascending for `bottom`), then first index, then second index ascending;
 * - the returned set is the true top k under that order, counts are exact under it;
 * - `columnMeans` alone may differ, by at most 1e-6 relative (order of summation), or by what it says where it may
 *   approximate: proved up to 2^32 multiplications, above them checked on a sample, which numbers made for it can
 *   escape (docs/engine.md);
 * - NaN or Inf in an input is `NOT_FINITE`, naming the matrix and row.
 *
 * Memory is O(rows + k), never rows x columns. An engine may screen with anything whose error bound is proved
 * (docs/engine.md), as long as what it keeps is rescored.
 */
export interface Engine {
  readonly name: string;
  /** In words, for `info`: what it runs on and why it was chosen. */
  readonly description: string;
  topRows(x: Matrix, e: Matrix, options: TopRowsOptions): Promise<TopRows>;
  topPairs(a: Matrix, b: Matrix, options: PairOptions): Promise<Pairs>;
  /** Per row of `e` [V, d] the means over rows of `x` [m, d] of relu(x·e) and of |x·e|. */
  columnMeans(x: Matrix, e: Matrix, options?: MeansOptions): Promise<ColumnMeans>;
  /** a [n, d] · bᵀ [m, d] -> [n, m]; each entry an fp64 sum in index order, rounded once to fp32. */
  matmul(a: Matrix, b: Matrix, options?: RunOptions): Promise<Matrix>;
  /** Ends workers and frees memory. A closed engine rejects with `ENGINE_FAILED`. */
  close(): Promise<void>;
}

/** Row-major fp32. `name` is used in error messages. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly name?: string;
}

export interface RunOptions {
  signal?: AbortSignal;
  /** Called now and then with the finished part of the work, 0 to 1, never decreasing. */
  progress?: (done: number) => void;
}

export interface TopRowsOptions extends RunOptions {
  /** Best tokens per row of x. May exceed what there is: then all are returned. 0 returns none. */
  k: number;
  ends?: 'top' | 'bottom' | 'both';
  /** Divides the fp64 score of column j (a row of e): score = dot / divisor[j], one fp64 division. All > 0. */
  divisor?: Float64Array;
  /** One byte per row of e: 0 leaves the token out. */
  mask?: Uint8Array;
  /** In the same pass, per token (unmasked row of e) the best rows of x. */
  columns?: { k: number; ends?: 'top' | 'bottom' | 'both' };
}

/** Ranked lists in one array each: list i is `[i * k, i * k + k)`, all lists having the same length k. */
export interface Ranked {
  k: number;
  index: Uint32Array;
  score: Float64Array;
}

export interface TopRows {
  top?: Ranked;
  bottom?: Ranked;
  /** Lists per token, index = row of x; a masked token's list is filled with index 0xffffffff and score NaN. */
  columnTop?: Ranked;
  columnBottom?: Ranked;
}

export interface PairOptions extends RunOptions {
  /**
   * The best k pairs of the selection. Without k: all of them (give a threshold, or `visit`). 0 with a threshold: count
   * only.
   */
  k?: number;
  /** The selection: above < score < below. */
  above?: number;
  below?: number;
  /** `top` (default): largest first; `bottom`: smallest first. */
  end?: 'top' | 'bottom';
  /** One byte per row: 0 leaves the row out of list and count. */
  maskA?: Uint8Array;
  maskB?: Uint8Array;
  /** Pairs for which it returns true are left out of the list and of `visit`, but are counted. */
  exclude?: (first: number, second: number) => boolean;
  /** At most so many listed pairs with one first (second) index: greedy in the list's order. */
  limitPerFirst?: number;
  limitPerSecond?: number;
  /** Streams every selected, not excluded pair in batches of no particular order, without holding them. */
  visit?: (batch: PairBatch) => void;
}

export interface PairBatch {
  length: number;
  first: Uint32Array;
  second: Uint32Array;
  score: Float64Array;
}

export interface Pairs extends PairBatch {
  /**
   * Exact number of pairs of the selection (thresholds and masks applied, before `exclude`, limits and k); all pairs
   * when there is no threshold.
   */
  count: number;
}

export interface MeansOptions extends RunOptions {
  /** Faster where the engine has 16-bit products and they serve, else as without it; see {@link ColumnMeans.error}. */
  approximate?: boolean;
  /** Also the means of the squares, which say how far a mean over a sample may be from that over all. */
  squares?: boolean;
}

export interface ColumnMeans {
  relu: Float64Array;
  abs: Float64Array;
  /**
   * Only where the means are approximate: no mean, of relu or abs, differs from the fp64 one by more than this part of
   * it (proved from norms of what rounding lost; at most 5e-3, and most means are some 30 times closer). Without it
   * they are as exact as any.
   */
  error?: number;
  /** Where asked for: per row of e the means of relu(x·e)² and of (x·e)², of products rounded to fp32. */
  squares?: { relu: Float64Array; abs: Float64Array };
}
