import { describe, expect, test } from 'vitest';
import { expectError } from '../../../test/bytes.ts';
import { GGUF, ggufFile, text } from '../../../test/gguf.ts';
import { readWeights } from '../../model/weights.ts';
import { memoryFolder } from '../../source/memory.ts';
import { resolveStorage } from '../quantised/resolve.ts';
import { readTensor } from '../read.ts';

const u16 = (n: number) => Uint8Array.of(n & 255, n >> 8);
const i32 = (n: number) => new Uint8Array(Int32Array.of(n).buffer);

/** Part `no` of `count`, with one tensor of one number. */
const part = (no: number, count: number, tensor: string, value: number, total = count): Uint8Array =>
  ggufFile({
    pairs: [
      ['split.no', GGUF.u16, u16(no)],
      ['split.count', GGUF.u16, u16(count)],
      ['split.tensors.count', GGUF.i32, i32(total)],
      ...(no === 0 ? [['general.name', GGUF.string, text('whole')] as [string, number, Uint8Array]] : []),
    ],
    tensors: [{ name: tensor, dims: [1], type: 0, offset: 0 }],
    data: new Uint8Array(Float32Array.of(value).buffer),
  });
const name = (i: number, count = 3, of = 'm') =>
  `${of}-${String(i).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`;
const PARTS = { [name(1)]: part(0, 3, 'a', 1), [name(2)]: part(1, 3, 'b', 2), [name(3)]: part(2, 3, 'c', 3) };

describe('a model in parts', () => {
  test.each([undefined, name(1), name(2), name(3)])('is read whole, whichever is named (%s)', async (file) => {
    const { tensors, metadata } = await readWeights(memoryFolder(PARTS), file);
    const values = await Promise.all([...tensors.values()].map((info) => readTensor(info)));
    expect([...tensors.keys()].map((key, i) => [key, values[i][0]])).toEqual(Object.entries({ a: 1, b: 2, c: 3 }));
    expect(metadata.get('general.name')).toBe('whole');
  });

  const { [name(2)]: second, ...others } = PARTS;
  test.each<
    [
      string,
      Record<string, Uint8Array>,
      string | undefined,
      'SOURCE_NOT_FOUND' | 'FORMAT_INVALID' | 'FORMAT_UNSUPPORTED',
      RegExp,
    ]
  >([
    ['a part is gone', others, undefined, 'SOURCE_NOT_FOUND', /m-00002-of-00003.gguf in .* one of 3 parts/],
    [
      'the names do not tell',
      { 'm.gguf': second },
      'm.gguf',
      'FORMAT_UNSUPPORTED',
      /no names of the others; name them as/,
    ],
    [
      'a part is another',
      { ...others, [name(2)]: part(2, 3, 'b', 2) },
      undefined,
      'FORMAT_INVALID',
      /says that it is part 3/,
    ],
    [
      'a tensor is there twice',
      { ...others, [name(2)]: part(1, 3, 'a', 2) },
      undefined,
      'FORMAT_INVALID',
      /"a" is in two/,
    ],
    [
      'tensors are missing',
      { [name(1, 2)]: part(0, 2, 'a', 1, 9), [name(2, 2)]: part(1, 2, 'b', 1, 9) },
      undefined,
      'FORMAT_INVALID',
      /have 2 tensors, not 9/,
    ],
    [
      'there are two models',
      { ...PARTS, [name(1, 3, 'n')]: PARTS[name(1)], 'x.gguf': second },
      undefined,
      'SOURCE_NOT_FOUND',
      /found 3: .*; name one/,
    ],
  ])('where %s, it is said', (_, files, file, code, message) =>
    expectError(readWeights(memoryFolder(files), file), code, message),
  );
});

describe('a GGUF file that is no language model is said to be what it is', () => {
  const kind = (...pairs: [string, string][]) =>
    ggufFile({ pairs: pairs.map(([key, value]) => [key, GGUF.string, text(value)]) });
  test.each([
    ['LoRA', kind(['general.type', 'adapter']), /a LoRA adapter, which changes a model that is not here; merge it/],
    ['vision', kind(['general.architecture', 'clip']), /the part of a model that sees or hears/],
    ['importance matrix', kind(['general.type', 'imatrix']), /statistics for quantising/],
    ['vocabulary', kind(['tokenizer.ggml.tokens', 'x']), /a vocabulary without weights/],
  ])('%s', (_, bytes, message) =>
    expectError(readWeights(memoryFolder({ 'x.gguf': bytes })), 'FORMAT_UNSUPPORTED', message),
  );
});

test('a weight with a scale beside it is refused when it is wanted', async () => {
  const tensors = ['w.weight', 'w.scale', 'v.weight'].map((each, i) => ({
    name: each,
    dims: [1],
    type: 0,
    offset: 32 * i,
  }));
  const file = await readWeights(memoryFolder({ 'x.gguf': ggufFile({ tensors, data: new Uint8Array(68) }) }));
  const { tensors: found } = await resolveStorage(file, {}, 'x.gguf');
  expect(await readTensor(found.get('v.weight')!)).toEqual(Float32Array.of(0));
  await expectError(readTensor(found.get('w.weight')!), 'FORMAT_UNSUPPORTED', /F32 beside a scale/);
});
