import { access, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { type Atlas, buildAtlas, exportAtlas, openAtlas } from '../atlas.node.ts';

const nasty = ['=HYPERLINK("http://x")', '-ing', '-5', '-', '\u001b[31mred', 'a\u202eb', '"q",', '\u009b'];
const words = [...nasty, ...Array.from({ length: 22 }, (_, i) => ` w${i}`)];
let root: string;
let dir: string;
let atlas: Atlas;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'atlas-sql-'));
  dir = join(root, 'atlas');
  await buildAtlas(tinyModel({ words }), dir, { top: 7, pairs: 20, columns: 4, engine: referenceEngine() });
  atlas = await openAtlas(dir);
});
afterAll(async () => {
  atlas.close();
  await rm(root, { recursive: true });
});

const gone = (path: string) => expect(access(path)).rejects.toThrow();

describe('an atlas below a folder', () => {
  const query = 'SELECT layer, head, count(*) AS n FROM heads GROUP BY ALL ORDER BY ALL';
  // What DuckDB takes from names: columns (layer=1), patterns, quotes, escapes. Windows allows few of them.
  const names = ['layer=1', "head=2/it's", 'two words', 'ä日', '%41', '#x'];
  const patterns = ['a*b', 'a?b', '[ab]', '{a,b}', 'a\\b', '**', '"q"', 'new\nline'];
  it.each([...names, ...(process.platform === 'win32' ? [] : patterns)])('%j answers as elsewhere', async (name) => {
    const place = join(root, name);
    await mkdir(place, { recursive: true });
    const copy = join(place, 'atlas');
    await cp(dir, copy, { recursive: true });
    // What a pattern would match as well.
    for (const other of ['a-b', 'ab', 'a']) await mkdir(join(root, other, 'atlas/heads'), { recursive: true });
    const opened = await openAtlas(copy);
    const rows = await atlas.sql(query);
    expect(await opened.sql(query)).toEqual(rows);
    expect(rows).toHaveLength(8);
    opened.close();
    await exportAtlas(copy, join(place, 'x.csv'), { sql: query, format: 'csv' });
    const lines = (await readFile(join(place, 'x.csv'), 'utf8')).trimEnd().split('\n');
    expect(lines).toEqual(['layer,head,n', ...rows.map((row) => Object.values(row).join(','))]);
    await rm(place, { recursive: true });
  });
});

describe('SQL that takes too much', () => {
  it.each([
    'SELECT length(generate_series(1,1000000000))',
    'SELECT generate_series(1,50000000)',
    "SELECT repeat('a',100000) FROM range(10000)",
    "SELECT repeat('a', 2000000000)",
    'SELECT list(repeat(i::VARCHAR, 1000)) FROM range(3000000) t(i)',
  ])('%s is ended with a sentence, and the next question answered', async (sql) => {
    await expect(atlas.sql(sql)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    expect(await atlas.sql('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('stops when nobody waits for it, also where it does not listen, and others are answered meanwhile', async () => {
    const { signal, abort } = controller();
    const stubborn = atlas.sql("SELECT editdist3(repeat('a',200000), repeat('b',200000))", { signal });
    const failed = expect(stubborn).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await atlas.sql('SELECT 2 AS n')).toEqual([{ n: 2 }]);
    abort();
    await failed;
    expect(await atlas.sql('SELECT 3 AS n')).toEqual([{ n: 3 }]);
  });
});

function controller() {
  const control = new AbortController();
  return { signal: control.signal, abort: () => control.abort() };
}

describe('rows of every kind', () => {
  it('come as plain values', async () => {
    const sql =
      "SELECT 1 AS a, 2 AS a, [1, NULL] AS l, {'x': 1} AS s, map {'k': 1} AS m, '\\xAA'::BLOB AS b, 1.5::DECIMAL(9,2) AS d, " +
      "DATE '2020-01-01' AS day, 12345678901234567890::HUGEINT AS h, 'nan'::DOUBLE AS n, NULL AS z";
    const [row] = await atlas.sql(sql);
    expect(row).toMatchObject({
      a: 1,
      a_1: 2,
      l: [1, null],
      s: { x: 1 },
      d: 1.5,
      h: '12345678901234567890',
      z: null,
    });
    expect(row.m).toEqual([{ key: 'k', value: 1 }]);
    expect((row.day as Date).toISOString()).toBe('2020-01-01T00:00:00.000Z');
    expect([...(row.b as Uint8Array)]).toEqual([0xaa]);
    expect(row.n).toBeNaN();
  });

  it('come some at a time, however many they are', async () => {
    let [seen, sum, batches] = [0, 0, 0];
    const visitor = {
      names: (names: readonly string[]) => expect(names).toEqual(['i']),
      async rows(rows: readonly unknown[][]) {
        batches++;
        seen += rows.length;
        for (const [i] of rows) sum += i as number;
      },
    };
    await atlas.sqlRows('SELECT range AS i FROM range(100000);', visitor);
    expect([seen, sum, batches > 3]).toEqual([100_000, 4_999_950_000, true]);
    await expect(atlas.sqlRows('DROP VIEW tokens', visitor)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    const failing = { ...visitor, rows: () => Promise.reject(new Error('no room')) };
    await expect(atlas.sqlRows('SELECT range AS i FROM range(100000)', failing)).rejects.toThrow('no room');
    expect(await atlas.sql('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });
});

describe('an export as CSV', () => {
  it('has no formula and no control character, numbers and other texts as they are', async () => {
    const file = join(root, 'tokens.csv');
    await exportAtlas(dir, file, { sql: 'SELECT text, -token AS n FROM tokens ORDER BY token LIMIT 8', format: 'csv' });
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      'text,n',
      '"\'=HYPERLINK(""http://x"")",0',
      "'-ing,-1",
      '-5,-2',
      '-,-3',
      '\\u{1B}[31mred,-4',
      'a\\u{202E}b,-5',
      '"""q"",",-6',
      '\\u{9B},-7',
      '',
    ]);
  });

  it('keeps columns of one name apart', async () => {
    const file = join(root, 'twice.csv');
    await exportAtlas(dir, file, { sql: "SELECT 1 AS a, 'x' AS a, [1, 2] AS l", format: 'csv' });
    expect(await readFile(file, 'utf8')).toBe('a,a_1,l\n1,x,"[1, 2]"\n');
  });

  it('leaves no file where the query fails on the way, or is stopped', async () => {
    const file = join(root, 'half.csv');
    const sql = 'SELECT CASE WHEN i < 900000 THEN 1 ELSE error(i::VARCHAR) END AS x FROM range(1000000) t(i)';
    await expect(exportAtlas(dir, file, { sql, format: 'csv' })).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    await gone(file);
    const signal = AbortSignal.timeout(400);
    const endless = 'SELECT * FROM range(100000000000)';
    await expect(exportAtlas(dir, file, { sql: endless, format: 'csv', signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await gone(file);
  });
});
