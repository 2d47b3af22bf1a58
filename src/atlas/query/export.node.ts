import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WeightscopeError } from '../../errors.ts';
import { TABLE_NAMES, type TableName } from '../schema.ts';
import { asQuery, openDatabase, openFolder } from './database.node.ts';

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
 * Throws `QUERY_INVALID`, `OUTPUT_UNWRITABLE` and what {@link openFolder} throws.
 */
export async function exportAtlas(
  path: string,
  file: string,
  options: { table?: TableName; sql?: string; format: ExportFormat },
): Promise<void> {
  const { table, sql, format } = options;
  if (!EXPORT_FORMATS.includes(format))
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected one of ${EXPORT_FORMATS.join(', ')}, got "${format}".`);
  if (table !== undefined && !TABLE_NAMES.includes(table))
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected one of ${TABLE_NAMES.join(', ')}, got "${table}".`);
  if ((table === undefined) === (sql === undefined))
    throw new WeightscopeError('ARGUMENT_INVALID', 'Expected a table or a SELECT to export, one of the two.');
  const target = resolve(file);
  const temporary = `${target}.unfinished-${process.pid}`;
  const database = await openDatabase({ '': await openFolder(path) }, {}, temporary);
  try {
    if (sql !== undefined) await database.checkSelect(sql);
    const rows = sql === undefined ? `SELECT * FROM ${table}` : sql.trim().replace(/;\s*$/, '');
    // A query that cannot be answered is told apart from a place that cannot be written.
    await asQuery(() => database.rows(`DESCRIBE SELECT * FROM (${rows}\n)`));
    await database.run(`COPY (${rows}\n) TO '${temporary.replaceAll("'", "''")}' (${WRITERS[format]})`);
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof WeightscopeError) throw cause;
    throw new WeightscopeError('OUTPUT_UNWRITABLE', `${target} could not be written: ${(cause as Error).message}.`, {
      cause,
    });
  } finally {
    database.close();
  }
}
