import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model, Parameter } from '../model/types.ts';
import { openModel } from '../node.ts';
import { readNeuron } from '../reading/neurons.ts';
import { diffModels } from './diff.ts';
import { diffSeries } from './series.ts';
import { wordHistory } from './word-history.ts';

/** Two layers of 12 neurons, 37 tokens. */
const TINY = fileURLToPath(new URL('../../test/fixtures/adapters/lora/base', import.meta.url));

let tiny: Model;
beforeAll(async () => {
  tiny = await openModel(TINY, { cache: undefined });
});
afterAll(() => tiny.close());

/** A model with some vectors of one parameter made anew. */
function altered(model: Model, name: string, rows: readonly number[], make: (row: Float32Array) => void): Model {
  const parameter = model.parameters.get(name)!;
  const read: Parameter['read'] = async (start = 0, end = parameter.count, ...rest) => {
    const data = (await parameter.read(start, end, ...rest)).slice();
    for (const row of rows)
      if (row >= start && row < end)
        make(data.subarray((row - start) * parameter.width, (row - start + 1) * parameter.width));
    return data;
  };
  return { ...model, derived: true, parameters: new Map([...model.parameters, [name, { ...parameter, read }]]) };
}

const turned = (row: Float32Array): void => {
  for (let i = 0; i < row.length; i++) row[i] *= -1;
};

describe('what became of neurons’ words', () => {
  it('agrees with two plain readings', async () => {
    // A coarse copy: three bits for each number.
    const coarse = altered(tiny, 'layer.1.ff.value', [0, 4, 8], (row) => {
      const most = row.reduce((best, x) => Math.max(best, Math.abs(x)), 0);
      for (let i = 0; i < row.length; i++) row[i] = (Math.round((row[i] / most) * 3) / 3) * most;
    });
    const { count } = tiny.parameters.get('layer.1.ff.value')!;
    const found = await wordHistory([tiny, coarse], { k: 5, neurons: count / 4, list: 3 });
    for (const { layer, part, steps } of found.layers)
      if (layer !== 1 || part !== 'value') expect(steps).toEqual([{ changed: 0, first: 0, kept: 1 }]);
    const own = found.layers.find(({ layer, part }) => layer === 1 && part === 'value')!;
    expect(own.neurons).toBe(count / 4);
    const kept: number[] = [];
    let [first, changed] = [0, 0];
    for (const neuron of [0, 4, 8]) {
      const words = async (model: Model): Promise<number[]> =>
        (await readNeuron(model, 1, neuron, { k: 5, parts: ['value'], normalize: 'cosine' })).parts.value!.top.map(
          ({ id }) => id,
        );
      const [before, after] = [await words(tiny), await words(coarse)];
      kept.push(before.filter((id) => after.includes(id)).length / 5);
      if (before[0] !== after[0]) first++;
      if (kept[kept.length - 1] < 1) changed++;
      const moved = found.moved.find((one) => one.neuron === neuron);
      if (moved) expect(moved.words.map((list) => list.map(({ id }) => id))).toEqual([before, after]);
    }
    expect(Math.min(...kept)).toBeLessThan(1);
    expect(own.steps[0]).toMatchObject({ changed, first });
    expect(own.steps[0].kept).toBeCloseTo(1 - (3 - kept.reduce((a, b) => a + b)) / own.neurons, 12);
  });

  it('says in which step of a training run a neuron’s words moved', async () => {
    const second = altered(tiny, 'layer.1.ff.key', [0], turned);
    const third = altered(second, 'layer.0.ff.up', [0], turned);
    const found = await diffSeries([tiny, second, third], { neurons: 3, k: 5 });
    expect(found.words.moved.map(({ layer, neuron, part, when, kept }) => [layer, neuron, part, when, kept])).toEqual([
      [0, 0, 'up', 1, [1, 0]],
      [1, 0, 'key', 0, [0, 1]],
    ]);
    expect(
      found.steps.map(({ kinds }) => kinds.filter(({ relative }) => relative > 0).map(({ kind }) => kind)),
    ).toEqual([['ff.key'], ['ff.up']]);
    await expect(diffSeries([tiny])).rejects.toThrow(/two models or more/);
  });

  it('is asked of a quantised copy without a word, and of others by name', async () => {
    const other = altered(tiny, 'layer.0.ff.value', [0], turned);
    const tensors = new Map([...tiny.tensors].map(([name, info]) => [name, { ...info, dtype: 'Q4_1' }]));
    const few = { neurons: 0, heads: 0 };
    const { words } = await diffModels(tiny, { ...other, tensors }, few);
    expect(words?.types).toMatchObject([{ types: ['F32', 'Q4_1'], neurons: 72 }]);
    expect((await diffModels(tiny, { ...other, tensors }, { ...few, words: 0 })).words).toBeUndefined();
    expect((await diffModels(tiny, other, few)).words).toBeUndefined();
    expect((await diffModels(tiny, other, { ...few, words: 2 })).words?.types[0].neurons).toBe(12);
  });
});
