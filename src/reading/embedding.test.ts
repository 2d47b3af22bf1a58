import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { memoryCache, type TinyModel, tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { embedding, embeddingOf, embeddingsDiffer, leftOutRows } from './embedding.ts';
import { readEntries } from './entries.ts';
import { HeadRankings } from './head-ranking.ts';
import { readHead, readHeadRow } from './heads.ts';
import { headHeatMap } from './heat-map.ts';
import { neuronHistograms } from './histogram.ts';
import { readNeuron } from './neurons.ts';
import { normaliser, normalisers } from './normalisers.ts';
import { gaussian } from './statistics/nulls.ts';
import { tokenHeads, tokenNeurons } from './token-places.ts';
import { readToken } from './token-report.ts';
import type { ReadOptions } from './types.ts';
import { readVector } from './vectors.ts';

const engine = referenceEngine();
const own = { engine, embedding: 'own' } as const;
const SIZES = { vocab: 24, hidden: 24, headDim: 24, heads: 1, kvHeads: 1, layers: 1 };
const OUT = 5;

/**
 * Two embeddings of normal random numbers that are each orthonormal, so that W_V = E_inᵀ, W_O = E_out copies every
 * token exactly: E_in W_V W_O E_outᵀ is the identity.
 */
function copier(seed: number): TinyModel {
  const model = tinyModel({ ...SIZES, seed });
  const [embed, unembed] = ['embed', 'unembed'].map((name, i) => orthonormal(model, name, 100 * seed + i));
  const [v, o] = ['v', 'o'].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data);
  // Vector i of W_V is a row of embed, so that it reads token i alone; vector i of W_O writes token i alone.
  v.set(embed);
  o.set(unembed);
  return model;
}

function orthonormal(model: TinyModel, name: string, seed: number): Float32Array {
  const { data, rows, columns: d } = model.arrays.get(name)!;
  const q = gaussian(data.length, seed);
  for (let i = 0; i < rows; i++) {
    const row = q.subarray(i * d, (i + 1) * d);
    for (let j = 0; j < i; j++) {
      const other = q.subarray(j * d, (j + 1) * d);
      const product = row.reduce((sum, x, t) => sum + x * other[t], 0);
      for (let t = 0; t < d; t++) row[t] -= product * other[t];
    }
    const length = Math.hypot(...row);
    for (let t = 0; t < d; t++) row[t] /= length;
  }
  data.set(q);
  return data;
}

describe('each side with its own embedding', () => {
  it('is embed for what reads the residual stream, unembed for what writes to it', () => {
    const sides = (['ff.key', 'ff.up', 'ff.value', 'attn.q', 'attn.k', 'attn.v', 'attn.o'] as const).map((kind) =>
      embeddingOf(kind, 'own'),
    );
    expect(sides).toEqual(['embed', 'embed', 'unembed', 'embed', 'embed', 'embed', 'unembed']);
    expect(embeddingOf(undefined, 'own')).toBe('unembed');
    expect([embeddingOf('ff.key', 'embed'), embeddingOf('ff.value', 'embed')]).toEqual(['embed', 'embed']);
    expect(embeddingOf('ff.key')).toBe('unembed');
  });

  it('shows a perfect copier as the diagonal of VO, which one table on both sides does not', async () => {
    const model = copier(3);
    const how = { engine, matrices: ['vo'], normalize: 'none', k: SIZES.vocab, above: 0.5 } as const;
    const { vo } = await readHead(model, 0, 0, { ...how, embedding: 'own' });
    expect(vo?.count).toBe(SIZES.vocab);
    expect(vo?.pairs.map(({ first, second }) => first.id - second.id)).toEqual(new Array(SIZES.vocab).fill(0));
    for (const { score } of vo!.pairs) expect(score).toBeCloseTo(1, 5);
    const usual = (await readHead(model, 0, 0, { ...how, above: undefined, k: SIZES.vocab })).vo!;
    expect(usual.pairs.filter(({ first, second }) => first.id === second.id).length).toBeLessThan(SIZES.vocab / 2);
    const row = await readHeadRow(model, 0, 0, 'vo', 7, { ...own, normalize: 'none', k: 1 });
    expect(row.top[0].id).toBe(7);
    const { scores } = await headHeatMap(model, 0, 0, 'vo', { ...own, normalize: 'none', rows: 4, columns: 4 });
    expect(scores.map((line) => Math.max(...line)).every((score) => score > 0.99)).toBe(true);
    const { vo: ranked } = await tokenHeads(model, 7, { ...own, normalize: 'none', matrices: ['vo'] });
    expect(ranked?.top[0].score).toBeCloseTo(1, 5);
  });

  it.each(['freq', 'none', 'cosine'] as const)(
    'finds the token whose input row a key is, with %s',
    async (normalize) => {
      const model = tinyModel({ seed: 5, vocab: 200, hidden: 32, neurons: 40 });
      const row = model.arrays.get('embed')!.data.slice(OUT * 32, (OUT + 1) * 32);
      model.arrays.get('layer.1.ff.key')!.data.set(row, 3 * 32);
      const { parts, applied } = await readNeuron(model, 1, 3, { ...own, normalize, parts: ['key'], k: 1 });
      expect(parts.key?.top[0].id).toBe(OUT);
      expect(applied).toMatchObject({ embedding: 'own' });
      expect(applied.notes).toContain('Each side stands against its own embedding: key against embed.');
      expect((await readVector(model, 'ff:1:3.key', { ...own, normalize, k: 1 })).top[0].id).toBe(OUT);
      expect((await readVector(model, 'layer.1.ff.key[3]', { ...own, normalize, k: 1 })).top[0].id).toBe(OUT);
      // Beside a key a token is a row of the table that keys stand against: nothing is left of their difference.
      const none = await readVector(model, `ff:1:3.key - tok:#${OUT}`, { ...own, normalize: 'none', k: 1 });
      expect(none.top[0].score).toBe(0);
      const { neurons } = await readToken(model, OUT, { ...own, normalize, k: 1 });
      if (normalize !== 'freq') expect(neurons.key?.top[0]).toMatchObject({ layer: 1, neuron: 3 });
    },
  );

  it('reads vectors of both sides, and of none, against unembed', async () => {
    const model = tinyModel();
    for (const text of ['ff:0:1.key + ff:0:1.value', 'tok:#3', 'pos:2', 'norm.final']) {
      const { top, applied } = await readVector(model, text, own);
      expect(top, text).toEqual((await readVector(model, text, { engine })).top);
      expect(applied.notes.at(-1)).toMatch(/a vector of no one side against unembed/);
    }
  });

  it('gives every other reading the same scores', async () => {
    const model = tinyModel({ seed: 2 });
    const [vo] = [brute.interaction(model, 1, 2, 'vo', { embedding: 'own' })];
    const entries = await readEntries(model, 1, 2, 'vo', { ...own, sampleEntries: 0, threshold: 0 });
    expect(entries.count).toBe(vo.flat().filter((score) => score > 0).length);
    for (const { first, second, score } of entries.pairs) expect(score).toBe(vo[first.id][second.id]);
    const rankings = new HeadRankings();
    for (const matrix of ['vo', 'qk'] as const) await rankings.get(model, 1, 2, matrix, own);
    expect(await rankings.read(model, 1, 2, own)).toEqual(await readHead(model, 1, 2, own));
    expect(await rankings.read(model, 1, 2, { engine })).toBeUndefined();
    const scores = brute.tokenScores(model, brute.vectors(model, 0, 'ff.key')[2], 'ff.key', { embedding: 'own' });
    expect((await neuronHistograms(model, 0, 2, own)).parts.key?.max).toBe(Math.max(...scores));
    const places = await tokenNeurons(model, 4, { ...own, k: 100 });
    expect(places.key?.top.find(({ layer, neuron }) => layer === 0 && neuron === 2)?.score).toBe(scores[4]);
    const { vo: heads } = await tokenHeads(model, 4, { ...own, k: 100 });
    expect(heads?.top.find(({ layer, head }) => layer === 1 && head === 2)?.score).toBe(vo[4][4]);
  });

  it('is proposed where the two differ, nothing was chosen, and something is read', async () => {
    const model = tinyModel();
    const proposed = async (options: ReadOptions, parts: readonly ('key' | 'value')[] = ['key']) =>
      (await readNeuron(model, 0, 0, { engine, ...options, parts })).applied.notes.some((note) =>
        /`embedding: own`/.test(note),
      );
    expect(await proposed({})).toBe(true);
    expect(await proposed({}, ['value'])).toBe(false);
    for (const embedding of ['unembed', 'embed', 'own'] as const) expect(await proposed({ embedding })).toBe(false);
    expect((await readHead(model, 0, 0, { engine, k: 1 })).applied.notes.join()).toMatch(/`embedding: own`/);
  });

  it('is the same to the bit where the model has one table, which is read once', async () => {
    const model = tied(tinyModel({ cache: memoryCache() }));
    expect(await embeddingsDiffer(model)).toBe(false);
    const usual = { neuron: await readNeuron(model, 1, 2, { engine }), head: await readHead(model, 1, 2, { engine }) };
    const files = [...(model.cache as ReturnType<typeof memoryCache>).files.keys()];
    const each = { neuron: await readNeuron(model, 1, 2, own), head: await readHead(model, 1, 2, own) };
    expect(each.neuron.parts).toEqual(usual.neuron.parts);
    expect([each.head.vo, each.head.qk]).toEqual([usual.head.vo, usual.head.qk]);
    expect(usual.neuron.applied.notes.join()).not.toMatch(/`embedding: own`/);
    expect(await embedding(model, 'embed')).toBe(await embedding(model));
    expect([...(model.cache as ReturnType<typeof memoryCache>).files.keys()]).toEqual(files);
  });

  it('keeps normalisers of the two tables apart, and those of a side under its table', async () => {
    const cache = memoryCache();
    const model = tinyModel({ cache });
    await normalisers(model, ['ff.key', 'ff.value'], own);
    expect([...cache.files.keys()].map((name) => name.split('tiny-1-')[1])).toEqual([
      'ff.key-embed.safetensors',
      'ff.value-unembed.safetensors',
    ]);
    await normaliser(model, 'ff.key', { engine });
    expect([...cache.files.keys()].at(-1)).toMatch(/ff.key-unembed/);
    const f = await normaliser(model, 'ff.key', { engine, embedding: 'embed' });
    expect(await normaliser(tinyModel({ cache }), 'ff.key', own)).toEqual(f);
    expect(cache.files.size).toBe(3);
  });

  it('reads tables of different lengths', async () => {
    const model = tinyModel({ words: ['a', 'b'] });
    const { data } = model.arrays.get('embed')!;
    const read = async (start = 0, end = 20) => data.slice(start * 8, end * 8);
    const cut = { ...model.parameters.get('embed')!, count: 20, read };
    (model.parameters as Map<string, typeof cut>).set('embed', cut);
    const { vo, qk } = await readHead(model, 0, 0, {
      ...own,
      normalize: 'none',
      above: -1e9,
      k: 1000,
      filters: { onlyFrom: undefined },
    });
    expect([vo?.count, qk?.count]).toEqual([20 * 30, 20 * 20]);
    await expect(readHeadRow(model, 0, 0, 'vo', 25, { ...own, normalize: 'none' })).rejects.toThrow('0..19, got 25');
  });
});

describe('rows of E that are not finite', () => {
  const bad = (value = Number.NaN, which = 'unembed') => {
    const model = tied(tinyModel({ seed: 4, words: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }));
    model.arrays.get(which)!.data[OUT * 8 + 3] = value;
    return model;
  };
  /** The same model with that row 0, in which every true answer can be computed. */
  const zeroed = () => {
    const model = tied(tinyModel({ seed: 4, words: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }));
    model.arrays.get('unembed')!.data.fill(0, OUT * 8, (OUT + 1) * 8);
    return model;
  };
  const NOTE = /^1 token is left out, because its row of unembed \(tensor unembed\) is not finite: 5 \(f\)\.$/;

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('are left out of neurons, and said (%s)', async (value) => {
    const model = bad(value);
    expect(await leftOutRows(model)).toEqual([OUT]);
    for (const normalize of ['freq', 'none', 'cosine'] as const) {
      const { parts, applied } = await readNeuron(model, 0, 2, { engine, normalize, k: 30, bottom: 30 });
      expect(applied.notes).toContainEqual(expect.stringMatching(NOTE));
      for (const part of ['key', 'up', 'value'] as const) {
        const kind = `ff.${part}` as const;
        const scores = brute.tokenScores(zeroed(), brute.vectors(model, 0, kind)[2], kind, { normalize });
        const wanted = scores.flatMap((score, id) => (id === OUT ? [] : [{ id, score }]));
        wanted.sort((a, b) => b.score - a.score || a.id - b.id);
        expect(parts[part]!.top.map(({ id, score }) => ({ id, score }))).toEqual(wanted);
        expect(parts[part]!.bottom).toHaveLength(29);
      }
    }
    expect((await neuronHistograms(model, 0, 2, { engine })).parts.key?.tokens).toBe(29);
    const { top, applied } = await readVector(model, 'tok:#3', { engine, k: 100 });
    expect([top.length, top.some(({ id }) => id === OUT)]).toEqual([29, false]);
    expect(applied.notes).toContainEqual(expect.stringMatching(NOTE));
  });

  it('are left out of heads’ lists and counts, on both sides', async () => {
    const model = bad();
    const { vo, qk, applied } = await readHead(model, 0, 1, { engine, above: -1e9, k: 1000 });
    expect(applied.notes).toContainEqual(expect.stringMatching(NOTE));
    for (const [matrix, reading] of [
      ['vo', vo],
      ['qk', qk],
    ] as const) {
      const scores = brute.interaction(zeroed(), 0, 1, matrix);
      expect(reading?.count).toBe(29 * 29);
      for (const { first, second, score } of reading!.pairs) expect(score).toBe(scores[first.id][second.id]);
      expect(reading!.pairs.some(({ first, second }) => first.id === OUT || second.id === OUT)).toBe(false);
    }
    expect((await readEntries(model, 0, 1, 'vo', { engine, sampleEntries: 0, threshold: -1e9 })).count).toBe(29 * 29);
    const rankings = new HeadRankings();
    expect((await rankings.get(model, 0, 1, 'vo', { engine })).total).toBe(29 * 29);
    const row = await readHeadRow(model, 0, 1, 'vo', 3, { engine, k: 100 });
    expect(row.top).toHaveLength(29);
  });

  it('are an error, which names the tensor, for whoever asks about such a token', async () => {
    const model = bad();
    const expected = { code: 'NOT_FINITE', message: expect.stringMatching(/row 5 of unembed \(tensor unembed\)/) };
    await expect(readHeadRow(model, 0, 1, 'vo', OUT, { engine })).rejects.toMatchObject(expected);
    await expect(tokenNeurons(model, OUT, { engine })).rejects.toMatchObject(expected);
    await expect(tokenHeads(model, OUT, { engine, matrices: ['qk'] })).rejects.toMatchObject(expected);
    await expect(readToken(model, OUT, { engine })).rejects.toMatchObject(expected);
  });

  it('leave every other token as it is, combined with filters', async () => {
    const { parts } = await readNeuron(bad(), 0, 2, { engine, k: 30, filters: { onlyFrom: ['a', 'c', 'f'] } });
    expect(parts.value!.top.map(({ id }) => id).sort()).toEqual([0, 2]);
  });

  it('of one table do not touch the side of the other', async () => {
    const model = tinyModel({ seed: 4 });
    model.arrays.get('embed')!.data[OUT * 8] = Number.NaN;
    const { vo, qk } = await readHead(model, 0, 1, { ...own, above: -1e9, k: 0 });
    expect([vo?.count, qk?.count]).toEqual([29 * 30, 29 * 29]);
  });
});

/** The model with one table for both sides. */
function tied(model: TinyModel): TinyModel {
  const parameters = model.parameters as Map<string, unknown>;
  parameters.set('embed', { ...model.parameters.get('unembed')!, name: 'embed' });
  return model;
}
