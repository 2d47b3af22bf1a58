import type { Values } from './parquet.ts';
import { parquetFile } from './parquet.ts';
import type { AtlasFile, TableName } from './schema.ts';
import { TABLES } from './schema.ts';
import type { Store } from './store.ts';
import { putFile, wholeFile } from './unit.ts';

/** Tables of which a unit, a few heads, writes some rows only: a file takes longer to open than those to read. */
const OF_HEADS: readonly TableName[] = [
  'heads',
  'head_singular_values',
  'head_direction_tokens',
  'head_compositions',
  'head_relations',
];

/** Rows of a joined file, about: what is held in memory, and what one file is worth. */
const ROWS = 250_000;

/** Joins neighbouring files of small tables, in their order. `replaced`: names that are of no more use. */
export async function joinFiles(
  store: Store,
  files: readonly AtlasFile[],
): Promise<{ files: AtlasFile[]; replaced: string[] }> {
  const joined = files.filter(({ table }) => !OF_HEADS.includes(table as TableName));
  const replaced: string[] = [];
  for (const table of OF_HEADS) {
    const groups: AtlasFile[][] = [];
    let rows = 0;
    for (const file of files.filter((file) => file.table === table)) {
      if (groups.length === 0 || rows + file.rows > ROWS) {
        groups.push([]);
        rows = 0;
      }
      groups.at(-1)!.push(file);
      rows += file.rows;
    }
    for (const [i, group] of groups.entries()) {
      const name = `${table}/${table}-${String(i).padStart(4, '0')}.parquet`;
      const bytes = await parquetFile(table, await columnsOfAll(store, table, group));
      const total = group.reduce((sum, file) => sum + file.rows, 0);
      joined.push(await putFile(store, table, name, bytes, total));
      replaced.push(...group.map((file) => file.name));
    }
  }
  return { files: joined, replaced };
}

async function columnsOfAll(
  store: Store,
  table: TableName,
  files: readonly AtlasFile[],
): Promise<Record<string, Values>> {
  const { parquetReadObjects } = await import('hyparquet');
  const names = Object.keys(TABLES[table]);
  const columns = Object.fromEntries(names.map((name) => [name, [] as (string | number | boolean | null)[]]));
  for (const part of files) {
    const bytes = await wholeFile(store, part);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    for (const row of await parquetReadObjects({ file })) for (const name of names) columns[name].push(row[name]);
  }
  return columns;
}
