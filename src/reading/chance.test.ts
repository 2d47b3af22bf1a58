import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { defaultEngine } from '../engine/select.ts';
import { openModel } from '../node.ts';
import type { Cache } from '../source/source.ts';
import { chanceOf } from './chance.ts';
import { embedding, rowNorms } from './embedding.ts';
import { readNeuron } from './neurons.ts';
import { randomDirections } from './statistics/random-directions.ts';
import type { NeuronPart } from './types.ts';
import { readVector } from './vectors.ts';

interface Golden {
  layer: number;
  neuron: number;
  part: NeuronPart;
  value: number;
  random: { mean: number; sd: number };
  random_as_high: number;
  shuffled: { mean: number; sd: number };
  shuffled_as_high: number;
}

// statistics/fixtures/chance.py: numpy, with 100 shuffles that are really made.
const goldens: Golden[] = JSON.parse(readFileSync(new URL('statistics/fixtures/chance.json', import.meta.url), 'utf8'));

describe('chance', () => {
  it.each(goldens)(
    'of neuron $layer:$neuron, $part, is as numpy has it',
    async (golden) => {
      const { layer, neuron, part } = golden;
      const model = await sample();
      const { parts } = await readNeuron(model, layer, neuron, { parts: [part], k: 1, chance: true });
      const { value, random, shuffled } = parts[part]!.chance!.top!;
      expect(value).toBe(parts[part]!.top[0].score);
      expect(Math.abs(value / golden.value - 1)).toBeLessThan(2e-6);
      expect(Math.abs(random!.mean / golden.random.mean - 1)).toBeLessThan(1e-5);
      expect(Math.abs(random!.sd / golden.random.sd - 1)).toBeLessThan(1e-5);
      // Where 30 draws are as high p is their rank; a fitted tail is near it.
      const rank = (1 + golden.random_as_high) / 513;
      if (golden.random_as_high >= 30) expect(random!.p).toBeCloseTo(rank, 5);
      else expect(random!.p).toBeLessThan(2 * rank + 0.01);
      const { mean, sd } = golden.shuffled;
      // Of 100 draws a mean is uncertain by sd / 10, and a deviation by a fourteenth.
      expect(Math.abs(shuffled!.mean - mean)).toBeLessThan((4 * sd) / Math.sqrt(100));
      expect(Math.abs(shuffled!.sd / sd - 1)).toBeLessThan(0.25);
      const share = golden.shuffled_as_high / 200;
      expect(Math.abs(shuffled!.p - share)).toBeLessThan(0.02 + 4 * Math.sqrt((share * (1 - share)) / 100));
    },
    120_000,
  );

  it('calls 5 % of random directions rarer than 1 in 20, at either end', async () => {
    const seed = 20_261;
    const model = await sample();
    const e = await embedding(model);
    const directions = randomDirections(400, e.columns, seed);
    const engine = await defaultEngine();
    const divisor = await rowNorms(model);
    const found = await engine.topRows(directions, e, { k: 1, ends: 'both', divisor });
    const { rows, columns, data } = directions;
    let [top, bottom] = [0, 0];
    for (let i = 0; i < rows; i++) {
      const list = (score: number) => [{ id: 0, token: '', label: '', score }];
      const lists = { top: list(found.top!.score[i]), bottom: list(found.bottom!.score[i]) };
      const x = data.subarray(i * columns, (i + 1) * columns);
      const chance = await chanceOf(model, x, lists, { normalize: 'cosine', e }, {});
      if (chance!.top!.random!.p < 0.05) top++;
      if (chance!.bottom!.random!.p < 0.05) bottom++;
    }
    console.info(`seed ${seed}: ${top / rows}, ${bottom / rows}`);
    // Four deviations: of a share of 400, and of the null's own 5 % of 512.
    expect(Math.abs(top / rows - 0.05)).toBeLessThan(0.058);
    expect(Math.abs(bottom / rows - 0.05)).toBeLessThan(0.058);
  }, 300_000);

  it('says the same under a filter, whether the kept lists know the answer or the engine finds it', async () => {
    const model = tinyModel({ vocab: 60, words: Array.from({ length: 60 }, (_, i) => `w${i}`) });
    const engine = await defaultEngine();
    const few = ['w3', 'w17'];
    const of = (onlyFrom: string[]) =>
      readNeuron(model, 0, 1, { engine, filters: { onlyFrom }, k: 1, bottom: 1, chance: true });
    const most = Array.from({ length: 58 }, (_, i) => `w${i}`);
    for (const words of [few, most]) {
      const { parts } = await of(words);
      const kept = words.map((word) => Number(word.slice(1)));
      const { mean } = parts.value!.chance!.top!.random!;
      expect(mean).toBeCloseTo(await byHand(kept), 5);
    }

    /** The mean best score of the random directions, times the length of the neuron's value. */
    async function byHand(kept: number[]): Promise<number> {
      const e = await embedding(model);
      const { normaliser } = await import('./normalisers.ts');
      const f = await normaliser(model, 'ff.value', { engine });
      const { neuronVector } = await import('./neuron-vectors.ts');
      const x = await neuronVector(model, 0, 1, 'value');
      const { data, rows } = randomDirections(256, e.columns, 1);
      let sum = 0;
      for (let i = 0; i < rows; i++) {
        const scores = kept.map((id) => {
          let dot = 0;
          for (let j = 0; j < e.columns; j++) dot += e.data[id * e.columns + j] * data[i * e.columns + j];
          return dot / f[id];
        });
        sum += Math.max(...scores) - Math.min(...scores);
      }
      return (sum / (2 * rows)) * Math.hypot(...x);
    }
  });

  it('is left out where it was not asked for, and where there is no list or no direction', async () => {
    const model = tinyModel();
    const value = async (options: object) => (await readNeuron(model, 0, 1, options)).parts.value!;
    expect(await value({ k: 2 })).not.toHaveProperty('chance');
    expect(await value({ k: 0, chance: true })).not.toHaveProperty('chance');
    // Of both ends, whichever is listed.
    const { chance, ...lists } = await value({ k: 0, bottom: 1, chance: true });
    expect(Object.keys(chance!)).toEqual(['top', 'bottom', 'units']);
    expect([lists.top.length, lists.bottom.length]).toEqual([0, 1]);
    expect((await value({ k: 3, chance: true })).chance).toEqual(chance);
    expect(chance!.bottom).toMatchObject({ label: lists.bottom[0].label, value: lists.bottom[0].score });
    const zero = { name: 'zero', data: new Float32Array(model.dimensions.hidden) };
    expect(await readVector(model, zero, { chance: true })).not.toHaveProperty('chance');
  });

  it('is kept in the cache of the model, and the same from there', async () => {
    const files = new Map<string, Uint8Array>();
    const cache: Cache = {
      get: async (name) => files.get(name),
      put: async (name, bytes) => void files.set(name, bytes),
    };
    const read = async () => (await readNeuron(tinyModel({ cache }), 0, 1, { bottom: 1, chance: true })).parts;
    const first = await read();
    const names = [...files.keys()].filter((name) => name.startsWith('chance-'));
    expect(names).toHaveLength(6); // directions and columns, for key, up and value
    const before = new Map(files);
    expect(await read()).toEqual(first);
    expect(files).toEqual(before);
    for (const name of names) files.set(name, new Uint8Array(5));
    expect(await read()).toEqual(first);
  });
});

let opened: ReturnType<typeof openModel> | undefined;
const sample = () => (opened ??= openModel('sample', { cache: undefined }).then(withShipped));

/** The sample by its shipped normalisers, as numpy took them, and with nothing else kept. */
async function withShipped(model: Awaited<ReturnType<typeof openModel>>) {
  const bytes = readFileSync(new URL('../../models/normalisers/sample.safetensors', import.meta.url));
  const cache: Cache = {
    get: async (name) => (name.startsWith('freq-') ? bytes : undefined),
    put: async () => undefined,
  };
  return { ...model, cache } as typeof model;
}
