import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../test/bytes.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { fileFolder, fileSource } from '../source/file.node.ts';
import { openCheckpoint } from './open.ts';
import { exportParameter } from './parameter.ts';
import type { Model } from './types.ts';

// expected.safetensors was measured by running basis vectors through transformers
// (test/fixtures/architectures/make.py).
const ROOT = fixture('architectures');
const NAMES = readdirSync(ROOT).filter((name) => existsSync(`${ROOT}/${name}/expected.safetensors`));

async function expected(name: string): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
  const { tensors } = await readSafetensors(await fileSource(`${ROOT}/${name}/expected.safetensors`));
  const found = new Map();
  for (const info of tensors.values()) found.set(info.name, { shape: info.shape, data: await readTensor(info) });
  return found;
}

/** Every array of the golden is among the parameters, atol 1e-5; biases that are all zero may be absent. */
async function expectParameters(model: Model, golden: Awaited<ReturnType<typeof expected>>): Promise<void> {
  for (const [name, { shape, data }] of golden) {
    const parameter = model.parameters.get(name);
    if (!parameter && name.endsWith('_bias') && data.every((x) => x === 0)) continue;
    expect(parameter, name).toBeDefined();
    const found = await exportParameter(parameter!);
    expect(found.shape, name).toEqual(shape);
    const worst = found.data.reduce((most, x, i) => Math.max(most, Math.abs(x - data[i])), 0);
    expect(worst, name).toBeLessThan(1e-5);
  }
}

describe.each(NAMES)('%s', (name) => {
  test('parameters do what transformers does with them', async () => {
    const model = await openCheckpoint(await fileFolder(`${ROOT}/${name}`));
    await expectParameters(model, await expected(name));
    await model.close();
  });

  test('one vector alone is the same as among all', async () => {
    const model = await openCheckpoint(await fileFolder(`${ROOT}/${name}`));
    for (const parameter of model.parameters.values()) {
      const all = await parameter.read();
      expect(all.length, parameter.name).toBe(parameter.count * parameter.width);
      expect(
        parameter.shape.reduce((a, b) => a * b, 1),
        parameter.name,
      ).toBe(all.length);
      const i = parameter.count >> 1;
      const one = await parameter.read(i, i + 1);
      expect(one, parameter.name).toEqual(all.slice(i * parameter.width, (i + 1) * parameter.width));
    }
    await model.close();
  });
});

// Written by make_gguf.py from the same weights, with the gguf package and llama.cpp's conventions.
describe.each(NAMES.filter((name) => existsSync(`${ROOT}/${name}/model.gguf`)))('%s as GGUF', (name) => {
  test('has the same parameters', async () => {
    const folder = await fileFolder(`${ROOT}/${name}`);
    const [gguf, hf] = [await openCheckpoint(folder, { file: 'model.gguf' }), await openCheckpoint(folder)];
    expect(gguf.dimensions).toEqual(hf.dimensions);
    for (const [key, parameter] of hf.parameters) {
      // llama.cpp leaves BERT's head out.
      if (name === 'bert' && ['norm.final', 'norm.final_bias', 'unembed_bias'].includes(key)) continue;
      const other = gguf.parameters.get(key);
      expect(other?.shape, key).toEqual(parameter.shape);
      expect(await other!.read(), key).toEqual(await parameter.read());
    }
    await Promise.all([gguf.close(), hf.close()]);
  });
});
