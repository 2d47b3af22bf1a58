import { type ColumnSpec, TABLES, type TableName } from '../schema.ts';
import { ColumnFile } from './columns.ts';
import { damage } from './damaged.ts';
import type { Row } from './database.ts';
import type { Value } from './decoded.ts';
import type { TableFile } from './folder.ts';
import { inParallel } from './parallel.ts';

/** Some columns of a table, equally long. */
export interface Rows {
  length: number;
  columns: Record<string, Value[]>;
}

/**
 * Columns of a table in the order of its files, of the rows where others have these values. Files that their statistics
 * say have none of them are not read. Throws `ATLAS_INVALID`.
 */
export async function rowsOf(
  files: readonly TableFile[],
  table: TableName,
  names: readonly string[],
  where: Readonly<Record<string, Value>> = {},
): Promise<Rows> {
  const asked = Object.keys(where);
  const parts = await inParallel(files, async (found) => {
    const file = new ColumnFile(found);
    for (const name of asked) {
      const [least, most] = ((await file.range(name)) ?? []) as (number | string)[];
      if (least !== undefined && (where[name]! < least || where[name]! > most)) return undefined;
    }
    const read = [...new Set([...names, ...asked])];
    const columns = await Promise.all(
      read.map(async (name) => {
        const values = await file.values(name);
        const type = (TABLES[table] as Record<string, ColumnSpec>)[name] === 'STRING' ? 'string' : 'number';
        if (values.every((value) => value === null || typeof value === type)) return values;
        throw damage(found.path, new Error(`its ${name} is not as weightscope writes it`));
      }),
    );
    const of = new Map(read.map((name, i) => [name, columns[i]]));
    const rows: number[] = [];
    for (let i = 0; i < file.rows; i++) if (asked.every((name) => of.get(name)![i] === where[name])) rows.push(i);
    return { rows, of };
  });
  const there = parts.filter((part) => part !== undefined);
  const columns = names.map((name) => [name, there.flatMap(({ rows, of }) => rows.map((i) => of.get(name)![i]))]);
  const length = there.reduce((sum, { rows }) => sum + rows.length, 0);
  return { length, columns: Object.fromEntries(columns) };
}

/** A row as an object, with null for columns of the table that are not there. */
export const objectOf = ({ columns }: Rows, names: readonly string[], row: number): Row =>
  Object.fromEntries(names.map((name) => [name, columns[name]?.[row] ?? null]));

/** All rows as objects. */
export const objectsOf = (rows: Rows, names: readonly string[]): Row[] =>
  Array.from({ length: rows.length }, (_, row) => objectOf(rows, names, row));

/** All columns of a table but some. */
export const columnsBut = (table: TableName, but: readonly string[]): string[] =>
  Object.keys(TABLES[table]).filter((name) => !but.includes(name));

/**
 * Numbers of the rows that have the values asked for, in the order of some columns, of which those with `true` are
 * descending. As a database orders: nulls last either way, NaN as the largest number, then as they lie in the files.
 */
export function orderOf(
  rows: Rows,
  by: readonly (string | [name: string, descending: boolean])[],
  asked: Readonly<Record<string, Value | undefined>> = {},
): number[] {
  const wanted = Object.entries(asked).filter(([, value]) => value !== undefined);
  const keys = by.map((key) => {
    const [name, descending] = typeof key === 'string' ? [key, false] : key;
    return { values: rows.columns[name], descending };
  });
  const compare = (a: number, b: number): number => {
    for (const { values, descending } of keys) {
      const order = ordered(values[a], values[b], descending);
      if (order !== 0) return order;
    }
    return a - b;
  };
  const chosen = Array.from({ length: rows.length }, (_, row) => row);
  return chosen.filter((row) => wanted.every(([name, value]) => rows.columns[name][row] === value)).sort(compare);
}

function ordered(a: Value, b: Value, descending: boolean): number {
  if (Object.is(a, b) || a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  const [rankA, rankB] = [a, b].map((value) => Number(Number.isNaN(value)));
  const less = rankA !== rankB ? rankA < rankB : a < b;
  return less !== descending ? -1 : 1;
}

/** Numbers of the rows that have the same values in some columns. */
export function partsOf({ length, columns }: Rows, names: readonly string[]): number[][] {
  const parts = new Map<string, number[]>();
  for (let row = 0; row < length; row++) {
    const key = JSON.stringify(names.map((name) => columns[name][row]));
    const part = parts.get(key);
    if (part) part.push(row);
    else parts.set(key, [row]);
  }
  return [...parts.values()];
}
