import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { storedStatistics } from '../../questions/head-statistics.ts';
import { infoOf } from '../../questions/models.ts';
import type { Opened, ServedModel } from '../../questions/opened.ts';
import { HeadStatistics } from '../../questions/results.ts';
import { type Atlas, buildAtlas, openAtlas } from '../atlas.node.ts';
import { MANIFEST } from '../manifest.ts';
import { type ColumnSpec, isLater, type Manifest, PLAN_VERSION, TABLES } from '../schema.ts';

// An atlas as it was built before there were p, q and the like: the same tables without the later columns.

const words = Array.from({ length: 30 }, (_, i) => ` w${i}`);
const STATISTICS = ['neuron_stats', 'head_stats', 'head_relations', 'head_compositions'] as const;
let dir: string;
let atlas: Atlas;
let now: Awaited<ReturnType<Atlas['heads']>>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'atlas-older-'));
  const options = { top: 7, pairs: 20, columns: 4, what: ['neurons', 'heads', 'statistics'] as const };
  await buildAtlas(tinyModel({ words }), dir, { ...options, engine: referenceEngine() });
  const built = await openAtlas(dir);
  now = await built.heads({ sort: 'copying' });
  expect((await built.head(0, 1)).applied.notes.join()).not.toMatch(/weightscope/);
  const manifest: Manifest = JSON.parse(await readFile(join(dir, MANIFEST), 'utf8'));
  const { ByteWriter, parquetWrite } = await import('hyparquet-writer');
  for (const table of STATISTICS) {
    const specs = Object.entries<ColumnSpec>(TABLES[table]).filter(([name]) => !isLater(table, name));
    const files = manifest.files.filter((file) => file.table === table);
    manifest.files = manifest.files.filter((file) => file.table !== table || file === files[0]);
    const rows = await built.sql(`SELECT * FROM ${table}`);
    const writer = new ByteWriter();
    await parquetWrite({
      writer,
      columnData: specs.map(([name, spec]) => ({
        name,
        data: rows.map((row) => row[name]) as number[],
        type: spec.replace('?', '') as 'DOUBLE',
        nullable: spec.endsWith('?'),
      })),
    });
    const bytes = new Uint8Array(writer.getBuffer());
    await writeFile(join(dir, files[0].name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    Object.assign(files[0], { bytes: bytes.length, sha256, rows: rows.length });
  }
  expect(manifest.plan).toBe(PLAN_VERSION);
  delete manifest.plan;
  await writeFile(join(dir, MANIFEST), JSON.stringify(manifest));
  built.close();
  atlas = await openAtlas(dir);
});
afterAll(async () => {
  atlas?.close();
  await rm(dir, { recursive: true });
});

it('opens, and its files are as they were written', async () => {
  await atlas.check();
});

it('says in what it reads, and of the model, that it was made by an older definition', async () => {
  const older = /made by an older weightscope.*build it anew with `weightscope atlas build`/;
  expect((await atlas.head(0, 1)).applied.notes.join()).toMatch(older);
  expect((await atlas.neuron(0, 1)).applied.notes.join()).toMatch(older);
  const served = { id: 'a', name: 'a', model: tinyModel({ words }), atlas };
  const opened = { served: { models: [served], version: 1 } } as unknown as Opened;
  const { notes } = await infoOf(opened, served as unknown as ServedModel);
  expect(notes.filter((note) => older.test(note))).toHaveLength(1);
});

it('answers what it has, and null for what it has not', async () => {
  expect(await atlas.heads({ sort: 'copying' })).toEqual(now.map((row) => ({ ...row, p: null, q: null })));
  const [row] = await atlas.sql('SELECT copying_z, copying_p, self_tokens FROM head_stats');
  expect(row).toMatchObject({ copying_z: expect.any(Number), copying_p: null, self_tokens: null });
  const found = HeadStatistics.parse(JSON.parse(JSON.stringify(await storedStatistics(atlas, 1, 2, 'qk'))));
  expect(found.copying).toMatchObject({ value: expect.any(Number), random: { z: expect.any(Number), p: null } });
  expect(found.self).toMatchObject({ tokens: null, top1: { shuffled: { p: null } } });
  const [composition] = await atlas.compositions({ k: 1 });
  expect(composition).toMatchObject({ z: expect.any(Number), p: null, q: null });
});

it('says what it has not, where that is asked for', async () => {
  expect(atlas.statisticNames('heads')).toEqual(expect.arrayContaining(['copying', 'copying_shuffled_z', 'fit_z']));
  for (const kind of ['heads', 'neurons'] as const)
    expect(atlas.statisticNames(kind).filter((name) => /_[pq]$|others|tokens/.test(name))).toEqual([]);
  const missing = (table: string, column: string) => ({
    code: 'ARGUMENT_INVALID',
    message: `Expected an atlas whose table ${table} has the column ${column}, but this one was built before there was one; build it again.`,
  });
  await expect(atlas.statistics('heads', 'fit_p')).rejects.toMatchObject(missing('head_stats', 'fit_p'));
  await expect(atlas.heads({ sort: 'copying_q' })).rejects.toMatchObject(missing('head_stats', 'copying_q'));
  await expect(atlas.neurons({ sort: 'skew_p' })).rejects.toMatchObject(missing('neuron_stats', 'skew_p'));
  const promoted = missing('head_relations', 'promoted_p');
  await expect(atlas.relations({ sort: 'promoted_q' })).rejects.toMatchObject(promoted);
  await expect(atlas.compositions({ sort: 'p' })).rejects.toMatchObject(missing('head_compositions', 'p'));
});
