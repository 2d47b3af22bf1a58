import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectError, fixture } from '../../test/bytes.ts';
import { type RawTensor, rawSafetensors } from '../../test/raw-safetensors.ts';
import { P, tensor, zipFile } from '../../test/torch-zip.ts';
import { WeightscopeError } from '../errors.ts';
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

describe("PyTorch's own files", () => {
  const torch = (...values: number[]): Uint8Array =>
    zipFile([
      { name: 'm/data.pkl', data: P.whole('}', P.text('w'), tensor(), 's') },
      { name: 'm/data/0', data: new Uint8Array(Float32Array.from(values).buffer) },
    ]);
  const index = text({ weight_map: { w: 'pytorch_model-00001-of-00002.bin' } });
  const SHARDED = {
    'pytorch_model.bin.index.json': index,
    'pytorch_model-00001-of-00002.bin': torch(5, 6, 7, 8),
  };

  test.each([
    ['single', { 'pytorch_model.bin': torch(1, 2, 3, 4), ...SHARDED }, [1, 2, 3, 4]],
    ['sharded', SHARDED, [5, 6, 7, 8]],
  ])('%s', async (_, files, expected) => {
    for (const list of [memoryFolder(files).list, async () => undefined]) {
      const { tensors, format } = await readWeights({ ...memoryFolder(files), list });
      expect(format).toBe('torch');
      expect(await readTensor(tensors.get('w')!)).toEqual(Float32Array.from(expected));
    }
  });
});

describe('what is no whole model is said, and what to do', () => {
  const none = new Uint8Array(600);
  test.each<[string, string[], string | undefined, RegExp]>([
    [
      'a shard',
      ['model-00001-of-00002.safetensors'],
      'model-00001-of-00002.safetensors',
      /one of its 2 parts; name the folder/,
    ],
    ['its config', ['config.json'], 'config.json', /found JSON that lies beside them; name the folder/],
    ['TensorFlow', ['tf_model.h5', 'config.json'], undefined, /found TensorFlow weights \(tf_model.h5\); convert them/],
    ['Flax', ['flax_model.msgpack', 'training_args.bin'], undefined, /found Flax weights \(flax_model.msgpack\)/],
    ['ONNX', ['onnx/model.onnx'], undefined, /found an ONNX graph \(onnx\/model.onnx\)/],
    [
      'Mistral',
      ['consolidated-00001-of-00002.safetensors'],
      undefined,
      /its maker's own names .* files of the same model for/,
    ],
    [
      'folders of checkpoints',
      ['llama/adapter/adapter_model.safetensors', 'a/b/model.safetensors', 'qwen/model.gguf', 'notes.txt'],
      undefined,
      /itself, found weights in folders below it \(qwen, a\/b\); name one of them/,
    ],
    [
      'folders of adapters',
      ['llama/adapter_model.safetensors', 'notes.txt'],
      undefined,
      /found an adapter, which changes a model that is not here \(llama\/adapter_model.safetensors\)/,
    ],
    ['Meta', ['original/consolidated.00.pth'], undefined, /its maker's own names \(original\/consolidated.00.pth\)/],
    [
      'an adapter alone',
      ['adapter_model.safetensors'],
      undefined,
      /an adapter, which changes a model that is not here/,
    ],
    [
      'nothing',
      ['config.json', 'training_args.bin'],
      undefined,
      /found config.json, training_args.bin; name a checkpoint's/,
    ],
  ])('%s', async (_, names, file, message) => {
    const folder = memoryFolder(Object.fromEntries(names.map((name) => [name, none])));
    const error: unknown = await readWeights(folder, file).catch((reason) => reason);
    expect(error).toBeInstanceOf(WeightscopeError);
    expect((error as WeightscopeError).message).toMatch(message);
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
    // What the file does not have is not listed as unread.
    expect(model.notes.join()).not.toContain('vision.weight');
  });
});
