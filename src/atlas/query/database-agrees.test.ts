import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORDS } from '../../../test/served.ts';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { buildAtlas } from '../atlas.node.ts';
import type { Atlas } from './atlas.ts';
import { openAtlas } from './open.node.ts';

/** What is taken from the files of statistics here, beside what DuckDB makes of the same files. */

let folder: string;
let atlas: Atlas;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atlas-agrees-'));
  const what = ['neurons', 'heads', 'statistics'] as const;
  const model = tinyModel({ words: WORDS, seed: 5 });
  await buildAtlas(model, folder, { top: 4, pairs: 10, columns: 3, engine: referenceEngine(), what: [...what] });
  atlas = await openAtlas(folder);
});
afterAll(async () => {
  atlas?.close();
  await rm(folder, { recursive: true });
});

/** Benjamini and Hochberg (1995) by window functions, of rows that have a p. */
const ranked = (p: string, by: string): string =>
  `row_number() OVER (PARTITION BY ${by}, ${p} IS NULL ORDER BY ${p}) AS r_${p}, count(*) OVER (PARTITION BY ${by}, ${p} IS NULL) AS n_${p}`;
const q = (p: string, by: string): string =>
  `CASE WHEN ${p} IS NOT NULL THEN least(1, min(${p} * n_${p} / r_${p}) OVER (PARTITION BY ${by}, ${p} IS NULL ORDER BY r_${p} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)) END`;

const ENDS = ['promoted', 'suppressed'];
const RELATIONS = `SELECT * EXCLUDE (${ENDS.flatMap((end) => [`l_${end}`, `r_l_${end}`, `n_l_${end}`]).join(', ')}),
    ${ENDS.map((end) => `${q(`l_${end}`, 'relation, matrix')} AS ${end}_q`).join(', ')}
  FROM (SELECT *, ${ENDS.map((end) => ranked(`l_${end}`, 'relation, matrix')).join(', ')}
    FROM (SELECT *, ${ENDS.map((end) => `greatest(${end}_p, ${end}_copying_p) AS l_${end}`).join(', ')} FROM head_relations))`;
const COMPOSITIONS = `SELECT * EXCLUDE (r_p, n_p), ${q('p', 'kind')} AS q FROM (SELECT *, ${ranked('p', 'kind')} FROM head_compositions)`;
const K = 10_000;

describe('an atlas’s statistics', () => {
  it.each(['promoted', 'promoted_q', 'suppressed_p', 'suppressed_copying_z', 'identity'])(
    'of relations are as DuckDB has them, in order of %s either way',
    async (sort) => {
      for (const ascending of [false, true]) {
        const direction = ascending ? 'ASC' : 'DESC';
        const rows = await atlas.sql(
          `SELECT * FROM (${RELATIONS}) ORDER BY ${sort} ${direction} NULLS LAST, layer, head, relation`,
        );
        expect(rows.length).toBeGreaterThan(0);
        // In files what was added later stands behind, so that names come in another order.
        const sorted = (all: readonly object[]) =>
          JSON.stringify(all.map((row) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
        expect(sorted(await atlas.relations({ sort, ascending, k: K }))).toBe(sorted(rows));
      }
    },
  );

  it.each(['score', 'z', 'p'] as const)('of compositions are as DuckDB has them, in order of %s', async (sort) => {
    const order = 'from_layer, from_head, to_layer, to_head, kind';
    const rows = await atlas.sql(`SELECT * FROM (${COMPOSITIONS}) ORDER BY ${sort} DESC, ${order}`);
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(await atlas.compositions({ sort, k: K }))).toBe(JSON.stringify(rows));
  });

  it.each(['heads', 'neurons'] as const)('of %s are as DuckDB has them, nulls last', async (kind) => {
    const [table, key] =
      kind === 'heads' ? ['head_stats', 'layer, head, matrix'] : ['neuron_stats', 'layer, expert, neuron'];
    const own = kind === 'heads' ? ['best', 'worst'] : ['norm', 'reading_norm', 'best', 'worst'];
    for (const sort of atlas.statisticNames(kind).filter((name) => !own.includes(name))) {
      const rows = await atlas.sql(
        `SELECT ${key}, ${sort} AS value FROM ${table} ORDER BY value DESC NULLS LAST, ${key}`,
      );
      const found = kind === 'heads' ? await atlas.heads({ sort, k: K }) : await atlas.neurons({ sort, k: K });
      const places = found.map((row) => key.split(', ').map((name) => row[name as keyof typeof row]));
      expect([sort, places]).toEqual([sort, rows.map((row) => key.split(', ').map((name) => row[name]))]);
      expect(found.map(({ value }) => value)).toEqual(rows.map(({ value }) => value));
    }
  });
});
