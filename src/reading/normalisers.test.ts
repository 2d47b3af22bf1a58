import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { memoryCache, tinyModel } from '../../test/tiny-model.ts';
import type { Engine } from '../engine/engine.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readHead } from './heads.ts';
import { readNeuron } from './neurons.ts';
import {
  errorOf,
  normaliser,
  normaliserNames,
  normalisers,
  parseNormalisers,
  writeNormalisers,
} from './normalisers.ts';

const engine = referenceEngine();

/** The reference engine, counting calls of `columnMeans` and the most rows in one. */
function counting(): Engine & { calls: number; rows: number } {
  return {
    ...engine,
    calls: 0,
    rows: 0,
    columnMeans(x, e, options) {
      this.calls++;
      this.rows = Math.max(this.rows, x.rows);
      return engine.columnMeans(x, e, options);
    },
  };
}

describe('normalisers', () => {
  it('are the notebook’s means over all layers, as fp32 numbers', async () => {
    for (const how of [{}, { foldNorm: true }, { embedding: 'embed' as const }, { embedding: 'own' as const }]) {
      const model = tinyModel();
      const found = await normalisers(model, undefined, { engine, ...how });
      expect([...found.keys()]).toEqual(['ff.key', 'ff.up', 'ff.value', 'attn.q', 'attn.k', 'attn.v', 'attn.o']);
      for (const [kind, f] of found) expect([...f]).toEqual(brute.freq(model, kind, how).map(Math.fround));
    }
  });

  it('take all experts’ neurons', async () => {
    const model = tinyModel({ experts: 3, gated: false });
    expect(normaliserNames(model)).not.toContain('ff.up');
    expect([...(await normaliser(model, 'ff.key', { engine }))]).toEqual(brute.freq(model, 'ff.key').map(Math.fround));
    await expect(normaliser(model, 'ff.up', { engine })).rejects.toMatchObject({ code: 'PARAMETER_UNKNOWN' });
  });

  it('are computed layer by layer, only what is needed, once', async () => {
    const model = tinyModel({ layers: 5 });
    const counted = counting();
    await Promise.all([
      readNeuron(model, 0, 1, { engine: counted, parts: ['key'] }),
      normaliser(model, 'ff.key', { engine: counted }),
    ]);
    expect(counted).toMatchObject({ calls: 5, rows: 6 });
    expect([...model.reads.keys()].sort()).toEqual([
      'embed', // As much of it as tells the note whether it differs.
      ...Array.from({ length: 5 }, (_, layer) => `layer.${layer}.ff.key`),
      'unembed',
    ]);
    expect(model.reads.get('unembed')).toBe(30);
  });

  it('come from the cache for another opening of the same checkpoint, bit for bit', async () => {
    const cache = memoryCache();
    const first = await normalisers(tinyModel({ cache }), ['attn.q', 'ff.value'], { engine });
    expect([...cache.files.keys()].every((name) => /^[\w.-]+$/.test(name) && name.includes('tiny-1'))).toBe(true);
    const reopened = tinyModel({ cache });
    const counted = counting();
    expect(await normalisers(reopened, ['attn.q', 'ff.value'], { engine: counted })).toEqual(first);
    expect(counted.calls).toBe(0);
    expect(reopened.reads.size).toBe(0);
    // Another checkpoint, other options and a damaged file are computed.
    await normaliser(tinyModel({ cache, seed: 2 }), 'attn.q', { engine: counted });
    await normaliser(reopened, 'attn.q', { engine: counted, foldNorm: true });
    for (const name of cache.files.keys()) cache.files.set(name, new Uint8Array(20));
    expect(await normaliser(tinyModel({ cache }), 'ff.value', { engine: counted })).toEqual(first.get('ff.value'));
    expect(counted.calls).toBe(6);
  });

  it('survive a cache that cannot be written', async () => {
    const cache = { ...memoryCache(), put: () => Promise.reject(new Error('disk full')) };
    expect(await normaliser(tinyModel({ cache }), 'ff.key', { engine })).toHaveLength(30);
  });

  it('are approximate only when asked for, unknown and faster, and the reading says so', async () => {
    const cache = memoryCache();
    const model = tinyModel({ cache });
    // An engine that approximates: by 3e-5, which it says.
    const rough: Engine = {
      ...engine,
      async columnMeans(x, e, options) {
        const means = await engine.columnMeans(x, e, options);
        if (!options?.approximate) return means;
        return { relu: means.relu.map((v) => v * 1.00003), abs: means.abs.map((v) => v * 1.00003), error: 3e-5 };
      },
    };
    const options = { engine: rough, approximate: true, parts: ['value' as const] };
    const said = {
      approximate: true,
      notes: expect.arrayContaining([model.notes[0], expect.stringContaining('largest error 3.0e-5')]),
    };
    expect((await readNeuron(model, 0, 0, options)).applied).toMatchObject(said);
    // From the cache it is known to be approximate too, and never taken for an exact one.
    const counted = counting();
    const reopened = tinyModel({ cache });
    const cached = await normaliser(reopened, 'ff.value', { engine: counted, approximate: true });
    expect([counted.calls, errorOf(cached)]).toEqual([0, Math.fround(3e-5)]);
    const exact = await normaliser(reopened, 'ff.value', { engine });
    expect(errorOf(exact)).toBe(undefined);
    expect([...exact]).toEqual(brute.freq(model, 'ff.value').map(Math.fround));
    for (const [i, f] of exact.entries()) expect(Math.abs(cached[i] / f - 1.00003)).toBeLessThan(1e-6);
    const again = await readNeuron(reopened, 0, 0, options);
    expect(again.applied.approximate).toBe(false);
    const none = await readHead(model, 0, 0, { ...options, normalize: 'none', k: 1 });
    expect(none.applied.approximate).toBe(false);
  });

  it('are exact, and kept as such, where the engine has no faster way', async () => {
    const cache = memoryCache();
    const reading = await readNeuron(tinyModel({ cache }), 0, 0, { engine, approximate: true, parts: ['value'] });
    expect(reading.applied.approximate).toBe(false);
    const counted = counting();
    await normaliser(tinyModel({ cache }), 'ff.value', { engine: counted });
    expect(counted.calls).toBe(0);
  });

  it('are made anew by a reader whose own signal did not fire', async () => {
    const model = tinyModel();
    const controller = new AbortController();
    const cancelled = normaliser(model, 'ff.key', { engine, signal: controller.signal });
    const other = normaliser(model, 'ff.key', { engine });
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await other).toHaveLength(30);
  });

  it('can be written to a file and read back', async () => {
    const all = await normalisers(tinyModel(), ['ff.key', 'attn.o'], { engine });
    expect(await parseNormalisers(await writeNormalisers(all))).toEqual(all);
  });

  it('leave out vectors that are not finite, and the readings say which', async () => {
    const cache = memoryCache();
    const damaged = (more: object = {}) => {
      const model = tinyModel({ cache, ...more });
      const value = model.arrays.get('layer.1.ff.value')!;
      [value.data[3 * 8 + 5], value.data[4 * 8]] = [Number.POSITIVE_INFINITY, Number.NaN];
      return model;
    };
    const model = damaged();
    const e = model.arrays.get('unembed')!;
    const vectors = [0, 1].flatMap((layer) => {
      const { data, rows } = model.arrays.get(`layer.${layer}.ff.value`)!;
      return Array.from({ length: rows }, (_, i) => data.slice(i * 8, (i + 1) * 8));
    });
    const usable = vectors.filter((x) => x.every(Number.isFinite));
    expect([vectors.length, usable.length]).toEqual([12, 10]);
    const mean = (row: number): number => {
      const scores = usable.map((x) => x.reduce((sum, a, i) => sum + a * e.data[row * 8 + i], 0));
      return scores.reduce((sum, score) => sum + Math.max(score, 0), 0) / usable.length + 1e-9;
    };
    const note = 'The means of freq leave out 2 vectors that are not finite: layer.1.ff.value[3], layer.1.ff.value[4].';
    // Computed, then from the cache.
    for (const own of [model, damaged()]) {
      const f = await normaliser(own, 'ff.value', { engine });
      for (const [row, value] of f.entries()) expect(Math.abs(value / mean(row) - 1)).toBeLessThan(1e-6);
      const { applied, parts } = await readNeuron(own, 0, 0, { engine, parts: ['value'] });
      expect(applied.notes).toContain(note);
      expect(parts.value!.top.every(({ score }) => Number.isFinite(score))).toBe(true);
      const plain = await readNeuron(own, 0, 0, { engine, normalize: 'none', parts: ['value'] });
      expect(plain.applied.notes).not.toContain(note);
    }
    // Other kinds are as they were.
    expect((await readNeuron(model, 0, 0, { engine, parts: ['key'] })).applied.notes).not.toContain(note);
    // A vector that is asked for has to be finite, and there has to be one.
    await expect(readNeuron(model, 1, 3, { engine, parts: ['value'] })).rejects.toMatchObject({ code: 'NOT_FINITE' });
  });
});
