import { WeightscopeError } from '../errors.ts';

/**
 * The inner kernels an engine provides; blocking, bounds, heaps and thresholds live once, in `search/`. Kernels work
 * on one memory shared by all workers; every argument that names data is a byte offset into it, a multiple of 16, and
 * row-major fp32 matrices have rows of `d` values without padding. Kernels allocate nothing, write only where they are
 * told, and may use any order of fp32 operations (fused or not) within d + 1 roundings a sum.
 */
export interface Kernels {
  /** Squared norms of rows, fp64: `out[i]` is finite exactly when row i is. */
  norms(x: number, rows: number, d: number, out: number): void;

  /**
   * `out[p]` = fp64 dot product in index order of rows `list[2p]` of a and `list[2p + 1]` of b (u32): the score itself.
   */
  dots64(a: number, b: number, d: number, list: number, count: number, out: number): void;

  /** Packs rows of x for `matmul64` in panels of 4 rows, fp64: 32 d bytes a panel. */
  panels64(x: number, rows: number, d: number, out: number): void;
  /**
   * `out[i * stride + j]` = a_i · b_j, an fp64 sum in index order rounded to fp32, for 4 columns a panel; stride % 4 =
   * 0.
   */
  matmul64(a: number, rows: number, b: number, panels: number, d: number, out: number, stride: number): void;

  /** out [d, d] fp64 = sum over every `every`-th row of x of scale² x xᵀ; `row` is scratch of 8 d bytes. */
  gram(x: number, rows: number, every: number, d: number, scale: number, row: number, out: number): void;
  /**
   * Copies rows `index[i]` of x (row length `stride`, a multiple of 4) to `out`, one after the other. `extent` gets two
   * fp64: the largest size of a value in the first `prefix` dimensions, the largest squared norm of what follows them.
   */
  gather32(x: number, stride: number, index: number, rows: number, prefix: number, out: number, extent: number): void;
  /**
   * Packs rows of x (fp32, row length `stride`) in steps of `step` for `screen8`: `prefix` dimensions rounded to whole
   * steps and three that bound the rest, 2 * pairs bytes a row (docs/engine.md has the layout's meaning; the bytes are
   * the kernels' own affair). `error` bounds each row's distance from the true one. `first` is 1 for a (also writes i16
   * offsets), 0 for b (whole groups of 8 rows, or 16). Returns the largest squared norm of a packed row, or 2^31 - 1
   * when a value does not fit: then the step is too small.
   */
  pack8(
    x: number,
    stride: number,
    rows: number,
    d: number,
    prefix: number,
    step: number,
    error: number,
    first: number,
    pairs: number,
    out: number,
    offset: number,
  ): number;
  /** Expands packed rows of a to what `screen8` reads: 16 * pairs bytes a row. */
  broadcast8(a: number, rows: number, pairs: number, out: number): void;
  /**
   * Lists `i << 16 | j` (u32) where the packed product of row i of a (a multiple of 4 rows) and row j of b (8 * groups
   * rows, groups even) is >= `least` (-32767 .. 32767); returns the end of the list.
   */
  screen8(
    a: number,
    rows: number,
    offset: number,
    b: number,
    groups: number,
    pairs: number,
    least: number,
    out: number,
  ): number;
  /**
   * Of a list of `i << 16 | j` keeps the pairs with i < rowsA, j < rowsB for which the fp32 dot product of row i of a
   * and row j of b is >= `least`, as (indexA[i], indexB[j]) (u32, u32); returns how many. Rows are padded with zeros to
   * `stride` (a multiple of 4).
   */
  dots32(
    a: number,
    indexA: number,
    b: number,
    indexB: number,
    rowsA: number,
    rowsB: number,
    stride: number,
    list: number,
    end: number,
    least: number,
    out: number,
  ): number;

  /**
   * Rounds rows `index[i]` (u32) of x to 8 bits for `screenRows`. `frame` holds d fp64 factors, then a unit vector u of
   * d fp64 (or zeros). With v the row whose dimension t is multiplied by factor t, and part = v·u, the row v - part u
   * is rounded to whole steps of its own. It takes d bytes, rounded up to 8; rows of b (`first` = 0) come in whole
   * groups of 16. `rounded` gets ROUNDED8_NUMBERS fp64 a row (records.ts), norms within 1e-9 of the true ones.
   */
  quantise(
    x: number,
    index: number,
    rows: number,
    d: number,
    frame: number,
    first: number,
    out: number,
    rounded: number,
  ): void;
  /**
   * Lists, as `i << 16 | j` (u32), the pairs of rounded rows whose product may reach a limit, and returns how many.
   * With s the product of the rounded rows i of a and j of b, in steps of both (i32), and all else in fp32, these are
   * the pairs with
   *   v + bound >= row.top * column.steps  or  v - bound <= row.bottom * column.steps,
   *   v = s + row.part * column.part,  bound = row.error * column.length + row.norm * column.error.
   * `limits` has ROW_NUMBERS fp32 for each row of a, `columns` COLUMN_LISTS lists of fp32 for the rows of b, `stride`
   * numbers apart (records.ts). All 16 rows of the last of `groups` groups are looked at, also those that do not exist,
   * so `out` must hold rows * groups * 16 entries. d > 0.
   */
  screenRows(
    a: number,
    limits: number,
    rows: number,
    b: number,
    columns: number,
    groups: number,
    stride: number,
    d: number,
    out: number,
  ): number;
  /**
   * Rounds rows `index[i]` (u32) of x to whole steps of their own, 16 bits a number, for `dots16`, such that no sum of
   * products of two rows leaves 31 bits. A row takes d numbers, rounded up to 32. `rounded` gets ROUNDED16_NUMBERS fp64
   * a row (records.ts), within 1e-9 and multiplied by `factor[i]` (fp64).
   */
  quantise16(x: number, index: number, factor: number, rows: number, d: number, out: number, rounded: number): void;
  /**
   * Of a list of `i << 16 | j` keeps, in place, the pairs with i < rowsA, j < rowsB where v = stepA[i] * stepB[j] *
   * (a_i · b_j), rounded once to fp32, is >= top[i] or -v >= bottom[i] (fp32); `out` gets their v. Returns how many.
   */
  dots16(
    a: number,
    roundedA: number,
    rowsA: number,
    b: number,
    roundedB: number,
    rowsB: number,
    d: number,
    list: number,
    count: number,
    top: number,
    bottom: number,
    out: number,
  ): number;
  /**
   * Cuts a list of `count` fp32 values and their u32 indices (offsets are multiples of 4) by its rank-th largest value
   * t, 1 <= rank <= count. Where that raises it, `least` becomes t - error and `needed` becomes least - error, both
   * rounded down to fp32. Then only entries with value >= needed are kept, in their order; returns how many. `error` is
   * fp32 and not negative.
   */
  cut(value: number, index: number, count: number, rank: number, error: number, least: number, needed: number): number;
  /**
   * `out[p]` (fp32) = fp32 dot product of rows indexA[i] of a and indexB[j] of b for each `i << 16 | j` (u32) of a
   * list.
   */
  listedDots32(
    a: number,
    indexA: number,
    rowsA: number,
    b: number,
    indexB: number,
    rowsB: number,
    d: number,
    list: number,
    count: number,
    out: number,
  ): void;

  /**
   * Packs rows `index[i]` (u32) of x, times `factor[i]` (fp64) and rounded once to fp32, in panels of 8 rows:
   * 32 d bytes a panel; missing rows of the last panel are zeros.
   */
  panels32(x: number, d: number, index: number, factor: number, rows: number, out: number): void;
  /** fp32 products of all rows of both packed operands into a tile [8 panelsA, stride], stride >= 8 panelsB. */
  product32(a: number, panelsA: number, b: number, panelsB: number, d: number, out: number, stride: number): void;
  /**
   * Lists the entries with low[i] <= value <= high[i] (fp32 per row) of a tile as u32 `row << 16 | column`, in row
   * order, and returns how many. `columns` % 4 = 0; `out` holds rows * columns entries.
   */
  scan(tile: number, rows: number, columns: number, stride: number, low: number, high: number, out: number): number;
  /**
   * Lists the entries of a tile with value >= top[i] or -value >= bottom[i] or value >= columnTop[j] or -value >=
   * columnBottom[j] (fp32) as `scan` does; columns % 4 = 0.
   */
  siftTile(
    tile: number,
    rows: number,
    columns: number,
    stride: number,
    top: number,
    bottom: number,
    columnTop: number,
    columnBottom: number,
    out: number,
  ): number;
  /** Adds per column of a tile (rows % 8 = 0, columns % 4 = 0) the sums of max(value, 0) and |value| to fp64 sums. */
  columnSums(tile: number, rows: number, columns: number, stride: number, relu: number, abs: number): void;

  /**
   * For the approximate means; left out by kernels that gain nothing by it. Rounds rows of x to whole steps of their
   * own, 16 bits a number, such that no sum of products of a row of a (`first` = 1) and one of b (0) leaves 31 bits.
   * Rows lie in panels of 16, of 64 * ceil(d / 2) bytes each; missing rows are zeros. `scale` gets the step of each
   * row, fp64, 0 for rows that are zero or missing.
   */
  pack16?(x: number, rows: number, d: number, first: number, out: number, scale: number): void;
  /**
   * Adds to fp64 sums (16 panelsB each), per row j of b, the sums over rows i of a of max(v, 0) and |v|, where v =
   * scale[i] (a_i · b_j) and a_i · b_j is a product of whole numbers.
   */
  means16?(
    a: number,
    scale: number,
    panelsA: number,
    b: number,
    panelsB: number,
    d: number,
    relu: number,
    abs: number,
  ): void;
}

/** Kernels that every engine has; the others are for the approximate means. */
type Needed = Exclude<keyof Kernels, 'pack16' | 'means16'>;

/**
 * How many arguments each kernel takes. The type holds the numbers to the signatures above, `checkKernels` what is
 * loaded to the numbers.
 */
const ARGUMENTS: { [K in Needed]: Parameters<Kernels[K]>['length'] } = {
  norms: 4,
  dots64: 6,
  panels64: 4,
  matmul64: 7,
  gram: 7,
  gather32: 7,
  pack8: 11,
  broadcast8: 4,
  screen8: 8,
  dots32: 11,
  quantise: 8,
  screenRows: 9,
  quantise16: 7,
  dots16: 12,
  cut: 7,
  listedDots32: 10,
  panels32: 6,
  product32: 7,
  scan: 7,
  siftTile: 9,
  columnSums: 6,
};

/**
 * Takes what a module or an addon exports for kernels. Throws `ENGINE_FAILED` naming the first one that is missing or,
 * where functions know how many arguments they take (WebAssembly's do), takes others: then the kernels were built from
 * other sources.
 */
export const checkKernels = <K extends object>(found: K, counted: boolean, build: string): K & Kernels => {
  for (const [name, count] of Object.entries(ARGUMENTS)) {
    const kernel = (found as Record<string, unknown>)[name];
    if (typeof kernel === 'function' && (!counted || kernel.length === count)) continue;
    const what = typeof kernel === 'function' ? `one with ${kernel.length}` : 'none';
    throw new WeightscopeError(
      'ENGINE_FAILED',
      `Expected a kernel \`${name}\` with ${count} arguments, found ${what}; build the kernels again: \`${build}\`.`,
    );
  }
  return found as K & Kernels;
};

/** Kernels loaded over a memory. */
export interface KernelMemory {
  buffer: ArrayBufferLike;
  kernels: Kernels;
}
