import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type TinyModel, tinyModel } from '../../test/tiny-model.ts';
import { openEngine } from '../engine/select.ts';
import { readHead } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import { headCopying } from '../reading/statistics/copying.ts';
import { readDirections } from '../reading/statistics/directions.ts';
import { falseDiscoveries } from '../reading/statistics/drawn.ts';
import { neuronStatistics } from '../reading/statistics/neurons.ts';
import { headSelf } from '../reading/statistics/self.ts';
import { headSpectrum } from '../reading/statistics/spectrum.ts';
import { type Atlas, buildAtlas, openAtlas } from './atlas.node.ts';
import type { AtlasOptions } from './plan.ts';
import { DEFAULT_PARTS } from './schema.ts';

// Random heads are ranked over thousands of tokens, for which the reference engine takes minutes.
const engine = await openEngine('wasm');
afterAll(() => engine.close());
const words = Array.from({ length: 30 }, (_, i) => ` w${i}`);

async function withAtlas(model: TinyModel, options: AtlasOptions, check: (atlas: Atlas) => Promise<void>) {
  const dir = await mkdtemp(join(tmpdir(), 'atlas-'));
  try {
    await buildAtlas(model, dir, { top: 40, pairs: 2000, columns: 4, ...options, engine });
    const atlas = await openAtlas(dir);
    await check(atlas);
    atlas.close();
  } finally {
    await rm(dir, { recursive: true });
  }
}

describe('an atlas', () => {
  it('holds the readings of each side with its own embedding, and says so', async () => {
    const model = tinyModel({ words });
    const how = { engine, embedding: 'own' } as const;
    await withAtlas(model, { embedding: 'own' }, async (atlas) => {
      const { expert: _, norms: __, ...neuron } = await atlas.neuron(1, 3, { k: 30, bottom: 30 });
      expect(neuron).toEqual(await readNeuron(model, 1, 3, { ...how, k: 30, bottom: 30 }));
      expect(await atlas.head(0, 1, { k: 900 })).toEqual(await readHead(model, 0, 1, { ...how, k: 900 }));
    });
  });

  it('has the statistics of each side with its own embedding', async () => {
    const model = tinyModel({ words });
    const how = { engine, embedding: 'own' } as const;
    await withAtlas(model, { embedding: 'own', what: [...DEFAULT_PARTS, 'statistics'] }, async (atlas) => {
      const [first] = await atlas.neurons({ sort: 'kurtosis', k: 1 });
      const found = await atlas.sql('SELECT kurtosis, kurtosis_p, kurtosis_q FROM neuron_stats');
      expect(found).toContainEqual({ kurtosis: first.value, kurtosis_p: first.p, kurtosis_q: first.q });
      const rows = await atlas.sql("SELECT * FROM head_stats WHERE layer = 1 AND matrix = 'vo' ORDER BY head");
      const copying = await headCopying(model, 1, 'vo', how);
      expect(rows.map((row) => row.copying)).toEqual(copying.map(({ score }) => score.value));
      const self = await headSelf(model, 1, 'vo', how);
      expect(rows.map((row) => row.self_top5)).toEqual(self.map(({ top5 }) => top5.value));
      const { directions } = await atlas.spectrum(1, 2, 'vo');
      const spectrum = await headSpectrum(model, 1, 2, 'vo');
      const read = await readDirections(model, spectrum, how);
      expect(directions[0].left.top[0]).toMatchObject({ id: read[0].left.top[0].id, z: read[0].left.top[0].z });
      expect(directions[0].left.top[0].p).toBeCloseTo(read[0].left.top[0].p, 12);
    });
  });

  it('counts own places among the tokens that a live reading looks up, and all tokens for kurtosis', async () => {
    const model = tinyModel({ vocab: 6000, hidden: 4, headDim: 2, layers: 1, neurons: 3 });
    await withAtlas(model, { what: ['statistics'] }, async (atlas) => {
      for (const matrix of ['vo', 'qk'] as const) {
        const rows = await atlas.sql(`SELECT * FROM head_stats WHERE matrix = '${matrix}' ORDER BY head`);
        const self = await headSelf(model, 0, matrix, { engine });
        expect(self.map(({ tokens }) => tokens)).toEqual([4096, 4096, 4096, 4096]);
        for (const [head, { tokens, top1, top5, bottom1, bottom5 }] of self.entries()) {
          expect(rows[head]).toMatchObject({
            ...{ self_tokens: tokens, self_top1: top1.value, self_top5: top5.value },
            ...{ self_bottom1: bottom1.value, self_bottom5: bottom5.value, self_bottom5_p: bottom5.random!.p },
          });
        }
      }
      const { parts } = await neuronStatistics(model, 0, { engine });
      const rows = await atlas.sql('SELECT kurtosis, kurtosis_p, kurtosis_q FROM neuron_stats ORDER BY neuron');
      expect(rows.map(({ kurtosis }) => kurtosis)).toEqual([...parts.value!.moments!.kurtosis]);
      expect(rows.map((row) => row.kurtosis_p)).toEqual([...parts.value!.p!.kurtosis]);
      expect(rows.map((row) => row.kurtosis_q)).toEqual([...falseDiscoveries(parts.value!.p!.kurtosis)]);
    });
  });

  it('leaves out tokens whose rows of E are not finite, and says which', async () => {
    const model = tinyModel({ words });
    model.arrays.get('unembed')!.data[5 * 8] = Number.NaN;
    await withAtlas(model, {}, async (atlas) => {
      const { expert: _, norms: __, ...neuron } = await atlas.neuron(1, 3, { k: 40, bottom: 40 });
      expect(neuron).toEqual(await readNeuron(model, 1, 3, { engine, k: 40, bottom: 40 }));
      expect(neuron.applied.notes.join(' ')).toMatch(/1 token is left out.*5 \(·w5\)/);
      expect(neuron.parts.key?.top).toHaveLength(29);
      const head = await atlas.head(0, 1, { k: 2000 });
      expect(head).toEqual(await readHead(model, 0, 1, { engine, k: 2000 }));
      expect(head.vo?.count).toBe(29 * 29);
      for (const table of ['neuron_tokens', 'direction_tokens', 'token_neurons', 'token_heads'])
        expect(await atlas.sql(`SELECT * FROM ${table} WHERE token = 5 AND NOT isnan(score)`), table).toEqual([]);
      const { neurons, heads } = await atlas.token(5);
      expect([neurons.key?.top ?? [], heads.vo?.top ?? []]).toEqual([[], []]);
    });
  });
});
