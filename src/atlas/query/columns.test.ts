import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { constant, parquetFile, type Values } from '../parquet.ts';
import { ColumnFile } from './columns.ts';
import { tableFile } from './folder.node.ts';

// Three row groups.
const N = 150_000;
const token = Int32Array.from({ length: N }, (_, i) => (i * 7919) % 49_152);
const score = Float64Array.from({ length: N }, (_, i) => Math.sin(i));
const rank = Int32Array.from({ length: N }, (_, i) => 1 + (i % 100));
const columns: Record<string, Values> = {
  layer: constant(3, N),
  expert: constant(0, N),
  neuron: Int32Array.from({ length: N }, (_, i) => Math.floor(i / 200)),
  part: constant('value', N),
  sign: constant('+', N),
  rank,
  token,
  score,
};

let folder: string;
let file: ColumnFile;
let path: string;
let bytes: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atlas-columns-'));
  path = join(folder, 'x.parquet');
  const written = await parquetFile('neuron_tokens', columns);
  bytes = written.length;
  await writeFile(path, written);
  file = new ColumnFile(tableFile(path, bytes, N));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  [0, 5],
  [65_530, 12],
  [65_536, 65_536],
  [0, N],
  [N - 1, 1],
  [7, 0],
])('reads rows from %i, %i of them, as they were written', async (from, n) => {
  await file.open(async (read) => {
    expect(await read('token', from, new Int32Array(n))).toEqual(token.slice(from, from + n));
    expect(await read('score', from, new Float64Array(n))).toEqual(score.slice(from, from + n));
    expect(await read('layer', from, new Int32Array(n))).toEqual(new Int32Array(n).fill(3));
  });
  expect(await file.range('part')).toEqual(['value', 'value']);
  expect(await file.range('neuron')).toEqual([0, Math.floor((N - 1) / 200)]);
});

it.each<[string, () => unknown]>([
  ['rows that are not there', () => file.open((read) => read('token', N - 1, new Int32Array(2)))],
  ['rows before the first', () => file.open((read) => read('token', -1, new Int32Array(1)))],
  ['columns that are not there', () => file.open((read) => read('nothing', 0, new Int32Array(1)))],
  ['numbers as others', () => file.open((read) => read('token', 0, new Float64Array(1)))],
  ['what is encoded otherwise', () => file.open((read) => read('rank', 0, new Int32Array(1)))],
  ['more rows than fit into the file', () => new ColumnFile(tableFile(path, bytes, 1e9))],
  ['other rows than the manifest says', () => new ColumnFile(tableFile(path, bytes, N - 1)).range('token')],
])('refuses %s', async (_, ask) => {
  await expect((async () => ask())()).rejects.toMatchObject({ code: 'ATLAS_INVALID' });
});

it('says that a file was cut off while it was open', async () => {
  const read = () => file.open((read) => read('score', 0, new Float64Array(N)));
  await read();
  await truncate(path, 1000);
  await expect(read()).rejects.toMatchObject({ code: 'ATLAS_INVALID' });
});

it('reads strings and booleans as they were written, and tells other encodings', async () => {
  const n = 70_000;
  const texts = Array.from({ length: n }, (_, i) => ['', ` word${i}`, 'Köln\0', '東京', '🙂'.repeat(i % 5)][i % 5]);
  const flags = Array.from({ length: n }, (_, i) => i % 3 === 0);
  const never = constant(false, n);
  const written = await parquetFile('tokens', {
    token: Int32Array.from({ length: n }, (_, i) => i),
    text: texts,
    label: texts,
    normal: constant('', n),
    ascii: flags,
    english: flags,
    alnum: flags,
    bracket: flags,
    special: flags,
    padding: never,
  });
  const tokens = join(folder, 'tokens.parquet');
  await writeFile(tokens, written);
  const file = new ColumnFile(tableFile(tokens, written.length, n));
  expect(await file.strings('text')).toEqual(texts);
  expect(await file.strings('normal')).toEqual(constant('', n));
  expect(await file.flags('special')).toEqual(flags);
  expect(await file.flags('padding')).toEqual(never);
  for (const ask of [() => file.strings('token'), () => file.flags('english')])
    await expect(ask()).rejects.toMatchObject({ code: 'ATLAS_INVALID' });
});
