import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { type Atlas, buildAtlas, openAtlas } from '../atlas.node.ts';

const words = ['king', ' king', ' King', ' kingdom', ...Array.from({ length: 26 }, (_, i) => ` w${i}`)];
let root: string;
/** By tokens listed per sign: at 20 of a vocabulary of 30, every neuron has 10 tokens in both lists. */
const atlases = new Map<number, Atlas>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'atlas-signs-'));
  for (const top of [7, 20]) {
    const dir = join(root, `atlas-${top}`);
    // Fewer heads (4) than are listed per token (9): both lists of a token have all of them.
    await buildAtlas(tinyModel({ words, layers: 1, neurons: 40 }), dir, {
      top,
      pairs: 20,
      columns: 9,
      engine: referenceEngine(),
    });
    atlases.set(top, await openAtlas(dir));
  }
});
afterAll(async () => {
  for (const atlas of atlases.values()) atlas.close();
  await rm(root, { recursive: true });
});

describe.each([7, 20])('similar neurons, of %i tokens listed per sign', (top) => {
  it('are those whose listed scores, as vectors over the vocabulary, have the largest cosine', async () => {
    const atlas = atlases.get(top)!;
    const rows = await atlas.sql("SELECT neuron, token, score FROM neuron_tokens WHERE part = 'value'");
    const vectors = Array.from({ length: 40 }, () => new Float64Array(30));
    for (const { neuron, token, score } of rows as Record<string, number>[]) vectors[neuron][token] = score;
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const cosine = (a: Float64Array, b: Float64Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    for (let neuron = 0; neuron < 40; neuron++) {
      const expected = vectors
        .map((vector, other) => ({ neuron: other, cosine: cosine(vectors[neuron], vector) }))
        .filter((other) => other.neuron !== neuron)
        .sort((a, b) => b.cosine - a.cosine);
      for (const k of [5, 39]) {
        const found = await atlas.similar(0, neuron, { k });
        expect(found.map((row) => row.neuron)).toEqual(expected.slice(0, k).map((row) => row.neuron));
        for (const [i, row] of found.entries()) expect(row.cosine).toBeCloseTo(expected[i].cosine, 12);
      }
      expect(expected.at(-1)!.cosine).toBeLessThan(0);
    }
  });
});

describe('a search for one sign', () => {
  it.each([
    ['+', 1],
    ['-', -1],
  ] as const)(
    'has scores of %s alone, and all of them, where heads are fewer than are listed',
    async (sign, direction) => {
      const atlas = atlases.get(7)!;
      for (const token of words.slice(4)) {
        const { heads, neurons } = await atlas.search(JSON.stringify(token), { sign, k: 1000 });
        for (const [table, hits] of Object.entries({ heads, neurons })) {
          const rows = await atlas.sql(
            `SELECT score FROM token_${table} JOIN tokens USING (token) WHERE text = '${token}' AND sign = '${sign}' ` +
              `AND ${direction} * score > 0 ORDER BY abs(score) DESC`,
          );
          const sizes = hits.map(({ score }) => direction * score);
          expect(sizes.sort((a, b) => b - a)).toEqual(rows.map(({ score }) => direction * (score as number)));
        }
      }
    },
  );

  it('gives no neuron or head twice for a word without a sign', async () => {
    const { heads, neurons } = await atlases.get(7)!.search('w3', { k: 1000 });
    const places = [
      ...heads.map(({ layer, head, matrix }) => `${layer}:${head} ${matrix}`),
      ...neurons.map(({ layer, neuron, part }) => `${layer}:${neuron} ${part}`),
    ];
    expect(new Set(places).size).toBe(places.length);
    expect(places.length).toBeGreaterThan(8);
  });
});
