import { access, cp, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { type Atlas, buildAtlas, diffAtlases, exportAtlas, openAtlas } from '../atlas.node.ts';
import { MANIFEST } from '../manifest.ts';
import type { Manifest } from '../schema.ts';
import { openDatabase } from './database.node.ts';
import { openFolder } from './folder.node.ts';

const words = ['king', ' king', ' King', ' kingdom', 'ing', ...Array.from({ length: 25 }, (_, i) => ` w${i}`)];
const engine = referenceEngine();
let root: string;
let dir: string;
let atlas: Atlas;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'atlas-query-'));
  dir = join(root, 'atlas');
  await buildAtlas(tinyModel({ words }), dir, { top: 7, pairs: 20, columns: 4, engine });
  atlas = await openAtlas(dir);
});
afterAll(async () => {
  atlas.close();
  await rm(root, { recursive: true });
});

describe('search', () => {
  it('gives the best neurons and heads of a token, by how far it stands out within them', async () => {
    const { neurons, heads, terms } = await atlas.search('" king"', { k: 100 });
    expect(terms[0][0].tokens).toEqual([1]);
    const rowsOf = (table: string) =>
      atlas.sql(
        `SELECT score, share FROM (${table}) WHERE token = 1 AND (sign = '+') = (score > 0) ORDER BY share DESC`,
      );
    const rows = await rowsOf(
      'SELECT *, abs(score) / reading_norm AS share FROM token_neurons JOIN neurons USING (layer, expert, neuron, part)',
    );
    expect(neurons.map(({ score, share }) => ({ score, share }))).toEqual(rows);
    const { layer, neuron, part, sign, score } = neurons[0];
    const [{ place, within }] = await atlas.sql(
      `SELECT t.rank AS place, n.rank AS within FROM token_neurons AS t
       LEFT JOIN neuron_tokens AS n USING (token, layer, expert, neuron, part, sign)
       WHERE token = 1 AND layer = ${layer} AND neuron = ${neuron} AND part = '${part}' AND sign = '${sign}'`,
    );
    expect(neurons[0].matches).toEqual([{ token: 1, label: '·king', rank: place, score, within }]);
    const ofHeads = await rowsOf(
      `SELECT *, score / CASE sign WHEN '+' THEN best ELSE worst END AS share
       FROM token_heads JOIN heads USING (layer, head, matrix)`,
    );
    expect(heads.map(({ score, share }) => ({ score, share }))).toEqual(ofHeads);
    expect(heads.length).toBeGreaterThan(10);
    expect(heads[0].matches[0]).toHaveProperty('pairRank');
  });

  it('takes words without case and outer space, prefixes and regular expressions', async () => {
    const tokens = async (query: string) => (await atlas.search(query)).terms[0][0].tokens;
    expect(await tokens('KING')).toEqual([0, 1, 2]);
    expect(await tokens('king*')).toEqual([0, 1, 2, 3]);
    expect(await tokens('/^ k.*g$/')).toEqual([1]);
    expect(await tokens('/ing$/')).toEqual([0, 1, 2, 4]);
  });

  it('asks for all terms of an AND and for one of an OR', async () => {
    const key = (hit: { layer: number; neuron: number; part: string; sign: string }) =>
      `${hit.layer}:${hit.neuron} ${hit.part}${hit.sign}`;
    const hits = async (query: string) => (await atlas.search(query, { k: 1000 })).neurons;
    const [one, two] = [await hits('w1'), await hits('w2')];
    const score = new Map(two.map((hit) => [key(hit), hit.score]));
    const both = one.filter((hit) => score.has(key(hit)));
    const all = await hits('w1 AND w2');
    expect(all.length).toBeGreaterThan(0);
    expect(new Set(all.map(key))).toEqual(new Set(both.map(key)));
    for (const hit of all) {
      const own = both.find((other) => key(other) === key(hit))!;
      expect(hit.score).toBeCloseTo(own.score + score.get(key(hit))!, 12);
      expect(hit.matches).toHaveLength(2);
    }
    const either = await hits('w1 OR w2');
    expect(new Set(either.map(key))).toEqual(new Set([...one, ...two].map(key)));
    // By the sum over the words met.
    const scores = [one, two].map((found) => new Map(found.map((hit) => [key(hit), hit.score])));
    for (const hit of either) {
      const own = scores.flatMap((known) => known.get(key(hit)) ?? []);
      expect(hit.met).toBe(own.length);
      expect(hit.matches).toHaveLength(own.length);
      expect(hit.score).toBeCloseTo(
        own.reduce((sum, score) => sum + score, 0),
        12,
      );
    }
    expect(either.map(({ share }) => -share)).toEqual(either.map(({ share }) => -share).sort((a, b) => a - b));
    expect((await hits('w1 w2 OR w1')).find((hit) => key(hit) === key(all[0]))).toMatchObject({ met: 2 });
    expect((await hits('w1 OR nothing')).map(key)).toEqual(one.map(key));
  });

  it('counts a word once, however often and however it is written', async () => {
    const once = await atlas.search('w1 OR w2', { k: 100 });
    for (const query of ['w1 OR w2 OR w1', 'W1 OR w2 OR w1 w1 OR w2', 'w1 w1 OR w2'])
      expect(await atlas.search(query, { k: 100 }), query).toEqual(once);
    expect((await atlas.search('w1 w2 OR w2 w1')).neurons).toEqual((await atlas.search('w1 w2')).neurons);
  });

  it('takes a thousand words, of which one is a token', async () => {
    const words = Array.from({ length: 999 }, (_, i) => `unknown${i}`);
    const { neurons, terms } = await atlas.search([...words, 'w1'].join(' OR '), { k: 5 });
    expect(terms).toHaveLength(1000);
    expect(neurons).toEqual((await atlas.search('w1', { k: 5 })).neurons);
    await expect(atlas.search([...words, 'w1'].join(' '))).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' });
  });

  it('says of words that no token is what would be one', async () => {
    await expect(atlas.search('"W1"')).rejects.toThrow(
      'Expected a token that is exactly "W1", found none; without quotes it is found in any case, with or without a space before it.',
    );
    await expect(atlas.search('w1 hippopotamus')).rejects.toThrow(
      'Expected a token for "hippopotamus", found none; try a beginning of it with a star; with commas between words any of them is enough.',
    );
  });

  it('keeps to a part and a sign', async () => {
    const { neurons, heads } = await atlas.search('w1', { parts: ['value'], sign: '-' });
    expect(neurons.length).toBe(4);
    expect(neurons.every(({ part, sign }) => part === 'value' && sign === '-')).toBe(true);
    expect(heads).toEqual([]);
    expect((await atlas.search('w1', { parts: ['qk'] })).heads.every(({ matrix }) => matrix === 'qk')).toBe(true);
  });

  it.each([
    ['', 'QUERY_INVALID'],
    ['a AND', 'QUERY_INVALID'],
    ['OR a', 'QUERY_INVALID'],
    ['/(/', 'QUERY_INVALID'],
    ["'; DROP", 'TOKEN_UNKNOWN'],
  ])('refuses %j with %s', async (query, code) => {
    await expect(atlas.search(query)).rejects.toMatchObject({ code });
  });
});

it('says which column a misspelt one may be', async () => {
  await expect(atlas.heads({ sort: 'bets' as 'best', k: 3 })).rejects.toThrow(
    /^Got "bets" \(is `best` meant\?\); expected one of best, worst/,
  );
});

it('lists neurons and heads in order', async () => {
  const rows = await atlas.neurons({ sort: 'norm', part: 'key', k: 3 });
  const [largest] = await atlas.sql("SELECT max(norm) AS norm FROM neurons WHERE part = 'key'");
  expect(rows[0].norm).toBe(largest.norm);
  expect(rows[0].top.split(' ')).toHaveLength(7);
  const all = await atlas.neurons({ sort: 'worst', ascending: true, k: 100 });
  expect(all).toEqual(
    await atlas.sql('SELECT *, worst AS value FROM neurons ORDER BY worst, layer, expert, neuron, part'),
  );
  expect(await atlas.neurons({ sort: 'worst', ascending: true, layer: 1, k: 3 })).toEqual(
    all.filter(({ layer }) => layer === 1).slice(0, 3),
  );
  const [best] = await atlas.neurons({ sort: 'best', k: 1 });
  const [{ score }] = await atlas.sql('SELECT max(score) AS score FROM neuron_tokens');
  expect(await atlas.sql(`SELECT neuron FROM neuron_tokens WHERE score = ${score}`)).toEqual([{ neuron: best.neuron }]);
  expect((await atlas.heads({ matrix: 'vo' })).map(({ best }) => best)).toEqual(
    (
      await atlas.sql("SELECT max(score) AS s FROM head_pairs WHERE matrix = 'vo' GROUP BY layer, head ORDER BY s DESC")
    ).map(({ s }) => s),
  );
});

it('says which atlas has statistics when this one has none', async () => {
  const message = expect.stringContaining('--what neurons,heads,directions,statistics');
  for (const ask of [
    () => atlas.neurons({ sort: 'kurtosis' }),
    () => atlas.heads({ sort: 'copying' }),
    async () => atlas.statistics('heads', 'copying'),
  ])
    await expect(ask()).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', message });
  expect(atlas.statisticNames('heads')).toEqual(['best', 'worst']);
});

it('says which neuron has no similar ones', async () => {
  await expect(atlas.similar(9, 2)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
});

describe('a query of a stranger', () => {
  it.each([
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    `COPY (SELECT 1) TO '${join(tmpdir(), 'stolen.csv')}'`,
    `COPY tokens TO '${join(tmpdir(), 'stolen.parquet')}'`,
    `ATTACH '${join(tmpdir(), 'stolen.db')}'`,
    'CREATE TABLE t AS SELECT 1',
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    'SET memory_limit = 1e12',
    'RESET lock_configuration',
    'PRAGMA enable_profiling',
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP VIEW tokens',
    'EXPLAIN ANALYZE SELECT 1',
    '',
    'SELEC 1',
    'SELECT nothing FROM tokens',
    'SELECT 1) ; DROP VIEW tokens; (SELECT 2',
  ])('cannot do %s', async (sql) => {
    await expect(atlas.sql(sql)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    await expect(access(join(tmpdir(), 'stolen.csv'))).rejects.toThrow();
    expect(await atlas.sql('SELECT count(*) AS n FROM tokens')).toEqual([{ n: 30 }]);
  });

  it('could not write even if it were no SELECT: the database itself is locked', async () => {
    const database = openDatabase(await openFolder(dir));
    const [inside, outside] = [join(dir, 'new.csv'), join(root, 'new.csv')];
    for (const sql of [
      `COPY (SELECT 1) TO '${inside}'`,
      `COPY (SELECT 1) TO '${outside}'`,
      `ATTACH '${outside}'`,
      `SELECT * FROM read_blob('${join(dir, MANIFEST)}')`,
      "SET allowed_directories = ['/']",
      'SET threads = 64',
      'INSTALL httpfs',
    ])
      await expect(database.run(sql)).rejects.toThrow();
    for (const file of [inside, outside]) await expect(access(file)).rejects.toThrow();
    database.close();
  });

  it('has its rows bounded', async () => {
    expect(await atlas.sql('SELECT * FROM range(100000000)', { limit: 5 })).toHaveLength(5);
  });

  it('runs out of its own memory, not of the machine’s', async () => {
    await expect(
      atlas.sql('SELECT max(list_sort(l)) FROM (SELECT list(random()) AS l FROM range(400000000))'),
    ).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  });
});

describe('an atlas of a stranger', () => {
  const altered = async (change: (manifest: Manifest, copy: string) => unknown): Promise<string> => {
    const copy = await mkdtemp(join(root, 'copy-'));
    await cp(dir, copy, { recursive: true });
    const manifest = JSON.parse(await readFile(join(copy, MANIFEST), 'utf8')) as Manifest;
    const changed = (await change(manifest, copy)) ?? manifest;
    await writeFile(join(copy, MANIFEST), typeof changed === 'string' ? changed : JSON.stringify(changed));
    return copy;
  };
  const first = (manifest: Manifest) => manifest.files.find(({ table }) => table === 'neuron_tokens')!;

  it.each<[string, string, (manifest: Manifest, copy: string) => unknown]>([
    [
      'a name that leads out of the folder',
      'ATLAS_INVALID',
      (m) => {
        first(m).name = '../../etc/passwd';
      },
    ],
    [
      'an absolute name',
      'ATLAS_INVALID',
      (m) => {
        first(m).name = '/etc/passwd';
      },
    ],
    [
      'a pattern for a name',
      'ATLAS_INVALID',
      (m) => {
        first(m).name = 'neuron_tokens/*.parquet';
      },
    ],
    [
      'a quote in a name',
      'ATLAS_INVALID',
      (m) => {
        first(m).name = "neuron_tokens/a'b.parquet";
      },
    ],
    [
      'an unknown table',
      'ATLAS_INVALID',
      (m) => {
        first(m).table = 'secrets' as never;
      },
    ],
    ['a missing file', 'ATLAS_INVALID', (m, copy) => rm(join(copy, first(m).name))],
    ['a shortened file', 'ATLAS_INVALID', (m, copy) => truncate(join(copy, first(m).name), 100)],
    [
      'a link instead of a file',
      'ATLAS_INVALID',
      async (m, copy) => {
        await rename(join(copy, first(m).name), join(copy, 'elsewhere'));
        await symlink(join(copy, 'elsewhere'), join(copy, first(m).name));
      },
    ],
    [
      'bytes that are no Parquet',
      'ATLAS_INVALID',
      (m, copy) => writeFile(join(copy, first(m).name), 'x'.repeat(first(m).bytes)),
    ],
    [
      'a newer schema',
      'ATLAS_NEWER',
      (m) => {
        m.schema = 99;
      },
    ],
    [
      'an older schema',
      'ATLAS_INVALID',
      (m) => {
        m.schema = 1;
      },
    ],
    [
      'an unfinished state',
      'ATLAS_INVALID',
      (m) => {
        m.state = 'building';
      },
    ],
    ['no notes', 'ATLAS_INVALID', (m) => Reflect.deleteProperty(m.model, 'notes') && m],
    ['no dimensions', 'ATLAS_INVALID', (m) => Reflect.deleteProperty(m, 'dimensions') && m],
    ['one file many times', 'ATLAS_INVALID', (m) => ({ ...m, files: Array(200_000).fill(first(m)) })],
    [
      'more tokens than it has',
      'ATLAS_INVALID',
      (m) => {
        m.dimensions.vocab = 2 ** 31 - 1;
      },
    ],
    ['something else than JSON', 'ATLAS_INVALID', () => 'not JSON'],
    ['another format', 'ATLAS_INVALID', () => '{}'],
  ])('with %s is refused', async (_, code, change) => {
    const copy = await altered(change);
    await expect(openAtlas(copy)).rejects.toMatchObject({ code });
  });

  it('whose folder is a link is refused with that reason', async () => {
    const copy = await altered(async (_, folder) => {
      await rename(join(folder, 'neurons'), join(folder, 'elsewhere'));
      await symlink(join(folder, 'elsewhere'), join(folder, 'neurons'), 'junction');
    });
    await expect(openAtlas(copy)).rejects.toMatchObject({
      code: 'ATLAS_INVALID',
      message: expect.stringMatching(/a file of \d+ bytes, found one behind a link, which could lead anywhere;/),
    });
  });

  it('whose files someone wrote in another way answers SQL, and says why nothing else', async () => {
    const copy = await altered(async (manifest, folder) => {
      const file = manifest.files.find(({ name }) => name === 'token_neurons/value-00000000.parquet')!;
      const path = join(folder, file.name);
      const sql = "SELECT * FROM token_neurons WHERE part = 'value'";
      await rm(path);
      await exportAtlas(dir, path, { sql, format: 'parquet' });
      file.bytes = (await readFile(path)).length;
    });
    const opened = await openAtlas(copy);
    const message = expect.stringContaining('value-00000000.parquet');
    await expect(opened.search('w1')).rejects.toMatchObject({ code: 'ATLAS_INVALID', message });
    expect(await opened.sql('SELECT count(*) AS n FROM token_neurons')).toEqual(
      await atlas.sql('SELECT count(*) AS n FROM token_neurons'),
    );
    opened.close();
  });

  it('whose bytes were changed within a file fails its check', async () => {
    await atlas.check();
    const copy = await altered(async (manifest, folder) => {
      const path = join(folder, first(manifest).name);
      const bytes = await readFile(path);
      bytes[bytes.length >> 1] ^= 1;
      await writeFile(path, bytes);
    });
    const opened = await openAtlas(copy);
    await expect(opened.check()).rejects.toMatchObject({ code: 'ATLAS_INVALID' });
    opened.close();
  });
});

it('says that there is no atlas', async () => {
  await expect(openAtlas(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
});

describe('export', () => {
  it('writes every format', async () => {
    const path = (name: string) => join(root, name);
    const sql = 'SELECT token, text FROM tokens WHERE token < 3 ORDER BY token';
    await exportAtlas(dir, path('t.csv'), { sql, format: 'csv' });
    expect(await readFile(path('t.csv'), 'utf8')).toBe('token,text\n0,king\n1, king\n2, King\n');
    await exportAtlas(dir, path('t.ndjson'), { sql, format: 'ndjson' });
    expect(
      (await readFile(path('t.ndjson'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))[1],
    ).toEqual({ token: 1, text: ' king' });
    await exportAtlas(dir, path('t.json'), { sql, format: 'json' });
    expect(JSON.parse(await readFile(path('t.json'), 'utf8'))).toHaveLength(3);
    await exportAtlas(dir, path('t.parquet'), { table: 'head_pairs', format: 'parquet' });
    expect((await readFile(path('t.parquet'))).subarray(0, 4).toString()).toBe('PAR1');
  });

  it('writes nothing when it fails', async () => {
    const file = join(root, 'none', 'x.csv');
    await expect(exportAtlas(dir, file, { table: 'tokens', format: 'csv' })).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    const bad = { sql: 'DELETE FROM tokens', format: 'csv' } as const;
    await expect(exportAtlas(dir, join(root, 'x.csv'), bad)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    await expect(access(join(root, 'x.csv'))).rejects.toThrow();
  });
});

it('tells two models apart', async () => {
  const other = join(root, 'other');
  await buildAtlas(tinyModel({ words, seed: 2 }), other, { top: 7, pairs: 20, columns: 4, engine });
  const same = await diffAtlases(dir, dir, { among: 5, k: 100 });
  expect(same.neurons).toHaveLength(36);
  expect(same.neurons.every(({ shared, lost, gained }) => shared === 5 && lost.length + gained.length === 0)).toBe(
    true,
  );
  const { neurons, heads } = await diffAtlases(dir, other, { among: 5 });
  expect(neurons[0].lost).toHaveLength(5 - neurons[0].shared);
  expect(heads[0].gained).toHaveLength(5 - heads[0].shared);
  expect(neurons.map(({ shared }) => shared)).toEqual([...neurons.map(({ shared }) => shared)].sort((a, b) => a - b));
});
