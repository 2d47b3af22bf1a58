import { TABLES, type TableName } from './schema.ts';

/** A column's values: numbers for INT32 and DOUBLE. */
export type Values = Int32Array | Uint32Array | Float64Array | readonly (string | number | boolean | null)[];

/**
 * Rows per row group: a look-up reads one or two row groups of each file. Smaller ones cost more than they save, since
 * DuckDB goes through the statistics of all of them for every question.
 */
const ROW_GROUP = 65_536;

/** Columns that no look-up skips row groups by: their minimum and maximum would cost time and say nothing. */
const NO_STATISTICS = new Set(['sign', 'rank', 'score', 'text', 'label', 'top', 'bottom', 'pair_rank']);
/** Tables sorted by token, in which neurons and heads lie in no order. */
const BY_TOKEN: ReadonlySet<TableName> = new Set(['token_neurons', 'token_heads']);
const UNORDERED_BY_TOKEN = new Set(['layer', 'neuron', 'head']);

const hasStatistics = (table: TableName, column: string): boolean =>
  !NO_STATISTICS.has(column) && !(BY_TOKEN.has(table) && UNORDERED_BY_TOKEN.has(column));

/**
 * What look-ups read at its place in the file, without decoding what lies before it (query/columns.ts): values one
 * behind the other as they are. Whole numbers of which a file has only one are left to their statistics.
 */
const PLAIN: Partial<Record<TableName, ReadonlySet<string>>> = {
  tokens: new Set(['text', 'label', 'normal', 'special', 'padding']),
  neurons: new Set(['layer', 'expert', 'neuron']),
  neuron_tokens: new Set(['token']),
  token_neurons: new Set(['layer', 'expert', 'neuron']),
  heads: new Set(['layer', 'head', 'kv_head', 'matrix', 'top', 'bottom']),
  head_pairs: new Set(['first', 'second']),
  token_heads: new Set(['layer', 'head']),
};

function isPlain(table: TableName, column: string, spec: string, values: Values): boolean {
  // Scores have no repeats that a dictionary could use, and do not compress.
  if (spec.startsWith('DOUBLE')) return true;
  if (!PLAIN[table]?.has(column)) return false;
  return spec !== 'INT32' || !hasStatistics(table, column) || !values.every((value) => value === values[0]);
}

/**
 * A table's rows as a Parquet file: Snappy, dictionaries where they help, minimum and maximum per row group. Written
 * in TypeScript, so that a worker needs no database: DuckDB only reads.
 */
export async function parquetFile(table: TableName, columns: Readonly<Record<string, Values>>): Promise<Uint8Array> {
  const { ByteWriter, parquetWrite } = await import('hyparquet-writer');
  const specs = Object.entries(TABLES[table]);
  const writer = new ByteWriter();
  await parquetWrite({
    writer,
    createdBy: 'weightscope',
    rowGroupSize: ROW_GROUP,
    // One page per column of a row group: pages are for larger ones.
    pageSize: 0,
    columnData: specs.map(([name, spec]) => ({
      name,
      // The format has no unsigned arrays; token and neuron numbers stay far below 2^31.
      data: signed(columns[name]) as never,
      type: spec.replace('?', '') as 'INT32',
      nullable: spec.endsWith('?'),
      statistics: hasStatistics(table, name),
      ...(isPlain(table, name, spec, columns[name]) && { encoding: 'PLAIN' as const, codec: 'UNCOMPRESSED' as const }),
    })),
  } satisfies Parameters<typeof parquetWrite>[0]);
  return new Uint8Array(writer.getBuffer());
}

const signed = (values: Values): Values =>
  values instanceof Uint32Array ? new Int32Array(values.buffer, values.byteOffset, values.length) : values;

/** `n` times the same value. */
export const constant = <T>(value: T, n: number): T[] => new Array<T>(n).fill(value);
