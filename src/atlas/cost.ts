/** What a unit takes, from headers alone. */
export interface Cost {
  /** Multiplications and additions of the full products, whether an engine prunes them or not. */
  operations: number;
  /** Bytes of the checkpoint that are read, E included. */
  bytesRead: number;
  /** Bytes of Parquet and of intermediate lists. */
  bytesWritten: number;
  /** Peak bytes beside the runtime itself. */
  memory: number;
  seconds: number;
}

/** Operations a second by kind of work. Pairs are mostly pruned, so their rate is of work that is not done. */
export interface Rates {
  means: number;
  rows: number;
  factors: number;
  pairs: number;
}

/** Two cores, the WASM engine (docs/scale.md says how they were measured). */
export const RATES: Rates = { means: 80e9, rows: 100e9, factors: 6e9, pairs: 600e9 };

/** Bytes a row takes: measured on SmolLM2, scores do not compress and what look-ups read is plain (parquet.ts). */
export const LIST_ROW = 12.1;
export const TOKEN_ROW = 16.2;
export const PAIR_ROW = 16.6;
export const ARRAY_ROW = 12;

export const total = (groups: readonly { count: number }[]): number =>
  Math.max(
    1,
    groups.reduce((sum, { count }) => sum + count, 0),
  );

/** Bytes of `count` vectors of these parameters, on average. */
export const share = (parameters: readonly { count: number; bytes: number }[], count: number): number =>
  (parameters.reduce((sum, { bytes }) => sum + bytes, 0) * count) / total(parameters);
