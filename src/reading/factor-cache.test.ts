import { expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { FactorCache } from './factor-cache.ts';
import { headFactor } from './factors.ts';

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

it('keeps no preview', async () => {
  const kept = store();
  const factorCache = new FactorCache(undefined, kept);
  await headFactor(model, 0, 0, 'qk', 'first', { preview: true, factorCache });
  expect(kept.files.size).toBe(0);
});
