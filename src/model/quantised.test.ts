import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../test/bytes.ts';
import { resolveStorage } from '../formats/quantised/resolve.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { fileFolder, fileSource } from '../source/file.node.ts';
import { openCheckpoint } from './open.ts';
import { exportParameter } from './parameter.ts';

// expected.safetensors was measured by running basis vectors through transformers' modules with the dequantised
// weights.
const ROOT = fixture('quantised');
const NAMES = readdirSync(ROOT).filter((name) => existsSync(`${ROOT}/${name}/config.json`));

describe.each(NAMES)('%s', (name) => {
  test('has the numbers that its loader computes with, and says how they are stored', async () => {
    const model = await openCheckpoint(await fileFolder(`${ROOT}/${name}`));
    const { tensors } = await readSafetensors(await fileSource(`${ROOT}/${name}/expected.safetensors`));
    for (const golden of tensors.values()) {
      const parameter = model.parameters.get(golden.name)!;
      const [found, expected] = [await exportParameter(parameter), await readTensor(golden)];
      expect(found.shape, golden.name).toEqual(golden.shape);
      const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const worst = found.data.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0);
      expect(worst / largest, golden.name).toBeLessThan(1e-6);
    }
    expect(model.notes).toContainEqual(expect.stringMatching(/^\d+ tensors are stored as /));
    await model.close();
  });

  test('one vector alone is the same as among all', async () => {
    const model = await openCheckpoint(await fileFolder(`${ROOT}/${name}`));
    for (const parameter of model.parameters.values()) {
      const all = await parameter.read();
      for (const i of [0, parameter.count >> 1, parameter.count - 1])
        expect(await parameter.read(i, i + 1)).toEqual(all.slice(i * parameter.width, (i + 1) * parameter.width));
    }
    await model.close();
  });
});

test("gpt-oss's experts in MXFP4 are the transposes that its code multiplies with", async () => {
  const file = await readSafetensors(await fileSource(`${ROOT}/gpt_oss_mxfp4/model.safetensors`));
  const golden = await readSafetensors(await fileSource(`${ROOT}/gpt_oss_mxfp4/expected.safetensors`));
  const { tensors } = await resolveStorage(file, { quantization_config: { quant_method: 'mxfp4' } }, 'gpt_oss');
  const read = async (name: string) => readTensor(tensors.get(`model.layers.0.mlp.experts.${name}`)!);
  const [both, down] = [await read('gate_up_proj'), await read('down_proj')];
  expect(tensors.get('model.layers.0.mlp.experts.gate_up_proj')!.shape).toEqual([2, 32, 64]);
  for (let e = 0; e < 2; e++) {
    const expected = async (part: string) => readTensor(golden.tensors.get(`layer.0.ff.${e}.${part}`)!);
    expect(down.subarray(e * 1024, (e + 1) * 1024)).toEqual(await expected('value'));
    // Of [in, out], the even outputs are gates and the odd ones ups; a key is one output's column.
    const outputs = (which: number) =>
      Float32Array.from({ length: 1024 }, (_, at) => both[e * 2048 + (at % 32) * 64 + 2 * (at >> 5) + which]);
    expect(outputs(0)).toEqual(await expected('key'));
    expect(outputs(1)).toEqual(await expected('up'));
  }
});
