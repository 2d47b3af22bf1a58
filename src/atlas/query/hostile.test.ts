import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { ByteWriter, ParquetWriter, parquetWrite } from 'hyparquet-writer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { WeightscopeError } from '../../errors.ts';
import { buildAtlas } from '../build.ts';
import { parquetFile, type Values } from '../parquet.ts';
import type { TableName } from '../schema.ts';
import { folderStore } from '../store.node.ts';
import type { Atlas } from './atlas.ts';
import { ColumnFile } from './columns.ts';
import { decoded } from './decoded.ts';
import { tableFile } from './folder.node.ts';
import { openAtlas } from './open.node.ts';

// What a stranger may write into an atlas's tables, each file with the size and hash that its manifest says: every
// question is answered, or refused by a sentence of bounded length.

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'atlas-hostile-'));
  await buildAtlas(tinyModel(), folderStore(join(root, 'whole')), {
    top: 5,
    pairs: 10,
    columns: 3,
    engine: referenceEngine(),
    rates: { means: 1e4, rows: 1e4, factors: 1e4, pairs: 1e4 },
  });
});
afterAll(() => rm(root, { recursive: true }));

type Columns = Record<string, (string | number | boolean | null)[]>;

/** The atlas with other values in one of its tables. */
async function forged(name: string, table: TableName, change: (columns: Columns) => void): Promise<string> {
  const folder = join(root, name);
  await cp(join(root, 'whole'), folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  for (const file of manifest.files.filter((one: { table: string }) => one.table === table)) {
    const bytes = await readFile(join(folder, file.name));
    const rows = await parquetReadObjects({ file: Uint8Array.from(bytes).buffer });
    const columns: Columns = Object.fromEntries(Object.keys(rows[0]).map((key) => [key, rows.map((row) => row[key])]));
    change(columns);
    const made = await parquetFile(table, columns as Record<string, Values>);
    await writeFile(join(folder, file.name), made);
    file.bytes = made.length;
    file.sha256 = createHash('sha256').update(made).digest('hex');
  }
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

const QUESTIONS: Record<string, (atlas: Atlas, whole: Atlas) => Promise<unknown>> = {
  search: (atlas) => atlas.search('a*'),
  token: (atlas) => atlas.token(1),
  tokens: (atlas) => atlas.tokens(),
  neuron: (atlas) => atlas.neuron(0, 1),
  head: (atlas) => atlas.head(0, 1),
  neurons: (atlas) => atlas.neurons(),
  heads: (atlas) => atlas.heads(),
  diff: (atlas, whole) => atlas.diff(whole),
};

const BIG = 2 ** 31 - 1;
const all =
  (column: string, value: (i: number) => string | number | null) =>
  (columns: Columns): void => {
    columns[column] = columns[column].map((_, i) => value(i));
  };

it.each<[string, TableName, (columns: Columns) => void]>([
  ['tokens that are not there', 'neuron_tokens', all('token', (i) => (i % 2 ? BIG : -5))],
  ['pairs of tokens that are not there', 'head_pairs', all('first', (i) => (i % 2 ? BIG : -1))],
  ['scores that are no numbers', 'neuron_tokens', all('score', (i) => (i % 2 ? Number.NaN : Number.POSITIVE_INFINITY))],
  ['neurons that are not there', 'neurons', all('neuron', () => BIG)],
  ['neurons of tokens that are not there', 'token_neurons', all('neuron', () => BIG)],
  ['heads before the first', 'heads', all('layer', () => -7)],
  ['matrices that objects have', 'heads', all('matrix', () => '__proto__')],
  ['labels of a megabyte', 'heads', all('top', () => '\u001b[2J'.repeat(250_000))],
  ['texts of a megabyte', 'tokens', all('text', (i) => 'x'.repeat(i === 3 ? 1 << 20 : 3))],
])('%s', async (name, table, change) => {
  const atlas = await openAtlas(await forged(name, table, change));
  const whole = await openAtlas(join(root, 'whole'));
  for (const [question, ask] of Object.entries(QUESTIONS)) {
    const error = await ask(atlas, whole).then(
      () => undefined,
      (thrown) => thrown,
    );
    if (error === undefined) continue;
    expect(error, `${question}: ${error.stack}`).toBeInstanceOf(WeightscopeError);
    expect(error.message.length).toBeLessThan(2000);
  }
  atlas.close();
  whole.close();
});

it.each(['DELTA_BYTE_ARRAY', 'DELTA_LENGTH_BYTE_ARRAY'] as const)(
  '%s is refused before texts are made of it',
  async (encoding) => {
    const writer = new ByteWriter();
    // Texts that are made of those before them: of n characters n²/2.
    const data = Array.from({ length: 100 }, (_, i) => 'a'.repeat(i));
    await parquetWrite({ writer, columnData: [{ name: 'relation', data, type: 'STRING', encoding, nullable: false }] });
    const { row_groups, schema } = parquetMetadata(writer.getBuffer());
    const chunk = row_groups[0].columns[0].meta_data!;
    const at = Number(chunk.data_page_offset);
    const bytes = new Uint8Array(writer.getBuffer()).slice(at, at + Number(chunk.total_compressed_size));
    expect(() => decoded(bytes, chunk, schema[1], data.length)).toThrow(`encoded as ${encoding}`);
  },
);

type Footer = (groups: { columns: unknown[] }[], schema: { num_children?: number }[]) => void;

it.each<[string, Footer, RegExp]>([
  ['groups that are one another', (groups) => groups.push(groups[0]), /more rows in its groups than 100/],
  [
    'a column over and over',
    ([group], schema) => {
      group.columns.push(group.columns[0]);
      schema.push(schema[1]);
      schema[0].num_children = 2;
    },
    /its relation twice in one group/,
  ],
  ['no groups', (groups) => groups.pop(), /0 rows in its groups instead of 100/],
])('a footer of %s is refused before a page is read', async (name, change, message) => {
  const writer = new ByteWriter();
  const data = Array.from({ length: 100 }, (_, i) => createHash('sha256').update(`${i}`).digest('hex'));
  const relation = {
    name: 'relation',
    type: 'BYTE_ARRAY',
    repetition_type: 'REQUIRED',
    converted_type: 'UTF8',
  } as const;
  const made = new ParquetWriter({ writer, schema: [{ name: 'root', num_children: 1 }, relation] });
  made.write({ columnData: [{ name: 'relation', data }] });
  change(made.row_groups as never, made.schema);
  made.finish();
  const bytes = new Uint8Array(writer.getBuffer());
  const path = join(root, `${name}.parquet`);
  await writeFile(path, bytes);
  const file = new ColumnFile(tableFile(path, bytes.length, data.length));
  await expect(file.values('relation')).rejects.toThrow(message);
});

it('a footer of millions of bytes is refused before anything is made of it', async () => {
  const bytes = Buffer.alloc(6 << 20);
  bytes.write('PAR1', 0);
  bytes.writeUInt32LE(5 << 20, bytes.length - 8);
  bytes.write('PAR1', bytes.length - 4);
  const path = join(root, 'groups.parquet');
  await writeFile(path, bytes);
  const file = new ColumnFile(tableFile(path, bytes.length, 1));
  await expect(file.range('first')).rejects.toMatchObject({
    code: 'ATLAS_INVALID',
    message: expect.stringMatching(/its footer has \d+ bytes instead of at most/),
  });
});
