import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectError, fixture } from '../../test/bytes.ts';
import { type RawTensor, rawSafetensors } from '../../test/raw-safetensors.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { memoryFolder, memorySource } from '../source/memory.ts';
import { openModel } from './open.ts';
import { readWeights } from './weights.ts';

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const DIR = fixture('architectures/llama');
const FILES: Record<string, Uint8Array> = Object.fromEntries(
  readdirSync(DIR)
    .filter((name) => /^(config|model|tokenizer)\.(json|safetensors)$/.test(name))
    .map((name) => [name, new Uint8Array(readFileSync(`${DIR}/${name}`))]),
);

/** The llama checkpoint with some of its tensors changed, added, or (undefined) left out. */
async function changed(changes: Record<string, RawTensor | undefined>): Promise<Record<string, Uint8Array>> {
  const { tensors } = await readSafetensors(memorySource(FILES['model.safetensors']));
  const raw: Record<string, RawTensor> = {};
  for (const { name, dtype, shape, source, start, end } of tensors.values())
    raw[name] = { dtype, shape, bytes: await source.slice(start, end) };
  const kept = Object.entries({ ...raw, ...changes }).filter((entry): entry is [string, RawTensor] => !!entry[1]);
  return { ...FILES, 'model.safetensors': rawSafetensors(Object.fromEntries(kept)) };
}

const KEY = 'model.layers.1.mlp.up_proj.weight';

describe('which weights of a folder count', () => {
  const one = (value: number): Uint8Array =>
    rawSafetensors({ w: { dtype: 'F32', shape: [1], bytes: new Uint8Array(Float32Array.of(value).buffer) } });
  const index = text({ weight_map: { w: 'other.safetensors' } });
  const weightOf = async (files: Record<string, Uint8Array>, unlisted = false): Promise<number> => {
    const folder = memoryFolder(files);
    const { tensors } = await readWeights(unlisted ? { ...folder, list: async () => undefined } : folder);
    return (await readTensor(tensors.get('w')!))[0];
  };

  test.each([false, true])('model.safetensors comes before an index beside it (unlisted: %s)', async (unlisted) => {
    const files = { 'model.safetensors': one(1), 'model.safetensors.index.json': index };
    expect(await weightOf({ ...files, 'other.safetensors': one(2) }, unlisted)).toBe(1);
    expect(await weightOf(files, unlisted)).toBe(1);
    const sharded = { 'model.safetensors.index.json': index, 'other.safetensors': one(2) };
    expect(await weightOf(sharded, unlisted)).toBe(2);
  });
});

describe('no number is read without its scale', () => {
  const open = async (changes: Record<string, RawTensor | undefined>, config: object = {}) => {
    const files = await changed(changes);
    const own = JSON.parse(new TextDecoder().decode(FILES['config.json']));
    return openModel({ ...files, 'config.json': text({ ...own, ...config }) });
  };

  test.each<[string, Record<string, RawTensor | undefined>, RegExp]>([
    ['integers in place of a weight', { [KEY]: { dtype: 'I8', shape: [1, 1] } }, /found integers \(I8\)/],
    ['packed integers, of another shape', { [KEY]: { dtype: 'U32', shape: [4, 2] } }, /found integers \(U32\)/],
    [
      'codes under a name of their own',
      { [KEY]: undefined, 'model.layers.1.mlp.up_proj.qcodes': { dtype: 'I32', shape: [4] } },
      /up_proj.qcodes" of .* quantised in a way that is not read/,
    ],
    ['an element type that is not read', { [KEY]: { dtype: 'C64', shape: [1, 1] } }, /found "C64"/],
  ])('%s', async (_, changes, message) => expectError(open(changes), 'FORMAT_UNSUPPORTED', message));

  test('a declared method that is not read', () =>
    expectError(open({}, { quantization_config: { quant_method: 'aqlm' } }), 'FORMAT_UNSUPPORTED', /AQLM/));

  test('a tensor that no parameter uses may be of any type', async () => {
    const model = await open({
      'mtp.weight': { dtype: 'C64', shape: [2] },
      'vision.ids': { dtype: 'I64', shape: [2] },
    });
    expect(model.parameters.size).toBeGreaterThan(10);
  });
});
