import { resolve } from 'node:path';
import { WeightscopeError } from '../../errors.ts';
import { checkWritable, makeFileWhole } from '../../source/whole-file.node.ts';
import { TABLE_NAMES, type TableName } from '../schema.ts';
import { type LocalDatabase, openDatabase } from './database.node.ts';
import { asQuery, bodyOf, quoted } from './database.ts';
import { openFolder } from './folder.node.ts';

export const EXPORT_FORMATS = ['parquet', 'csv', 'ndjson', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const WRITERS: Record<ExportFormat, string> = {
  parquet: "FORMAT parquet, COMPRESSION 'zstd'",
  csv: 'FORMAT csv, HEADER',
  ndjson: 'FORMAT json',
  json: 'FORMAT json, ARRAY true',
};

/**
 * Writes a table, or the rows of one SELECT, to a file: streamed, under a temporary name that is renamed at the end.
 * Throws `QUERY_INVALID`, `OUTPUT_UNWRITABLE`, `ABORTED` and what {@link openFolder} throws.
 */
export async function exportAtlas(
  path: string,
  file: string,
  options: { table?: TableName; sql?: string; format: ExportFormat; signal?: AbortSignal },
): Promise<void> {
  const { table, sql, format, signal } = options;
  if (!EXPORT_FORMATS.includes(format))
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected one of ${EXPORT_FORMATS.join(', ')}, got "${format}".`);
  if (table !== undefined && !TABLE_NAMES.includes(table))
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected one of ${TABLE_NAMES.join(', ')}, got "${table}".`);
  if ((table === undefined) === (sql === undefined))
    throw new WeightscopeError('ARGUMENT_INVALID', 'Expected a table or a SELECT to export, one of the two.');
  const folder = await openFolder(path);
  await checkWritable(file);
  const query = sql === undefined ? `SELECT * FROM ${table}` : bodyOf(sql);
  await makeFileWhole(resolve(file), async (partial) => {
    const database = openDatabase(folder, {}, partial);
    try {
      // A query that cannot be answered is told apart from a place that cannot be written.
      const columns = await asQuery(() =>
        database.rows(`DESCRIBE SELECT * FROM (${query}\n)`, [], { select: sql ?? query, signal }),
      );
      const rows = format === 'csv' ? inertRows(query, columns as unknown as Described[]) : query;
      await copyRows(
        database,
        `COPY (${rows}\n) TO ${quoted(partial)} (${WRITERS[format]}, USE_TMP_FILE false)`,
        signal,
      );
    } finally {
      database.close();
    }
  });
}

async function copyRows(database: LocalDatabase, sql: string, signal?: AbortSignal): Promise<void> {
  try {
    await database.run(sql, { signal });
  } catch (cause) {
    if (cause instanceof WeightscopeError) throw cause;
    const { message } = cause as Error;
    if (!message.startsWith('IO Error')) return asQuery(() => Promise.reject(cause));
    throw new WeightscopeError('OUTPUT_UNWRITABLE', `The file could not be written: ${message}.`, { cause });
  }
}

interface Described {
  column_name: string;
  column_type: string;
}

/** Types whose cells are digits and the like. */
const SAFE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN|DATE|TIME.*)$/;

/**
 * The rows with the texts that csv.ts would not leave as they are: what a spreadsheet takes for a formula begins with
 * an apostrophe, and control characters are written out. Names may be there twice, so that columns are numbered.
 */
function inertRows(query: string, columns: readonly Described[]): string {
  const cells = columns.map(({ column_name: name, column_type: type }, i) => {
    const value = SAFE.test(type) ? `c${i}` : inert(`c${i}::VARCHAR`);
    return `${value} AS "${name.replaceAll('"', '""')}"`;
  });
  return `SELECT ${cells.join(', ')} FROM (${query}\n) AS t(${columns.map((_, i) => `c${i}`).join(', ')})`;
}

/** In RE2's words what csv.ts says in JavaScript's. */
const UNSAFE =
  '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}\\x{61c}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]';
const FORMULA = '^[=+\\-@\\t\\r\\x{ff1d}\\x{ff0b}\\x{ff0d}\\x{ff20}](?s:.)';
const NUMBER = '^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$';

function inert(text: string): string {
  const each = `CASE WHEN regexp_matches(x, ${quoted(UNSAFE)}) THEN '\\u{' || printf('%X', unicode(x)) || '}' ELSE x END`;
  const written = `array_to_string(list_transform(string_split(${text}, ''), lambda x: ${each}), '')`;
  const safe = `CASE WHEN regexp_matches(${text}, ${quoted(UNSAFE)}) THEN ${written} ELSE ${text} END`;
  const formula = `regexp_matches(${text}, ${quoted(FORMULA)}) AND NOT regexp_matches(${text}, ${quoted(NUMBER)})`;
  return `CASE WHEN ${formula} THEN '''' || ${safe} ELSE ${safe} END`;
}
