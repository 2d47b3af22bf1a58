import { WeightscopeError } from '../../errors.ts';

export interface DatabaseOptions {
  /** Default 2. */
  threads?: number;
  /** DuckDB's own memory, in MB; default 512. Its process may take 448 MB more, and no more than that. */
  memory?: number;
}

export type Row = Record<string, unknown>;

/** Rows of a stream: names first, then any number of batches. */
export interface RowVisitor {
  names(names: readonly string[]): void;
  rows(rows: readonly unknown[][]): void | Promise<void>;
}

interface Asked {
  /** Throws `QUERY_INVALID` unless this is one statement that only reads. */
  select?: string;
  signal?: AbortSignal;
}

/** Answers SQL over the tables of an atlas. */
export interface Database {
  /** All rows as plain objects: 64-bit integers as numbers where they are safe, else as text. */
  rows(sql: string, values?: readonly (string | number)[], asked?: Asked): Promise<Row[]>;
  /** Rows of one statement that only reads, some at a time, however many they are. */
  stream(sql: string, visitor: RowVisitor, asked?: Asked): Promise<void>;
  close(): void;
}

/** A text in SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A query that may stand within another. */
export const bodyOf = (query: string): string => query.trim().replace(/;\s*$/, '');

/** DuckDB's complaint about a query, as ours. */
export async function asQuery<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    if (cause instanceof WeightscopeError) throw cause;
    const [complaint, ...below] = (cause as Error).message.split('\n').slice(0, 12);
    throw new WeightscopeError('QUERY_INVALID', `The query failed: ${complaint}`, { below, cause });
  }
}
