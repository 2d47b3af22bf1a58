import type { Values } from '../parquet.ts';

/** Rows of a table as they are made, turned into columns at the end. */
export type Rows = Record<string, string | number | null>[];

/** The columns of rows that have all the same names; at least one row. */
export const columnsOf = (rows: Rows): Record<string, Values> =>
  Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]));
