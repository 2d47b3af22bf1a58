import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryCache, tinyModel } from '../../test/tiny-model.ts';
import type { Engine } from '../engine/engine.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import type { Model } from '../model/types.ts';
import { openEngine, openModel } from '../node.ts';
import { readHead, readHeadRow } from './heads.ts';
import { readNeuron } from './neurons.ts';
import { normaliser } from './normalisers.ts';
import { previewOf } from './preview.ts';
import { readToken } from './token-report.ts';
import { neuronsByShare } from './token-shares.ts';

const engine = referenceEngine();
const many = () => tinyModel({ layers: 4, neurons: 400, gated: false, cache: memoryCache() });

/** The part of tokens whose score of 1 (a divisor, that is) lies within what the preview says. */
async function covered(
  model: Model,
  kind: 'ff.key' | 'ff.value' | 'attn.q' | 'attn.k' | 'attn.v' | 'attn.o',
  by: Engine,
) {
  const guess = await normaliser({ ...model, cache: undefined }, kind, { engine: by, preview: true });
  const exact = await normaliser(model, kind, { engine: by });
  const { relative, vectors, of } = previewOf(guess)!;
  const within = exact.filter((f, i) => Math.abs(1 / guess[i] - 1 / f) <= relative[i] / (1 - relative[i]) / guess[i]);
  return { part: within.length / exact.length, vectors, of };
}

describe('a preview', () => {
  it('says so, gives each score its margin, and is the same every time', async () => {
    const reading = await readNeuron(many(), 1, 2, { engine, preview: true, chance: true });
    expect(reading.applied.preview).toEqual({ vectors: 256, of: 1600 });
    expect(reading.applied.notes[0]).toMatch(/^Preview: freq is the mean over a sample, 256 of 1,600 vectors\./);
    const { top, chance } = reading.parts.value!;
    expect(top.every(({ margin }) => margin !== undefined && margin > 0)).toBe(true);
    expect(chance).toBeUndefined();
    expect(await readNeuron(many(), 1, 2, { engine, preview: true })).toEqual(reading);
  });

  it('is none where the exact normaliser is known, and is never taken for it', async () => {
    const model = many();
    const preview = await readNeuron(model, 0, 0, { engine, preview: true, parts: ['value'] });
    const exact = await readNeuron(model, 0, 0, { engine, parts: ['value'] });
    expect(exact).toEqual(await readNeuron(many(), 0, 0, { engine, parts: ['value'] }));
    expect(exact.applied).not.toHaveProperty('preview');
    expect(preview.applied.preview).toBeDefined();
    expect(await readNeuron(model, 0, 0, { engine, preview: true, parts: ['value'] })).toEqual(exact);
  });

  it('is not waited for: an exact normaliser may be on its way', async () => {
    const model = many();
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow: Engine = {
      ...engine,
      columnMeans: async (x, e, options) => {
        if (!options?.squares) await held;
        return engine.columnMeans(x, e, options);
      },
    };
    const pending = normaliser(model, 'ff.value', { engine: slow });
    const reading = await readNeuron(model, 0, 0, { engine: slow, preview: true, parts: ['value'] });
    expect(reading.applied.preview).toBeDefined();
    go();
    expect(previewOf(await pending)).toBeUndefined();
  });

  it('is exact where a sample would save nothing, and with cosine', async () => {
    const few = await readNeuron(tinyModel(), 0, 0, { engine, preview: true });
    expect(few).toEqual(await readNeuron(tinyModel(), 0, 0, { engine }));
    const cosine = await readNeuron(many(), 0, 0, { engine, preview: true, normalize: 'cosine' });
    expect(cosine.applied).not.toHaveProperty('preview');
    expect(cosine.parts.value!.top[0]).not.toHaveProperty('margin');
  });

  it('gives pairs the margins of both sides', async () => {
    const model = tinyModel({ layers: 40, heads: 8, kvHeads: 8, headDim: 4 });
    const { vo, applied } = await readHead(model, 0, 0, { engine, preview: true, matrices: ['vo'], k: 5 });
    expect(applied.preview).toEqual({ vectors: 256, of: 1280 });
    const [v, o] = [
      previewOf(await normaliser(model, 'attn.v', { engine, preview: true }))!,
      previewOf(await normaliser(model, 'attn.o', { engine, preview: true }))!,
    ];
    for (const { first, second, score, margin } of vo!.pairs) {
      const both = Math.hypot(v.relative[first.id], o.relative[second.id]);
      expect(margin).toBeCloseTo((Math.abs(score) * both) / (1 - both), 12);
    }
  });

  it('gives a token’s row and column the margins that its pairs have', async () => {
    const model = tinyModel({ layers: 40, heads: 8, kvHeads: 8, headDim: 4 });
    const { vo } = await readHead(model, 0, 0, { engine, preview: true, matrices: ['vo'], k: 900 });
    const marginOf = (first: number, second: number) =>
      vo!.pairs.find((pair) => pair.first.id === first && pair.second.id === second)!.margin;
    for (const side of ['first', 'second'] as const) {
      const row = await readHeadRow(model, 0, 0, 'vo', 7, { engine, preview: true, side, k: 4, bottom: 3 });
      expect(row.applied.preview).toEqual({ vectors: 256, of: 1280 });
      for (const { id, margin } of [...row.top, ...row.bottom])
        expect(margin).toBeCloseTo(side === 'first' ? marginOf(7, id)! : marginOf(id, 7)!, 12);
    }
  });
});

describe('a preview of a token', () => {
  it('says so where its places were divided by one, and gives margins there alone', async () => {
    // So few vectors of heads that their means are exact.
    const { preview, neurons, heads } = await readToken(many(), 7, { engine, preview: true });
    expect(preview).toEqual({ vectors: 256, of: 1600 });
    for (const { margin, shareMargin } of [...neurons.key!.top, ...neurons.value!.bottom]) {
      expect(margin).toBeGreaterThan(0);
      expect(shareMargin).toBeGreaterThan(0);
    }
    expect(heads.vo!.top[0]).not.toHaveProperty('margin');
    const of = tinyModel({ layers: 40, heads: 8, kvHeads: 8, headDim: 4 });
    const ofHeads = await readToken(of, 7, { engine, preview: true });
    expect(ofHeads.preview).toEqual({ vectors: 256, of: 1280 });
    const [best] = ofHeads.heads.qk!.top;
    const { qk } = await readHead(of, best.layer, best.head, { engine, preview: true, matrices: ['qk'], k: 900 });
    const { score, margin } = qk!.pairs.find(({ first, second }) => first.id === 7 && second.id === 7)!;
    expect(best.score).toBeCloseTo(score, 5);
    expect(best.margin).toBeCloseTo(margin!, 5);
  });

  it('is exact where the normalisers are known, and where none is asked for', async () => {
    const model = many();
    const guess = await readToken(model, 7, { engine, preview: true });
    const exact = await readToken(model, 7, { engine });
    expect(exact).not.toHaveProperty('preview');
    expect(exact.neurons.value!.top[0].score).not.toBe(guess.neurons.value!.top[0].score);
    expect(await readToken(model, 7, { engine, preview: true })).toEqual(exact);
    expect(await readToken(many(), 7, { engine, normalize: 'none', preview: true })).not.toHaveProperty('preview');
  });
});

describe('what a preview says of its error holds for 95 % of tokens', () => {
  const MODELS = process.env.WEIGHTSCOPE_MODELS;
  let fast: Engine | undefined;
  afterAll(() => fast?.close());
  for (const name of ['sample', 'minilm', 'smollm2']) {
    const path = name === 'sample' ? name : join(MODELS ?? '', name);
    const missing = name !== 'sample' && !(MODELS && existsSync(path));
    it.skipIf(missing)(
      `on ${name}${missing ? ' (skipped: needs WEIGHTSCOPE_MODELS=DIR, filled by test/models.sh DIR)' : ''}`,
      async () => {
        fast ??= await openEngine('wasm');
        const model = await openModel(path);
        for (const kind of ['ff.key', 'ff.value', 'attn.q', 'attn.k', 'attn.v', 'attn.o'] as const) {
          const { part, vectors, of } = await covered(model, kind, fast);
          expect(part, `${kind}: ${vectors} of ${of}`).toBeGreaterThanOrEqual(0.95);
          expect(vectors).toBeLessThanOrEqual(Math.max(256, Math.ceil(of / 32)));
        }
        // Fifty neurons of each end are put in order of share; the means of one sample are off for all of them alike.
        const [shares, scores] = [
          { all: 0, within: 0 },
          { all: 0, within: 0 },
        ];
        const count = (of: typeof shares, exact: number, guess: number, margin: number) => {
          of.all++;
          of.within += Number(Math.abs(exact - guess) <= margin);
        };
        const bare = { ...model, cache: undefined };
        for (let token = 300; token < 6000; token += 1140) {
          const how = { engine: fast, k: 50, parts: ['key', 'value'] as const };
          const [guess, exact] = [
            await neuronsByShare(bare, token, { ...how, preview: true }),
            await neuronsByShare(model, token, how),
          ];
          for (const part of how.parts)
            for (const end of ['top', 'bottom'] as const)
              for (const one of guess[part]![end]) {
                const same = exact[part]![end].find(
                  ({ layer, neuron }) => layer === one.layer && neuron === one.neuron,
                )!;
                count(scores, same.score, one.score, one.margin!);
                count(shares, same.share, one.share, one.shareMargin!);
              }
        }
        expect(scores.within / scores.all, 'scores of neurons').toBeGreaterThanOrEqual(0.95);
        expect(shares.within / shares.all, 'shares').toBeGreaterThanOrEqual(0.95);
        await model.close();
      },
      600_000,
    );
  }
});
