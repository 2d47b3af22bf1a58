import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { findTokens } from './find-tokens.ts';
import { headHeatMap } from './heat-map.ts';
import { histogram, neuronHistograms } from './histogram.ts';
import { neuronShape, similarNeurons } from './neuron-vectors.ts';
import { readNeuron } from './neurons.ts';
import { tokenHeads, tokenNeurons } from './token-places.ts';
import { readToken } from './token-report.ts';
import { neuronsByShare } from './token-shares.ts';

const engine = referenceEngine();
const words = [' king', 'king', 'King', ' Kings', 'queen', 'a'];
const model = tinyModel({ words });
const experts = tinyModel({ seed: 5, experts: 3, neurons: 4 });
const { layers, neurons, heads } = model.dimensions;
const NORMALISERS = ['freq', 'none', 'cosine'] as const;

describe('neuronHistograms', () => {
  it.each(NORMALISERS)('counts every score once, with the moments of all (%s)', async (normalize) => {
    const { parts } = await neuronHistograms(model, 1, 3, { engine, normalize, bins: 7 });
    for (const part of ['key', 'up', 'value'] as const) {
      const x = brute.vectors(model, 1, `ff.${part}`)[3];
      const scores = brute.tokenScores(model, x, `ff.${part}`, { normalize });
      const { edges, counts, ...rest } = parts[part]!;
      const wanted = Array<number>(7).fill(0);
      for (const score of scores) {
        const bin = edges.findIndex((edge, i) => edge <= score && (score < edges[i + 1] || i === 6));
        wanted[bin]++;
      }
      expect(counts).toEqual(wanted);
      expect([edges[0], edges[7]]).toEqual([Math.min(...scores), Math.max(...scores)]);
      const mean = scores.reduce((sum, s) => sum + s, 0) / scores.length;
      const moment = (n: number) => scores.reduce((sum, s) => sum + (s - mean) ** n, 0) / scores.length;
      expect(rest.tokens).toBe(30);
      expect(rest.mean).toBeCloseTo(mean, 12);
      expect(rest.sd).toBeCloseTo(Math.sqrt(moment(2)), 12);
      expect(rest.skew).toBeCloseTo(moment(3) / moment(2) ** 1.5, 10);
      expect(rest.kurtosis).toBeCloseTo(moment(4) / moment(2) ** 2 - 3, 10);
    }
  });

  it('has the same ends as the reading, under the same filters', async () => {
    const filters = { onlyFrom: ['king', 'queen', 'a'] };
    const { parts } = await neuronHistograms(model, 0, 2, { engine, filters, parts: ['value'] });
    const read = await readNeuron(model, 0, 2, { engine, filters, parts: ['value'], k: 30, bottom: 1 });
    const { top, bottom } = read.parts.value!;
    expect(parts.value).toMatchObject({ tokens: top.length, max: top[0].score, min: bottom[0].score });
  });

  it('knows equal numbers, no numbers, and what is no number of bins', () => {
    expect(histogram(Float64Array.of(2, 2, 2), 4)).toMatchObject({ counts: [0, 0, 0, 3], sd: 0, skew: 0, kurtosis: 0 });
    expect(histogram(new Float64Array(0), 4)).toMatchObject({ counts: [], tokens: 0, mean: 0 });
    expect(() => histogram(Float64Array.of(1), 0)).toThrow('Expected `bins`');
  });
});

const length = (x: readonly number[]) => Math.sqrt(brute.dot(x, x));
const cosine = (x: readonly number[], y: readonly number[]) => brute.dot(x, y) / (length(x) * length(y));

describe('neuronShape and similarNeurons', () => {
  it('measures lengths and cosines', async () => {
    const of = (part: 'key' | 'up' | 'value') => brute.vectors(model, 1, `ff.${part}`)[4];
    const { norms, cosines } = await neuronShape(model, 1, 4);
    expect(norms.up).toBeCloseTo(length(of('up')), 12);
    expect(cosines.keyValue).toBeCloseTo(cosine(of('key'), of('value')), 12);
    expect(cosines.upValue).toBeCloseTo(cosine(of('up'), of('value')), 12);
    expect(cosines.keyUp).toBeCloseTo(cosine(of('key'), of('up')), 12);
  });

  it('orders all other neurons by cosine', async () => {
    const all = Array.from({ length: layers }, (_, layer) =>
      brute.vectors(model, layer, 'ff.key').map((x, neuron) => ({ layer, expert: 0, neuron, x })),
    ).flat();
    const own = all.find(({ layer, neuron }) => layer === 1 && neuron === 2)!;
    const wanted = all
      .filter((other) => other !== own)
      .map(({ x, ...place }) => ({ ...place, cosine: cosine(x, own.x) }))
      .sort((a, b) => b.cosine - a.cosine);
    const found = await similarNeurons(model, 1, 2, { engine, part: 'key', k: 100 });
    expect(found.map(({ layer, neuron }) => [layer, neuron])).toEqual(
      wanted.map(({ layer, neuron }) => [layer, neuron]),
    );
    found.forEach((one, i) => {
      expect(one.cosine).toBeCloseTo(wanted[i].cosine, 12);
    });
    expect(await similarNeurons(model, 1, 2, { engine, part: 'key', k: 3 })).toEqual(found.slice(0, 3));
  });

  it('tells experts apart', async () => {
    const found = await similarNeurons(experts, 0, 1, { engine, expert: 2, k: 100 });
    expect(found).toHaveLength(2 * 3 * 4 - 1);
    expect(found).not.toContainEqual(expect.objectContaining({ layer: 0, expert: 2, neuron: 1 }));
    await expect(similarNeurons(experts, 0, 1, { engine, expert: 3 })).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
    await expect(similarNeurons(model, 0, neurons, { engine })).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });
});

describe('a token’s places', () => {
  it.each(NORMALISERS)('have the scores that neurons’ readings give the token (%s)', async (normalize) => {
    const token = 3;
    const found = await tokenNeurons(model, token, { engine, normalize, k: 4 });
    for (const part of ['key', 'up', 'value'] as const) {
      const all: { layer: number; expert: number; neuron: number; score: number }[] = [];
      for (let layer = 0; layer < layers; layer++)
        for (let neuron = 0; neuron < neurons; neuron++) {
          const { parts } = await readNeuron(model, layer, neuron, { engine, normalize, parts: [part], k: 30 });
          const { score } = parts[part]!.top.find(({ id }) => id === token)!;
          all.push({ layer, expert: 0, neuron, score });
        }
      all.sort((a, b) => b.score - a.score);
      const places = (list: readonly object[]) => list.map((one) => ({ ...one, score: undefined }));
      expect(places(found[part]!.top)).toEqual(places(all.slice(0, 4)));
      expect(places(found[part]!.bottom)).toEqual(places(all.reverse().slice(0, 4)));
      found[part]!.bottom.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(all[i].score, 10);
      });
    }
  });

  it.each(NORMALISERS)('are the diagonals of heads (%s)', async (normalize) => {
    for (const matrix of ['vo', 'qk'] as const)
      for (const foldNorm of [false, true]) {
        const all = Array.from({ length: layers * heads }, (_, i) => {
          const [layer, head] = [Math.floor(i / heads), i % heads];
          return { layer, head, score: brute.interaction(model, layer, head, matrix, { normalize, foldNorm })[7][7] };
        }).sort((a, b) => b.score - a.score);
        const { [matrix]: found } = await tokenHeads(model, 7, {
          engine,
          normalize,
          foldNorm,
          matrices: [matrix],
          k: 100,
        });
        expect(found?.top).toEqual(all);
        expect(found?.bottom).toEqual([...all].reverse());
      }
  });

  it('lists no neuron twice where a layer has few, and knows experts', async () => {
    const { value } = await tokenNeurons(experts, 0, { engine, k: 100 });
    expect(value!.top).toHaveLength(2 * 3 * 4);
    expect(new Set(value!.top.map(({ layer, expert, neuron }) => `${layer} ${expert} ${neuron}`)).size).toBe(24);
    await expect(tokenNeurons(model, 30, { engine })).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });

  it.each(NORMALISERS)('stand in order of how far the token stands out within them (%s)', async (normalize) => {
    const options = { engine, normalize, parts: ['value'] as const };
    const scores = await tokenNeurons(model, 7, { ...options, k: 1000 });
    const shares = new Map<string, number>();
    for (const { layer, neuron } of scores.value!.top) {
      // All of a vocabulary of thirty are listed at either end, so that each counts twice.
      const { parts } = await readNeuron(model, layer, neuron, { ...options, k: 100, bottom: 100 });
      const listed = [...parts.value!.top, ...parts.value!.bottom].map(({ score }) => score);
      const own = parts.value!.top.find(({ id }) => id === 7)!.score;
      shares.set(`${layer}:${neuron}`, own / Math.hypot(...listed));
    }
    const { value } = await neuronsByShare(model, 7, { ...options, k: 6 });
    const expected = [...shares].sort(([, a], [, b]) => b - a);
    const places = (all: { layer: number; neuron: number }[]) => all.map(({ layer, neuron }) => `${layer}:${neuron}`);
    expect(places(value!.top)).toEqual(expected.slice(0, 6).map(([place]) => place));
    expect(places(value!.bottom)).toEqual(
      expected
        .slice(-6)
        .map(([place]) => place)
        .reverse(),
    );
    for (const [i, { share }] of value!.top.entries()) expect(share).toBeCloseTo(Math.abs(expected[i]![1]), 12);
  });

  it('are told together with its neighbours', async () => {
    const report = await readToken(model, 1, { engine, k: 2 });
    const rows = brute.e(model);
    const nearest = rows
      .map((row, id) => ({ id, score: cosine(row, rows[1]) }))
      .filter(({ id }) => id !== 1)
      .sort((a, b) => b.score - a.score);
    expect(report.nearest.map(({ id }) => id)).toEqual(nearest.slice(0, 2).map(({ id }) => id));
    expect(report.norm).toBeCloseTo(length(rows[1]), 12);
    expect(report).toMatchObject({ token: { id: 1, label: 'king' }, classes: { special: false, padding: false } });
    expect(report.neurons).toEqual(await neuronsByShare(model, 1, { engine, k: 2 }));
    expect((await readToken(model, 20, { engine, k: 2 })).classes.padding).toBe(true);
  });
});

describe('headHeatMap', () => {
  it('has the tokens of the best pairs in order, and every score exactly', async () => {
    const matrix = brute.interaction(model, 1, 2, 'qk');
    const map = await headHeatMap(model, 1, 2, 'qk', { engine, rows: 4, columns: 5 });
    const pairs = matrix.flatMap((row, i) => row.map((score, j) => [i, j, score])).sort((a, b) => b[2] - a[2]);
    const [first, second] = [0, 1].map((side) => [...new Set(pairs.map((pair) => pair[side]))]);
    expect(map.first.map(({ id }) => id)).toEqual(first.slice(0, 4));
    expect(map.second.map(({ id }) => id)).toEqual(second.slice(0, 5));
    expect(map.scores).toEqual(map.first.map((a) => map.second.map((b) => matrix[a.id][b.id])));
  });
});

describe('findTokens', () => {
  const labels = (options: Parameters<typeof findTokens>[1]) =>
    findTokens(model, options).tokens.map(({ label }) => label);

  it('finds by text, by beginning (shortest first), by class', () => {
    expect(labels({ text: ' king' })).toEqual(['·king']);
    expect(labels({ prefix: 'KI' })).toEqual(['·king', 'king', 'King', '·Kings']);
    expect(findTokens(model, { prefix: 'k', k: 2 })).toMatchObject({ total: 4, tokens: [{ id: 0 }, { id: 1 }] });
    expect(findTokens(model, { only: 'padding' }).total).toBe(24);
    expect(findTokens(model, { only: 'special' }).total).toBe(0);
    expect(labels({ filters: { onlyFrom: ['queen', 'a'] } })).toEqual(['queen', 'a']);
    expect(findTokens(model, {}).total).toBe(30);
  });

  it('needs a tokenizer for text alone', () => {
    const bare = tinyModel();
    expect(findTokens(bare, { k: 1 }).tokens).toEqual([{ id: 0, token: '#0', label: '#0' }]);
    expect(() => findTokens(bare, { prefix: 'a' })).toThrow('Expected a tokenizer');
  });
});
