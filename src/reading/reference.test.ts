import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../model/types.ts';
import { openModel } from '../node.ts';
import { readHead } from './heads.ts';
import { readNeuron } from './neurons.ts';
import { normalisers, parseNormalisers } from './normalisers.ts';
import type { VectorKind } from './parameters.ts';

// What test/fixtures/reference/notebook.py computed with torch for the same checkpoints. It is read by the engine that
// Node takes: the native one where it is built, else WASM, which CI tries in a clone that lacks the addon.

type Ranked = [id: number, token: string, score: number][];
interface Pairs {
  top: [first: number, second: number, score: number][];
  count_above: Record<string, number>;
  'count_above_0.8': [threshold: number, count: number];
}
interface Reference {
  ff: { layer: number; neuron: number; key: Ranked; key_bottom: Ranked; value: Ranked; value_bottom: Ranked }[];
  heads: { layer: number; head: number; vo: Pairs; qk: Pairs }[];
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = `${ROOT}test/fixtures`;
const MODELS = process.env.WEIGHTSCOPE_MODELS;
const HOW = 'needs WEIGHTSCOPE_MODELS=DIR, filled by test/models.sh DIR';
const CASES = [
  { name: 'lexi', what: 'lexi (GPT-2, safetensors)', folder: `${FIXTURES}/lexi` },
  { name: 'sample', what: 'the built-in sample (Llama, GGUF)', folder: `${ROOT}models` },
  { name: 'minilm', what: `MiniLM (BERT, safetensors; ${HOW})`, folder: MODELS && `${MODELS}/minilm` },
  { name: 'smollm2', what: `SmolLM2 (Llama, GGUF; ${HOW})`, folder: MODELS && `${MODELS}/smollm2` },
];

const relative = (ours: number, theirs: number) => Math.abs(ours - theirs) / Math.abs(theirs);

/** The two lists may differ only in the order of items whose scores are closer than `tolerance`, at the end as well. */
function expectSameOrder(ours: [string, number][], theirs: [string, number][], tolerance: number): void {
  expect(ours.length).toBe(theirs.length);
  const scoreOf = new Map(theirs);
  for (const [i, [item, score]] of ours.entries()) {
    const [expected, atRank] = theirs[i];
    expect(relative(score, atRank), `score at rank ${i}`).toBeLessThanOrEqual(tolerance);
    if (item === expected) continue;
    const known = scoreOf.get(item) ?? theirs[theirs.length - 1][1];
    expect(relative(known, atRank), `${item} at rank ${i}, where ${expected} is expected`).toBeLessThanOrEqual(
      tolerance,
    );
  }
}

for (const { name, what, folder } of CASES) {
  describe.skipIf(!folder || !existsSync(folder))(`${what} against torch`, () => {
    const reference: Reference = JSON.parse(readFileSync(`${FIXTURES}/reference/${name}/reference.json`, 'utf8'));
    let model: Model;
    beforeAll(async () => {
      model = await openModel(folder as string, { cache: undefined });
    });
    afterAll(() => model?.close());

    it('has the same normalisers', { timeout: 1_200_000 }, async () => {
      const bytes = readFileSync(`${FIXTURES}/reference/${name}/freq.safetensors`);
      for (const [kind, theirs] of await parseNormalisers(bytes)) {
        const ours = (await normalisers(model, [kind as VectorKind])).get(kind as VectorKind)!;
        expect(ours.length).toBe(theirs.length);
        const errors = Float64Array.from(theirs, (f, i) => relative(ours[i], f)).sort();
        expect(errors[errors.length - 1], `largest error of ${kind}`).toBeLessThanOrEqual(1e-4);
        expect(errors[errors.length >> 1], `median error of ${kind}`).toBeLessThanOrEqual(1e-5);
      }
    });

    it.each(reference.ff)('has the same tokens in the same order for neuron $layer:$neuron', async (expected) => {
      const { layer, neuron } = expected;
      const { parts } = await readNeuron(model, layer, neuron, { parts: ['key', 'value'], k: 200, bottom: 50 });
      for (const part of ['key', 'value'] as const) {
        const { top, bottom } = parts[part]!;
        for (const [ours, theirs] of [
          [top, expected[part]],
          [bottom, expected[`${part}_bottom`]],
        ] as const) {
          expect(ours.map(({ id }) => id)).toEqual(theirs.map(([id]) => id));
          expect(ours.map(({ id }) => model.vocabulary?.piece(id))).toEqual(theirs.map(([, token]) => token));
          for (const [i, { score }] of ours.entries()) expect(relative(score, theirs[i][2])).toBeLessThanOrEqual(1e-4);
        }
      }
    });

    it.each(reference.heads)(
      'has the same pairs and counts for head $layer:$head',
      { timeout: 600_000 },
      async (expected) => {
        const { layer, head } = expected;
        for (const matrix of ['vo', 'qk'] as const) {
          const { top, count_above: above, 'count_above_0.8': low } = expected[matrix];
          const k = top.length;
          const read = async (threshold: number) => {
            const each = { [matrix]: { above: threshold } };
            return (await readHead(model, layer, head, { matrices: [matrix], k, each }))[matrix]!;
          };
          const { pairs, count, counters } = await read(low[0]);
          const ours = pairs.map(({ first, second, score }) => [`${first.id} ${second.id}`, score] as [string, number]);
          const theirs = top.map(([first, second, score]) => [`${first} ${second}`, score] as [string, number]);
          expectSameOrder(ours, theirs, 1e-4);
          expect(Math.abs(count - low[1])).toBeLessThanOrEqual(Math.max(2, 2e-5 * low[1]));
          for (const side of ['first', 'second'] as const)
            expect(counters[side].reduce((sum, [, n]) => sum + n, 0)).toBe(count);
          for (const [threshold, n] of Object.entries(above)) {
            const found = pairs.filter(({ score }) => score > Number(threshold)).length;
            expect(Math.abs(found - n)).toBeLessThanOrEqual(2);
          }
        }
      },
    );
  });
}
