/** Align, kinship and stitch on two BERTs of different seeds and a disguised copy, against numpy and scipy. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture } from '../../test/bytes.ts';
import type { Engine } from '../engine/engine.ts';
import type { Model } from '../model/types.ts';
import { openEngine, openModel } from '../node.ts';
import { alignModels } from './align.ts';
import type { AlignedKind, SpaceName } from './aligned.ts';
import { kinship } from './kinship.ts';
import { stitch } from './stitch.ts';
import { translated } from './translated.ts';

interface Expected {
  align: Record<
    string,
    { means: number[][]; matching: number[]; bestMean: number; neurons: { columns: number[]; mean: number }[] }
  >;
  kinship: Record<
    string,
    { layers: { order: [number, number]; match: [number, number] }[]; order?: number; match?: number }
  >;
  stitch: { t: number[][]; s: number[][]; condition: [number, number]; scores: Record<string, number> };
}

const expected: Expected = JSON.parse(readFileSync(fixture('compare/expected.json'), 'utf8'));
const orders: number[][] = JSON.parse(readFileSync(fixture('compare/disguised/orders.json'), 'utf8'));
let [one, two, disguised]: Model[] = [];
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine('wasm');
  [one, two, disguised] = await Promise.all(
    ['one', 'two', 'disguised'].map((name) => openModel(fixture(`compare/${name}`))),
  );
});
afterAll(async () => {
  await Promise.all([one, two, disguised, engine].map((open) => open.close()));
});

const kinds = ['key', 'value', 'q', 'k', 'v', 'o'] as const;

describe('alignment', () => {
  it.each(kinds.flatMap((kind) => (['embedding', 'feature'] as const).map((space) => [kind, space] as const)))(
    'agrees with numpy and scipy: %s vectors in %s space',
    async (kind: AlignedKind, space: SpaceName) => {
      const found = await alignModels(one, two, { engine, kind, space, draws: 0, neurons: true, k: 1000 });
      const want = expected.align[`${kind} ${space}`];
      for (const [i, row] of want.means.entries())
        for (const [j, mean] of row.entries()) expect(found.means[i][j]).toBeCloseTo(mean, 6);
      expect(found.matching.map(({ b }) => b)).toEqual(want.matching);
      const best = found.best.reduce((sum, { correlation }) => sum + correlation, 0) / found.best.length;
      expect(best).toBeCloseTo(want.bestMean, 5);
      for (const [i, { columns, mean }] of want.neurons.entries()) {
        expect(found.neurons![i].pairs.map(([, j]) => j)).toEqual(columns);
        expect(found.neurons![i].mean).toBeCloseTo(mean, 5);
      }
    },
  );

  it.each(['key', 'value', 'o'] as const)(
    'lies on the diagonal where layers of one number do the same work in both: %s',
    async (kind) => {
      const found = await alignModels(one, two, { engine, kind, k: 0 });
      expect(found.onDiagonal).toBe(1);
      expect(found.null!.pMean).toBe(0.01);
      expect(found.null!.pDiagonal).toBeLessThanOrEqual(0.1);
      expect(found.null!.p.flat().every((p) => p === 0.01)).toBe(true);
      const raw = await alignModels(one, two, { engine, kind, space: 'feature', draws: 0 });
      const mean = (means: number[][]) => means.flat().reduce((sum, x) => sum + x, 0) / 16;
      expect(mean(found.means) / found.chance).toBeGreaterThan(3 * (mean(raw.means) / raw.chance));
    },
  );

  it('matches every neuron of a permuted and rotated copy exactly, with a correlation of 1', async () => {
    for (const kind of ['key', 'value'] as const) {
      const found = await alignModels(one, disguised, { engine, kind, neurons: true, draws: 19 });
      expect(found.onDiagonal).toBe(1);
      expect(found.bestInMatched).toBe(1);
      for (const [layer, { pairs, mean }] of found.neurons!.entries()) {
        // Neuron i of the copy is neuron orders[i] of the original.
        for (const [i, j] of pairs) expect(orders[layer][j]).toBe(i);
        expect(mean).toBeGreaterThan(0.99999);
      }
    }
  });
});

describe('kinship', () => {
  it.each(['two', 'disguised'])('has the figures of scipy: one and %s', async (name) => {
    const found = await kinship(one, name === 'two' ? two : disguised, { engine });
    for (const { space, layers, order, match } of found.spaces) {
      const want = expected.kinship[`${name} ${space}`];
      for (const [i, layer] of layers.entries()) {
        expect(layer.order!.rho).toBeCloseTo(want.layers[i].order[0], 10);
        expect(layer.order!.p).toBeCloseTo(want.layers[i].order[1], 8);
        expect(layer.match.rho).toBeCloseTo(want.layers[i].match[0], 10);
        expect(layer.match.p).toBeCloseTo(want.layers[i].match[1], 8);
      }
      if (want.order !== undefined) expect(order).toBeCloseTo(want.order, 8);
      if (want.match !== undefined) expect(match).toBeCloseTo(want.match, 8);
    }
  });

  it('finds the copy in disguise and the plain one, and no kinship of two seeds', async () => {
    const spaceOf = async (other: Model, space: SpaceName) =>
      (await kinship(one, other, { engine })).spaces.find((found) => found.space === space)!;
    expect((await spaceOf(disguised, 'embedding')).match).toBeLessThan(1e-100);
    expect((await spaceOf(one, 'feature')).order).toBeLessThan(1e-100);
    const seeds = await kinship(one, two, { engine });
    for (const { order, match } of seeds.spaces) {
      expect(order).toBeGreaterThan(0.01);
      expect(match).toBeGreaterThan(0.01);
    }
    expect(seeds.basis!.p).toBeGreaterThan(0.05);
    expect(seeds.distances.every(({ distance }) => distance > 0.5)).toBe(true);
  });
});

describe('stitching', () => {
  it('has the maps of numpy.linalg.pinv, within 1e-6 of their largest number, and their conditions', async () => {
    const found = await stitch(one, two, { engine });
    for (const [map, rows] of [
      [found.tokens, expected.stitch.t],
      [found.scores, expected.stitch.s],
    ] as const) {
      const largest = Math.max(...map.matrix.data.map(Math.abs));
      for (const [at, want] of rows.flat().entries())
        expect(Math.abs(map.matrix.data[at] - want)).toBeLessThan(1e-6 * largest);
      expect(map.dropped).toBe(0);
    }
    expect(found.tokens.condition).toBeCloseTo(expected.stitch.condition[0], 6);
    expect(found.scores.condition).toBeCloseTo(expected.stitch.condition[1], 6);
    // A sample of 64 vectors a layer here, all of them there.
    for (const { kind, scores } of found.kinds)
      expect(Math.abs(scores.scores - expected.stitch.scores[kind.split('.')[1]])).toBeLessThan(0.02);
  });

  it('leads to a rotated copy and back without loss, and reads its words from there', async () => {
    const found = await stitch(one, disguised, { engine });
    for (const { tokens, scores } of found.kinds)
      for (const kept of [tokens, scores]) {
        expect(kept.roundTrip).toBeGreaterThan(0.9999);
        expect(kept.scores).toBeGreaterThan(0.9999);
      }
    const { readNeuron } = await import('../reading/neurons.ts');
    const there = translated(one, disguised, found.scores.matrix);
    const how = { engine, normalize: 'none', k: 10 } as const;
    const [own, translatedWords] = [await readNeuron(one, 2, 7, how), await readNeuron(there, 2, 7, how)];
    const labels = (of: typeof own) => of.parts.value!.top.map(({ label }) => label);
    expect(labels(translatedWords)).toEqual(labels(own));
  });
});
