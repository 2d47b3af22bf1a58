import { relative, sep } from 'node:path';
import { type ColumnSpec, isLater, TABLE_NAMES, TABLES, type TableName } from '../schema.ts';
import { damage } from './damaged.ts';
import { type Database, type DatabaseOptions, quoted, type Row, type RowVisitor } from './database.ts';

import type { OpenFolder, TableFile } from './folder.ts';
import { SqlError, SqlProcess, type SqlProcessOptions } from './sql-process.node.ts';

/** Bytes of an answer that is held whole, about. */
const MOST = 64 << 20;

const SQL_TYPES = { INT32: 'INTEGER', DOUBLE: 'DOUBLE', STRING: 'VARCHAR', BOOLEAN: 'BOOLEAN' } as const;

/**
 * A DuckDB in a process of its own, with the tables of an atlas as views, that can read these files and nothing else:
 * no other file (nor any write), no extension, no network; memory, threads and temporary space bounded; and none of
 * that can be changed by a query. The process runs in the atlas's folder, so that no name of a folder above it means
 * anything. `writable`: the one path that `COPY … TO` may write, for exports. Nothing is started before the first
 * question.
 */
export function openDatabase(folder: OpenFolder, options: DatabaseOptions = {}, writable?: string): LocalDatabase {
  const { threads = 2, memory = 512 } = options;
  const names = (files: readonly TableFile[]) =>
    files.map(({ path }) => relative(folder.root, path).split(sep).join('/'));
  const allowed = [...names(Object.values(folder.files).flat()), ...(writable ? [writable] : [])];
  return new LocalDatabase(folder.path, {
    folder: folder.root,
    memory,
    settings: {
      threads: `${threads}`,
      memory_limit: `${memory}MB`,
      temp_directory: '',
      max_temp_directory_size: '0B',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      allow_unsigned_extensions: 'false',
      preserve_insertion_order: 'true',
    },
    before: [
      'SET parquet_metadata_cache = true',
      `SET allowed_paths = [${allowed.map(quoted).join(', ')}]`,
      ...TABLE_NAMES.map((table) => viewOf(table, names(folder.files[table]))),
      'SET enable_external_access = false',
      'SET lock_configuration = true',
    ],
  });
}

/** A table's columns by name and type, so that a file with others is an error and a table without files is empty. */
function viewOf(table: TableName, files: readonly string[]): string {
  const columns = Object.entries(TABLES[table]) as [string, ColumnSpec][];
  const typed = (value: (name: string) => string, of = columns): string =>
    of
      .map(([name, spec]) => `${value(name)}::${SQL_TYPES[spec.replace('?', '') as keyof typeof SQL_TYPES]} AS ${name}`)
      .join(', ');
  const later = columns.filter(([name]) => isLater(table, name));
  // By name, so that what an older atlas has not is null.
  const withLater = (of: readonly string[]): string => {
    const read = `read_parquet([${of.map(quoted).join(', ')}], hive_partitioning = false)`;
    return later.length === 0
      ? read
      : `(SELECT * FROM ${read} UNION ALL BY NAME SELECT ${typed(() => 'NULL', later)} WHERE false)`;
  };
  const source =
    files.length > 0
      ? `SELECT ${columns.map(([name]) => name).join(', ')} FROM ${withLater(files)}`
      : `SELECT ${typed(() => 'NULL')} WHERE false`;
  return `CREATE VIEW ${table} AS ${source}`;
}

/** Questions of strangers that are answered at a time: each has a process to itself. */
const PROCESSES = 2;

export class LocalDatabase implements Database {
  readonly #path: string;
  readonly #processes: readonly SqlProcess[];

  constructor(path: string, options: SqlProcessOptions) {
    this.#path = path;
    this.#processes = Array.from({ length: PROCESSES }, () => new SqlProcess(options));
  }

  /**
   * All rows as plain objects: 64-bit integers as numbers where they are safe, else as text. `select`: throws
   * `QUERY_INVALID` unless this is one statement that only reads.
   */
  async rows(
    sql: string,
    values: readonly (string | number)[] = [],
    { select, signal }: { select?: string; signal?: AbortSignal } = {},
  ): Promise<Row[]> {
    const found: Row[] = [];
    let names: readonly string[] = [];
    const visitor: RowVisitor = {
      names: (given) => {
        names = given;
      },
      rows: (batch) => {
        for (const row of batch) found.push(Object.fromEntries(names.map((name, i) => [name, row[i]])));
      },
    };
    await this.#ask({ kind: 'rows', sql, values, select, most: MOST }, visitor, signal);
    return found;
  }

  /** Rows of one statement that only reads, some at a time, however many they are. */
  stream(
    sql: string,
    visitor: RowVisitor,
    { select, signal }: { select?: string; signal?: AbortSignal } = {},
  ): Promise<void> {
    const most = Number.POSITIVE_INFINITY;
    return this.#ask({ kind: 'rows', sql, values: [], select, most }, visitor, signal);
  }

  /** A statement without rows; `select` as in {@link rows}. */
  run(sql: string, { select, signal }: { select?: string; signal?: AbortSignal } = {}): Promise<void> {
    return this.#ask({ kind: 'run', sql, select }, undefined, signal);
  }

  close(): void {
    for (const process of this.#processes) process.close();
  }

  async #ask(order: Parameters<SqlProcess['ask']>[0], visitor?: RowVisitor, signal?: AbortSignal): Promise<void> {
    // The first of those with the least to do: the second is started only where the first is at work.
    const [free] = [...this.#processes].sort((a, b) => a.waiting - b.waiting);
    try {
      await free.ask(order, visitor, signal);
    } catch (error) {
      throw error instanceof SqlError && error.opening ? damage(this.#path, error) : error;
    }
  }
}
