/**
 * The inner kernels an engine provides; blocking, bounds, heaps and thresholds live once, in `search/`. Kernels work
 * on one memory shared by all workers; every argument that names data is a byte offset into it, a multiple of 16, and
 * row-major fp32 matrices have rows of `d` values without padding. Kernels allocate nothing, write only where they are
 * told, and may use any order of fp32 operations (fused or not) within d + 1 roundings a sum.
 */
export interface Kernels {
  /** Squared norms of rows, fp64: `out[i]` is finite exactly when row i is. */
  norms(x: number, rows: number, d: number, out: number): void;

  /** `out[p]` = fp64 dot product in index order of rows `list[2p]` of a and `list[2p + 1]` of b (u32): the score itself. */
  dots64(a: number, b: number, d: number, list: number, count: number, out: number): void;

  /** Packs rows of x for `matmul64` in panels of 4 rows, fp64: 32 d bytes a panel. */
  panels64(x: number, rows: number, d: number, out: number): void;
  /** `out[i * stride + j]` = a_i · b_j, an fp64 sum in index order rounded to fp32, for 4 columns a panel; stride % 4 = 0. */
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
   * offsets), 0 for b (whole groups of 8 rows, or 16). Returns the largest squared norm of a packed row, or 2^31 - 1 when
   * a value does not fit: then the step is too small.
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
   * Rounds rows `index[i]` (u32) of x for `screenRows`. `frame`: d fp64 factors, then d fp64 of a unit vector u (or zeros). With v the row, dimension
   * t times factor t, and `along` = v·u, v - along u is rounded to whole steps of its own: d bytes a row, rounded up to 8, and for b
   * (`first` = 0) whole groups of 16 rows. `about` gets six fp64 a row: the step; in steps (1e-9 relative) the norm of v, the norm of the rounded
   * row, the norm of what rounding lost, and `along`; and where sums with a row of a start (i32).
   */
  quantise(
    x: number,
    index: number,
    rows: number,
    d: number,
    frame: number,
    first: number,
    out: number,
    about: number,
  ): void;
  /**
   * With s the product of the rounded rows i of a and j of b, in steps of both (i32), lists `i << 16 | j` (u32) where
   *   v + bound >= row.top * column.steps  or  v - bound <= row.bottom * column.steps,
   *   v = s + row.along * column.along, bound = row.error * column.size + row.norm * column.error,
   * all in fp32, and returns how many. `limits`: eight fp32 a row: error, norm, steps, top, bottom, start (i32), along, and one unused.
   * `columns`: size, error, steps, along; fp32 lists `stride` apart. Lists groups * 16 columns, rows that do not exist included; `out` holds
   * rows * groups * 16 entries. d > 0.
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
   * Rounds rows `index[i]` (u32) of x to whole steps of their own, 16 bits a number, for `dots16`: d numbers a row, rounded up to
   * 32, such that no sum of products of two rows leaves 31 bits. `about` gets two fp64 a row, times `factor[i]` (fp64): the step,
   * and the norm of what rounding lost (1e-9 relative).
   */
  quantise16(x: number, index: number, factor: number, rows: number, d: number, out: number, about: number): void;
  /**
   * Of a list of `i << 16 | j` keeps, in place, the pairs with i < rowsA, j < rowsB where v = stepA[i] * stepB[j] * (a_i · b_j),
   * rounded once to fp32, is >= top[i] or -v >= bottom[i] (fp32); `out` gets their v. Returns how many.
   */
  dots16(
    a: number,
    aboutA: number,
    rowsA: number,
    b: number,
    aboutB: number,
    rowsB: number,
    d: number,
    list: number,
    count: number,
    top: number,
    bottom: number,
    out: number,
  ): number;
  /**
   * Cuts a list of `count` fp32 values and their u32 indices (offsets are multiples of 4) by its rank-th largest value t, 1 <= rank <= count:
   * `least` becomes an fp32 that is at most t - error, and `needed` one that is at most least - error (one fp32 each), where that raises
   * `least`; then only entries with value >= needed are kept, in order. Returns how many. `error`: fp32, not negative.
   */
  cut(value: number, index: number, count: number, rank: number, error: number, least: number, needed: number): number;
  /** `out[p]` (fp32) = fp32 dot product of rows indexA[i] of a and indexB[j] of b for each `i << 16 | j` (u32) of a list. */
  near(
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
   * Lists the entries of a tile with value >= top[i] or -value >= bottom[i] or value >= columnTop[j] or -value >= columnBottom[j]
   * (fp32) as `scan` does; columns % 4 = 0.
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
   * For the approximate means; left out by kernels that gain nothing by it. Rounds rows of x to whole steps of their own,
   * 16 bits a number, such that no sum of products of a row of a (`first` = 1) and one of b (0) leaves 31 bits: panels of 16 rows, 64 * ceil(d / 2) bytes
   * each, missing rows zeros. `scale` gets the step of each row, fp64, 0 for rows that are zero or missing.
   */
  pack16?(x: number, rows: number, d: number, first: number, out: number, scale: number): void;
  /**
   * Adds per row j of b, with v = scale[i] (a_i · b_j) in whole numbers, the sums over rows of a of max(v, 0) and |v| to fp64
   * sums (16 panelsB each).
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

/** Kernels loaded over a memory. */
export interface KernelMemory {
  buffer: ArrayBufferLike;
  kernels: Kernels;
}
