import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import type { Engine } from '../engine/engine.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { FactorCache } from './factor-cache.ts';
import { headFactor } from './factors.ts';
import { HeadRankings } from './head-ranking.ts';
import { readHead } from './heads.ts';
import { normaliser } from './normalisers.ts';
import { previewOf } from './preview.ts';

const model = tinyModel();

/** A store in memory that counts what is made of it. */
function store() {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    get: async (key: string) => files.get(key),
    put: async (key: string, bytes: Uint8Array) => {
      files.set(key, bytes);
    },
  };
}

for (const normalize of ['freq', 'none'] as const) {
  it(`gives a factor from its store as it was made, to the bit, with ${normalize}`, async () => {
    const kept = store();
    const read = (factorCache: FactorCache) => headFactor(model, 0, 1, 'vo', 'first', { normalize, factorCache });
    const made = await read(new FactorCache(undefined, kept));
    expect(kept.files.size).toBe(1);
    const never = { ...kept, put: () => Promise.reject(new Error('it was made again')) };
    const found = await read(new FactorCache(undefined, never));
    expect(found).toEqual(made);
    expect(found.factor.data).not.toBe(made.factor.data);
  });
}

it('makes a factor again whose bytes are not all there, and does without a store that fails', async () => {
  const kept = store();
  const read = (factorCache: FactorCache) => headFactor(model, 0, 0, 'qk', 'second', { factorCache });
  const made = await read(new FactorCache(undefined, kept));
  for (const [key, bytes] of kept.files) kept.files.set(key, bytes.slice(0, -1));
  expect(await read(new FactorCache(undefined, kept))).toEqual(made);
  const broken = { get: () => Promise.reject(new Error('no disk')), put: () => Promise.reject(new Error('no disk')) };
  expect(await read(new FactorCache(undefined, broken))).toEqual(made);
});

describe('of what may be a preview', () => {
  // 1280 vectors of each kind, so that a sample saves something.
  const many = () => tinyModel({ layers: 40, heads: 8, kvHeads: 8, headDim: 4 });
  /** An engine that counts its products, which only factors need, and its searches. */
  const counting = () => {
    const made = { factors: 0, searches: 0 };
    const { matmul, topPairs, ...rest } = referenceEngine();
    const engine: Engine = {
      ...rest,
      matmul: (...of) => {
        made.factors++;
        return matmul(...of);
      },
      topPairs: (...of) => {
        made.searches++;
        return topPairs(...of);
      },
    };
    return { made, engine };
  };

  it('keeps no preview in its store, and never gives it for the exact one', async () => {
    const [kept, model] = [store(), many()];
    const factorCache = new FactorCache(undefined, kept);
    const guess = await headFactor(model, 0, 0, 'qk', 'first', { preview: true, factorCache });
    expect(previewOf(guess.f)).toBeDefined();
    expect(kept.files.size).toBe(0);
    const exact = await headFactor(model, 0, 0, 'qk', 'first', { factorCache });
    expect(exact).toEqual(await headFactor(many(), 0, 0, 'qk', 'first', {}));
    expect(kept.files.size).toBe(1);
  });

  for (const normalize of ['freq', 'cosine', 'none'] as const)
    it(`makes each factor once where the preview is exact, with ${normalize}`, async () => {
      const [{ made, engine }, model] = [counting(), many()];
      const how = { engine, normalize, factorCache: new FactorCache(undefined, store()) };
      if (normalize === 'freq')
        for (const kind of ['attn.q', 'attn.k'] as const) await normaliser(model, kind, { engine });
      const first = await readHead(model, 0, 0, { ...how, preview: true, matrices: ['qk'], k: 5 });
      expect(first.applied).not.toHaveProperty('preview');
      expect(made.factors).toBe(2);
      expect(await readHead(model, 0, 0, { ...how, matrices: ['qk'], k: 5 })).toEqual(first);
      expect(made.factors).toBe(2);
    });

  it('makes each factor once where a sample would save nothing', async () => {
    const [{ made, engine }, few] = [counting(), tinyModel()];
    const how = { engine, factorCache: new FactorCache() };
    await readHead(few, 0, 0, { ...how, preview: true, matrices: ['qk'] });
    await readHead(few, 0, 0, { ...how, matrices: ['qk'] });
    expect(made.factors).toBe(2);
  });

  it('ranks a head once where the preview is exact, and keeps no ranking of a preview', async () => {
    const [{ made, engine }, model, rankings] = [counting(), many(), new HeadRankings()];
    const guess = await rankings.get(model, 0, 0, 'qk', { engine, preview: true });
    expect(guess.used.map(previewOf)).not.toContain(undefined);
    expect(rankings.size).toBe(0);
    const exact = await rankings.get(model, 0, 0, 'qk', { engine });
    expect(exact.used.map(previewOf)).toEqual([undefined, undefined]);
    const { searches } = made;
    expect(await rankings.get(model, 0, 0, 'qk', { engine, preview: true })).toBe(exact);
    expect(made.searches).toBe(searches);
  });
});
