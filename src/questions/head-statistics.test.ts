import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { type Atlas, buildAtlas, openAtlas } from '../atlas/atlas.node.ts';
import { modelFacts } from '../atlas/facts.ts';
import { settingsOf } from '../atlas/plan.ts';
import { Floors } from '../atlas/units/context.ts';
import { headNumberOf } from '../atlas/units/head-columns.ts';
import { heads } from '../atlas/units/heads.ts';
import { defaultEngine } from '../engine/select.ts';
import { openModel } from '../node.ts';
import { COLUMNS, unflattened } from '../reading/statistics/columns.ts';
import { statisticRows } from '../reading/statistics/whole-model.ts';
import { liveStatistics, storedStatistics } from './head-statistics.ts';
import { readOptions } from './parameters.ts';
import { HeadStatistics } from './results.ts';

// Two of the words are a relation's: capitals.
const words = [' France', ' Paris', ...Array.from({ length: 28 }, (_, i) => ` w${i}`)];

describe('statistics from an atlas and from the weights', () => {
  let dir: string;
  let atlas: Atlas;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'head-statistics-'));
    // The lists that overlaps are counted from are as long here as there are tokens.
    await buildAtlas(tinyModel({ words }), dir, { what: ['neurons', 'statistics'], top: 100 });
    atlas = await openAtlas(dir);
  });
  afterAll(async () => {
    atlas?.close();
    await rm(dir, { recursive: true });
  });

  it.each(['vo', 'qk'] as const)('are the same numbers of a head: %s', async (matrix) => {
    for (const head of [0, 3]) {
      const stored = HeadStatistics.parse(JSON.parse(JSON.stringify(await storedStatistics(atlas, 1, head, matrix))));
      // As the route asks: whatever was not said is undefined.
      const live = await liveStatistics(tinyModel({ words }), 1, head, matrix, readOptions({}));
      for (const name of ['copying', 'diagonal'] as const) expect(live[name]).toMatchObject(stored[name]);
      expect(live.self).toMatchObject(stored.self);
      const [of] = stored.relations.filter(({ relation }) => relation === 'capitals');
      if (matrix === 'vo') expect(live.relations).toContainEqual(expect.objectContaining({ pairs: of.pairs }));
    }
  });

  it.each(['heads', 'neurons'] as const)('are the same rows of all %s, with p and q', async (kind) => {
    const { rows } = await statisticRows(tinyModel({ words }), kind);
    const table = kind === 'heads' ? 'head_stats' : 'neuron_stats';
    const order = kind === 'heads' ? 'layer, head, matrix DESC' : 'layer, expert, neuron';
    expect(rows).toEqual(await atlas.sql(`SELECT * FROM ${table} ORDER BY ${order}`));
    const some = await statisticRows(tinyModel({ words }), kind, { layers: [1] });
    expect(some.rows.map(({ layer }) => layer).every((layer) => layer === 1)).toBe(true);
    await expect(statisticRows(tinyModel({ words }), kind, { layers: [2] })).rejects.toMatchObject({
      code: 'OUT_OF_RANGE',
    });
  });
});

it('counts the same tokens of the sample’s own places for an atlas as live', async () => {
  const sample = await openModel('sample');
  // Relations, which have a test of their own, need words and take the most time.
  const model = { ...sample, parameters: sample.parameters, vocabulary: undefined };
  const settings = settingsOf(modelFacts(model), { what: ['statistics'], layers: [1] });
  const engine = await defaultEngine();
  const context = { model, facts: modelFacts(model), settings, engine, normalisers: new Map(), floors: new Floors() };
  const { arrays } = await heads.compute({ kind: 'heads', layer: 1, from: 3, to: 6 }, context, {});
  const { self } = await liveStatistics(model, 1, 5, 'vo', { ...readOptions({}), engine });
  const place = { layer: 1, head: 5, matrix: 'vo' } as const;
  const stored = (name: string) => {
    const columns = COLUMNS.heads.get(name)!.map((column) => [column.name, headNumberOf(arrays!, place, column.name)]);
    return unflattened('heads', name, Object.fromEntries(columns));
  };
  expect(self.tokens).toBe(4096);
  for (const name of ['top1', 'top5', 'bottom1', 'bottom5'] as const)
    expect(self[name]).toMatchObject(stored(`self_${name}`));
  await sample.close();
}, 120_000);
