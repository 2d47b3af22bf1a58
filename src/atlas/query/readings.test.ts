import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { readHead } from '../../reading/heads.ts';
import { readNeuron } from '../../reading/neurons.ts';
import { compositions } from '../../reading/statistics/composition.ts';
import { readDirections } from '../../reading/statistics/directions.ts';
import { headSpectrum } from '../../reading/statistics/spectrum.ts';
import { neuronsByShare } from '../../reading/token-shares.ts';
import { type Atlas, buildAtlas, openAtlas } from '../atlas.node.ts';
import { ATLAS_PARTS } from '../schema.ts';

const words = ['king', ' king', ' King', ' kingdom', 'ing', ...Array.from({ length: 25 }, (_, i) => ` w${i}`)];
const engine = referenceEngine();

describe.each([
  ['plain', tinyModel({ words })],
  ['experts, no gates', tinyModel({ words, experts: 2, gated: false, seed: 4 })],
])('an atlas of a model with %s', (_, model) => {
  let dir: string;
  let atlas: Atlas;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'atlas-readings-'));
    await buildAtlas(model, dir, { top: 7, pairs: 20, columns: 4, what: ATLAS_PARTS, engine });
    atlas = await openAtlas(dir);
  });
  afterAll(async () => {
    atlas.close();
    await rm(dir, { recursive: true });
  });

  it('reads a neuron as readNeuron does', async () => {
    const which = model.dimensions.experts > 0 ? { expert: 1 } : {};
    const { norms, statistics, ...reading } = await atlas.neuron(1, 2, { k: 5, bottom: 3, ...which });
    expect(reading).toEqual(await readNeuron(model, 1, 2, { k: 5, bottom: 3, engine, ...which }));
    const rows = await atlas.sql(
      `SELECT part, norm FROM neurons WHERE layer = 1 AND neuron = 2 AND expert = ${reading.expert ?? 0}`,
    );
    expect(norms).toEqual(Object.fromEntries(rows.map(({ part, norm }) => [part, norm])));
    expect(statistics).toHaveProperty('kurtosis');
    expect(Object.keys((await atlas.neuron(0, 0, { parts: ['key'] })).parts)).toEqual(['key']);
    await expect(atlas.neuron(0, 6)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
    await expect(atlas.neuron(0, 0, { parts: ["'" as 'key'] })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it.each([false, true])('reads a head as readHead does (ascending: %s)', async (ascending) => {
    const { statistics, ...reading } = await atlas.head(1, 3, { k: 12, ascending });
    expect(reading).toEqual(await readHead(model, 1, 3, { k: 12, ascending: ascending || undefined, engine }));
    expect(statistics!.qk).toHaveProperty('copying_z');
    expect(await atlas.head(1, 3, { matrices: ['qk'] })).not.toHaveProperty('vo');
    await expect(atlas.head(2, 0)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });

  it("gives a token's best neurons and heads", async () => {
    const { neurons, heads, ...token } = await atlas.token(1, { k: 3 });
    expect(token).toEqual({ id: 1, token: ' king', label: '·king' });
    for (const [part, { top, bottom }] of Object.entries(neurons)) {
      for (const [sign, list] of [
        ['+', top],
        ['-', bottom],
      ] as const) {
        const end = sign === '+' ? 'DESC' : 'ASC';
        const rows = await atlas.sql(
          `SELECT layer, expert, neuron, score, abs(score) / reading_norm AS share
           FROM token_neurons JOIN neurons USING (layer, expert, neuron, part)
           WHERE token = 1 AND part = '${part}' AND sign = '${sign}'
           ORDER BY score / reading_norm ${end}, score ${end}, layer, expert, neuron LIMIT 3`,
        );
        expect(list.map(({ top, bottom, ...row }) => row)).toEqual(rows);
      }
    }
    // From the weights likewise, given the sizes of this atlas.
    const sizes = { columns: 4, top: 7, k: 3 };
    const bare = JSON.parse(JSON.stringify(neurons), (name, value) =>
      ['top', 'bottom'].includes(name) && typeof value === 'string' ? undefined : value,
    );
    expect(bare).toEqual(await neuronsByShare(model, 1, { ...sizes, engine }));
    expect(Object.keys(neurons)).toEqual(model.dimensions.gated ? ['key', 'up', 'value'] : ['key', 'value']);
    expect(heads.vo!.top).toEqual(
      await atlas.sql(
        `SELECT layer, head, score, pair_rank AS "pairRank" FROM token_heads
         WHERE token = 1 AND matrix = 'vo' AND sign = '+' AND rank <= 3 ORDER BY rank`,
      ),
    );
    await expect(atlas.token(30)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });

  it('gives every statistic of all neurons and heads as a column', async () => {
    for (const kind of ['neurons', 'heads'] as const) {
      for (const name of atlas.statisticNames(kind)) {
        const { value, layer, expert, index } = await atlas.statistics(kind, name);
        const { dimensions: d } = model;
        expect(value).toHaveLength(d.layers * (kind === 'neurons' ? d.neurons * (d.experts || 1) : d.heads));
        const at = value.length - 1;
        const { statistics, ...last } =
          kind === 'neurons'
            ? await atlas.neuron(layer[at], index[at], { expert: expert[at] })
            : await atlas.head(layer[at], index[at]);
        const own = (kind === 'neurons' ? statistics : (statistics as { vo: object }).vo) as Record<
          string,
          number | null
        >;
        if (name === 'norm' && 'norms' in last) expect(value[at]).toBe(last.norms.value);
        if (name in own) expect(value[at]).toBe(own[name] ?? Number.NaN);
      }
    }
    const qk = await atlas.statistics('heads', 'copying', { matrix: 'qk', layer: 1 });
    expect([...qk.value]).toEqual(
      (await atlas.sql("SELECT copying AS c FROM head_stats WHERE matrix = 'qk' AND layer = 1 ORDER BY head")).map(
        ({ c }) => c,
      ),
    );
    await expect(atlas.statistics('heads', 'norm; SELECT 1')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it("gives a head's singular values and spans", async () => {
    const { values, spans, directions } = await atlas.spectrum(1, 2, 'qk');
    const own = await headSpectrum(model, 1, 2, 'qk');
    expect(values).toEqual(own.values.slice(0, values.length));
    expect(spans).toEqual(own.spans);
    expect(directions).toEqual(await readDirections(model, own, { engine }));
    await expect(atlas.spectrum(5, 0, 'vo')).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });

  it('gives compositions of heads in order', async () => {
    for await (const { to, heads, score, z } of compositions(model, { engine })) {
      const rows = await atlas.compositions({ to: [to, 1], kind: 'k', k: 100 });
      expect(rows).toHaveLength(heads[0]);
      expect(rows.map((row) => row.score)).toEqual(rows.map((row) => score.k[row.from_head * heads[1] + 1]));
      expect(rows.map((row) => row.z)).toEqual(rows.map((row) => z.k[row.from_head * heads[1] + 1]));
      expect(rows.map((row) => row.score)).toEqual(rows.map((row) => row.score).sort((a, b) => b - a));
    }
    const [best] = await atlas.compositions({ k: 1 });
    expect(await atlas.sql('SELECT max(score) AS best FROM head_compositions')).toEqual([{ best: best.score }]);
  });

  it('gives relation scores in order', async () => {
    const rows = await atlas.relations({ layer: 1, sort: 'suppressed', k: 5 });
    expect(rows).toHaveLength(5);
    expect(rows.every(({ layer }) => layer === 1)).toBe(true);
    // A share stands before its own z, p and q.
    const names = Object.keys(rows[0]).filter((name) => /^(promoted|suppressed)/.test(name));
    expect(names.slice(0, 5)).toEqual([
      'promoted',
      'promoted_z',
      'promoted_shuffled_z',
      'promoted_p',
      'promoted_shuffled_p',
    ]);
    expect(names.indexOf('promoted_q')).toBe(names.indexOf('suppressed') - 1);
    const [{ relation }] = rows;
    expect(await atlas.relations({ relation, head: 0, k: 100 })).toHaveLength(model.dimensions.layers);
    expect(await atlas.relations({ relation: "'; DROP" })).toEqual([]);
  });
});
