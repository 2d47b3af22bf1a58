import { lstat, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import { MANIFEST, readManifest } from '../manifest.ts';
import {
  type AtlasFile,
  type ColumnSpec,
  isLater,
  type Manifest,
  TABLE_NAMES,
  TABLES,
  type TableName,
} from '../schema.ts';
import { folderStore } from '../store.node.ts';
import { damage } from './damaged.ts';

export interface DatabaseOptions {
  /** Default 2. */
  threads?: number;
  /** DuckDB's own memory, in MB; default 512. */
  memory?: number;
}

export interface TableFile {
  /** Absolute. */
  path: string;
  bytes: number;
  rows: number;
}

/** A finished atlas on disk whose files have been looked at. */
export interface AtlasFolder {
  path: string;
  manifest: Manifest;
  /** By table, in the order of the manifest. */
  files: Record<TableName, TableFile[]>;
}

/**
 * Checks an atlas before anything of it is read: every file of the manifest must be there, be a plain file (a link
 * could lead elsewhere), have its size and look like Parquet. Throws `ATLAS_INVALID`, `ATLAS_NEWER`.
 */
export async function openFolder(path: string): Promise<AtlasFolder> {
  const manifest = await readManifest(folderStore(path));
  if (!manifest)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected an atlas in ${path}, found no ${MANIFEST}; make one with \`weightscope atlas build\`.`,
    );
  if (manifest.state !== 'complete')
    throw new WeightscopeError(
      'ATLAS_INVALID',
      `Expected a finished atlas in ${path}, found one that is being built; finish it with \`weightscope atlas build --resume\`.`,
    );
  const root = await realpath(path);
  const files = Object.fromEntries(TABLE_NAMES.map((table) => [table, [] as TableFile[]])) as AtlasFolder['files'];
  for (let i = 0; i < manifest.files.length; i += AT_A_TIME)
    await Promise.all(manifest.files.slice(i, i + AT_A_TIME).map((file) => checkFile(root, file)));
  for (const { table, name, bytes, rows } of manifest.files) {
    if (table in files) files[table as TableName].push({ path: join(root, name), bytes, rows });
  }
  return { path, manifest, files };
}

/** Files open at a time: a large atlas has thousands, more than a process may open. */
const AT_A_TIME = 32;

async function checkFile(root: string, { name, bytes }: AtlasFile): Promise<void> {
  const path = join(root, name);
  const found = await lstat(path).catch(() => undefined);
  const folder = await realpath(join(path, '..')).catch(() => '');
  const there = found?.isFile() && found.size === bytes && folder === join(root, name, '..');
  if (there && (!name.endsWith('.parquet') || (await isParquet(path, bytes)))) return;
  const what = !found
    ? 'nothing'
    : !found.isFile()
      ? 'something that is not a plain file'
      : there
        ? 'something that is not Parquet'
        : `${found.size} bytes`;
  throw new WeightscopeError(
    'ATLAS_INVALID',
    `Expected ${path} to be a file of ${bytes} bytes, found ${what}; build the atlas again with --resume, or copy it again.`,
  );
}

/** Whether a file begins and ends as Parquet does. */
async function isParquet(path: string, bytes: number): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const marks = Buffer.alloc(8);
    await file.read(marks, 0, 4, 0);
    await file.read(marks, 4, 4, Math.max(0, bytes - 4));
    return marks.toString('latin1') === 'PAR1PAR1';
  } finally {
    await file.close();
  }
}

const SQL_TYPES = { INT32: 'INTEGER', DOUBLE: 'DOUBLE', STRING: 'VARCHAR', BOOLEAN: 'BOOLEAN' } as const;

/**
 * A DuckDB in memory with the tables of one or more atlases as views, that can read these files and nothing else: no
 * other file (nor any write), no extension, no network; memory, threads and temporary space bounded; and none of that
 * can be changed by a query. `writable`: the one path that `COPY … TO` may write, for exports.
 */
export async function openDatabase(
  atlases: Readonly<Record<string, AtlasFolder>>,
  { threads = 2, memory = 512 }: DatabaseOptions = {},
  writable?: string,
): Promise<Database> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    threads: `${threads}`,
    memory_limit: `${memory}MB`,
    temp_directory: '',
    max_temp_directory_size: '0B',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    preserve_insertion_order: 'true',
  });
  const connection = await instance.connect();
  await connection.run('SET parquet_metadata_cache = true');
  const paths = Object.values(atlases).flatMap(({ files }) => pathsOf(Object.values(files).flat()));
  await connection.run(`SET allowed_paths = [${[...paths, ...(writable ? [writable] : [])].map(quoted).join(', ')}]`);
  for (const [prefix, { files, path }] of Object.entries(atlases)) {
    for (const table of TABLE_NAMES)
      await connection.run(viewOf(table, prefix, pathsOf(files[table]))).catch((cause) => {
        throw damage(path, cause);
      });
  }
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return new Database(instance, connection);
}

const pathsOf = (files: readonly TableFile[]): string[] => files.map(({ path }) => path);

/** A table's columns by name and type, so that a file with others is an error and a table without files is empty. */
function viewOf(table: TableName, prefix: string, files: readonly string[]): string {
  const columns = Object.entries(TABLES[table]) as [string, ColumnSpec][];
  const typed = (value: (name: string) => string, of = columns): string =>
    of
      .map(([name, spec]) => `${value(name)}::${SQL_TYPES[spec.replace('?', '') as keyof typeof SQL_TYPES]} AS ${name}`)
      .join(', ');
  const later = columns.filter(([name]) => isLater(table, name));
  // By name, so that what an older atlas has not is null.
  const withLater = (of: readonly string[]): string => {
    const read = `read_parquet([${of.map(quoted).join(', ')}])`;
    return later.length === 0
      ? read
      : `(SELECT * FROM ${read} UNION ALL BY NAME SELECT ${typed(() => 'NULL', later)} WHERE false)`;
  };
  const source =
    files.length > 0
      ? `SELECT ${columns.map(([name]) => name).join(', ')} FROM ${withLater(files)}`
      : `SELECT ${typed(() => 'NULL')} WHERE false`;
  return `CREATE VIEW ${prefix}${table} AS ${source}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export type Row = Record<string, unknown>;

export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** Rows as plain objects: 64-bit integers as numbers where they are safe, else as text. */
  async rows(sql: string, values: readonly DuckDBValue[] = []): Promise<Row[]> {
    const reader = await this.#connection.runAndReadAll(sql, [...values]);
    return reader.getRowObjectsJS().map((row) => plain(row) as Row);
  }

  /** Rows of a query that may take long: on a connection of its own, so that stopping it stops no other. */
  async stoppableRows(sql: string, signal?: AbortSignal): Promise<Row[]> {
    throwIfAborted(signal);
    const connection = await this.#instance.connect();
    const stop = () => connection.interrupt();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjectsJS().map((row) => plain(row) as Row);
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      connection.closeSync();
    }
  }

  /** Columns as arrays, for many rows of numbers. */
  async columns(sql: string): Promise<unknown[][]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getColumnsJS() as unknown[][];
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Throws `QUERY_INVALID` unless `sql` is one statement that only reads. */
  async checkSelect(sql: string): Promise<void> {
    const { StatementType } = await import('@duckdb/node-api');
    const statements = await asQuery(() => this.#connection.extractStatements(sql));
    if (statements.count !== 1) throw notSelect(`${statements.count} statements`);
    const prepared = await asQuery(() => statements.prepare(0));
    const { statementType } = prepared;
    prepared.destroySync();
    if (statementType !== StatementType.SELECT) throw notSelect(`${StatementType[statementType]}`);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

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

const notSelect = (found: string): WeightscopeError =>
  new WeightscopeError('QUERY_INVALID', `Expected a single SELECT, got ${found}; docs/atlas.md lists the tables.`);

function plain(value: unknown): unknown {
  if (typeof value === 'bigint')
    return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object' && !(value instanceof Date) && !ArrayBuffer.isView(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  return value;
}
