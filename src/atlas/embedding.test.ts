import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type TinyModel, tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readHead } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import { type Atlas, buildAtlas, openAtlas } from './atlas.node.ts';
import type { AtlasOptions } from './plan.ts';

const engine = referenceEngine();
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

  it('refuses what it cannot read so', async () => {
    const refused = buildAtlas(tinyModel(), '/nowhere', { engine, embedding: 'own', what: ['statistics'] });
    await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
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
