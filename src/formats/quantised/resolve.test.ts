import { describe, expect, test } from 'vitest';
import { expectError } from '../../../test/bytes.ts';
import { type RawTensor, rawSafetensors } from '../../../test/raw-safetensors.ts';
import { memoryFolder, memorySource } from '../../source/memory.ts';
import { readTensor } from '../read.ts';
import { readSafetensors } from '../safetensors/read.ts';
import { resolveStorage, withStandIns } from './resolve.ts';

const WEIGHT = 'model.layers.0.mlp.up_proj.weight';

async function resolve(tensors: Record<string, RawTensor>, config: Record<string, unknown> = {}) {
  return resolveStorage(await readSafetensors(memorySource(rawSafetensors(tensors), 'model')), config, 'model');
}

describe('a config that declares a quantisation that is not read is refused, the method named', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['AQLM', { quantization_config: { quant_method: 'aqlm' } }, /`quantization_config` of model .* method AQLM,/],
    ['an unknown one', { quantization_config: { quant_method: 'my\u001bown' } }, /the method "my\\u001bown"/],
    ['one of no name', { quantization_config: { bits: 4 } }, /a quantisation without `quant_method`/],
    ['one that is no object', { quantization_config: 'aqlm' }, /without `quant_method`/],
    ['in compression_config', { compression_config: { quant_method: 'sparse' } }, /`compression_config`.*"sparse"/],
    ['in quantization', { quantization: { quant_method: 'eetq' } }, /`quantization` of model .* EETQ/],
    ['of the language model alone', { text_config: { quantization_config: { quant_method: 'vptq' } } }, /VPTQ/],
  ])('%s', (_, config, message) =>
    expectError(resolve({ [WEIGHT]: { dtype: 'BF16', shape: [2, 2] } }, config), 'FORMAT_UNSUPPORTED', message),
  );

  test.each([null, false, {}])('%j declares nothing', async (quantization_config) => {
    const { notes } = await resolve({ [WEIGHT]: { dtype: 'BF16', shape: [2, 2] } }, { quantization_config });
    expect(notes).toEqual([]);
  });
});

describe('a number is read with its scale or not at all', () => {
  const codes = (dtype: string): Record<string, RawTensor> => ({ [WEIGHT]: { dtype, shape: [2, 2] } });
  const scale: RawTensor = { dtype: 'F32', shape: [2, 1] };

  test.each<[string, Record<string, RawTensor>, RegExp]>([
    ...['I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64', 'BOOL'].map(
      (dtype): [string, Record<string, RawTensor>, RegExp] => [dtype, codes(dtype), /found integers \(/],
    ),
    ['FP8 beside an odd scale', { ...codes('F8_E4M3'), [`${WEIGHT}._scale`]: scale }, /F8_E4M3 beside ".*\._scale"/],
    ['FP8 where another name may be a scale', { ...codes('F8_E5M2'), 'all.SCALE': scale }, /the file has "all.SCALE"/],
    [
      'FP8 beside what nobody knows',
      { ...codes('F8_E4M3'), [`${WEIGHT}_dequant`]: scale },
      /beside ".*weight_dequant"/,
    ],
    ['FP4 alone', codes('F4'), /F4 without a scale of its own/],
    ['powers of two alone', codes('F8_E8M0'), /F8_E8M0 without a scale of its own/],
    ['FP4', { ...codes('F4'), 'x.absmax': scale }, /F4 without a scale of its own/],
    ['BF16 beside a scale of no use', { ...codes('BF16'), [`${WEIGHT}_scale_2`]: scale }, /BF16 beside/],
    ['packed under another name', { [WEIGHT.replace('weight', 'codes')]: { dtype: 'I16', shape: [4] } }, /integers/],
    ['codes of a codebook', { [WEIGHT.replace('weight', 'indices')]: { dtype: 'I32', shape: [4] } }, /integers/],
    ['packed after the name', { [`${WEIGHT}_qdata`]: { dtype: 'U8', shape: [4] } }, /integers \(U8\)/],
    ['packed below the name', { [`${WEIGHT}._data`]: { dtype: 'U8', shape: [4] } }, /integers \(U8\)/],
  ])('%s', async (_, tensors, message) => {
    const info = withStandIns(await resolve(tensors)).get(WEIGHT)!;
    await expectError(readTensor(info), 'FORMAT_UNSUPPORTED', message);
  });

  test('FP8 in a file without scales, whose config declares nothing, is what it is, and said', async () => {
    const { tensors, notes } = await resolve({
      [WEIGHT]: { dtype: 'F8_E4M3', shape: [2], bytes: Uint8Array.of(56, 184) },
    });
    expect(await readTensor(tensors.get(WEIGHT)!)).toEqual(Float32Array.of(1, -1));
    expect(notes).toEqual(['1 tensor is stored as FP8 without a scale: read as it stands.']);
  });

  test('what nothing wants closes nothing', async () => {
    const { tensors } = await resolve({ [WEIGHT]: { dtype: 'F16', shape: [1] }, ids: { dtype: 'I64', shape: [3] } });
    expect(await readTensor(tensors.get(WEIGHT)!)).toEqual(Float32Array.of(0));
    expect(tensors.get('ids')!.shape).toEqual([3]);
  });
});

describe('what a scheme does not know about is refused, its method named', () => {
  const gptq: Record<string, RawTensor> = {
    'm.qweight': { dtype: 'I32', shape: [4, 8] },
    'm.qzeros': { dtype: 'I32', shape: [1, 1] },
    'm.scales': { dtype: 'F16', shape: [1, 8] },
  };
  const fp8: Record<string, RawTensor> = {
    'm.weight': { dtype: 'F8_E4M3', shape: [2, 4] },
    'm.weight_scale': { dtype: 'F32', shape: [] },
  };
  const as = (method: string, settings: object = {}) => ({
    quantization_config: { quant_method: method, ...settings },
  });
  const read = async (tensors: Record<string, RawTensor>, config: Record<string, unknown>) =>
    readTensor(withStandIns(await resolve(tensors, config)).get('m.weight')!);

  test.each<[string, Record<string, RawTensor>, Record<string, unknown>, RegExp]>([
    [
      'another checkpoint_format',
      gptq,
      as('gptq', { bits: 4, checkpoint_format: 'marlin' }),
      /I32\): quantised by GPTQ/,
    ],
    ['an order of another length', { ...gptq, 'm.g_idx': { dtype: 'I32', shape: [31] } }, as('gptq'), /by GPTQ/],
    ['codes whose format nothing says', gptq, {}, /integers \(I32\): quantised in a way/],
    ['scales of inputs', { ...fp8, 'm.pre_quant_scale': { dtype: 'F16', shape: [4] } }, as('modelopt'), /ModelOpt/],
    ['two scales', { ...fp8, 'm.weight_scale_inv': { dtype: 'F32', shape: [] } }, as('fp8'), /F8_E4M3 beside/],
    ['a grid that does not fit', { ...fp8, 'm.weight_scale': { dtype: 'F32', shape: [3, 1] } }, as('fp8'), /by FP8/],
    ['AWQ for another kernel', gptq, as('awq', { version: 'gemv' }), /by AWQ in a form/],
    ['MLX of which bits are not said', { 'm.weight': { dtype: 'U32', shape: [2, 4] } }, as('mlx'), /by MLX in a form/],
  ])('%s', (_, tensors, config, message) => expectError(read(tensors, config), 'FORMAT_UNSUPPORTED', message));

  test.each([
    ['weights of a rotated space', { transform_config: { config_groups: { u: {} } } }, /a transformed space/],
    ['sparse weights', { sparsity_config: { format: 'sparse-24-bitmask' } }, /stored sparsely \("sparse-24-bitmask"\)/],
  ])('%s', (_, settings, message) =>
    expectError(read(fp8, as('compressed-tensors', settings)), 'FORMAT_UNSUPPORTED', message),
  );

  test('the files in which old tools say it are read', async () => {
    const file = await readSafetensors(memorySource(rawSafetensors(gptq), 'model'));
    const folder = memoryFolder({ 'quantize_config.json': new TextEncoder().encode('{"bits": 4, "group_size": 32}') });
    const { tensors } = await resolveStorage(file, {}, 'model', folder);
    expect(tensors.get('m.weight')!.dtype).toBe('GPTQ 4-bit');
  });

  test("ModelOpt's own file says which method a refusal is about", async () => {
    const of = { 'm.weight': { dtype: 'U8', shape: [4, 2] }, 'm.weight_scale': { dtype: 'F32', shape: [7] } };
    const file = await readSafetensors(memorySource(rawSafetensors(of), 'model'));
    const said = { producer: { name: 'modelopt' }, quantization: { quant_algo: 'W4A8_AWQ' } };
    const folder = memoryFolder({ 'hf_quant_config.json': new TextEncoder().encode(JSON.stringify(said)) });
    const { tensors } = await resolveStorage(file, {}, 'model', folder);
    await expectError(readTensor(tensors.get('m.weight')!), 'FORMAT_UNSUPPORTED', /by ModelOpt in a form that is not/);
  });

  test('scales of activations belong to their module and change nothing', async () => {
    const { tensors } = await resolve({ ...fp8, 'm.input_scale': { dtype: 'F32', shape: [] } }, as('modelopt'));
    expect(tensors.get('m.input_scale')!.partOf).toBe('m.weight');
    expect(await readTensor(tensors.get('m.weight')!)).toEqual(new Float32Array(8));
  });
});
