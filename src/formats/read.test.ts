import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, countingSource, expectError } from '../../test/bytes.ts';
import { ggufFile } from '../../test/gguf.ts';
import { memorySource } from '../source/memory.ts';
import { openTensorFile } from './open.ts';
import { readColumns, readRows, readTensor } from './read.ts';
import { writeSafetensors } from './safetensors/write.ts';
import type { TensorInfo } from './tensor.ts';

async function tensor(shape: number[], data: Float32Array) {
  const source = countingSource(memorySource(await concat(writeSafetensors([{ name: 'w', shape, data }]))));
  const info = (await openTensorFile(source)).tensors.get('w')!;
  source.reads.length = source.bytesRead = 0;
  return { info, source };
}

const counting = (length: number) => Float32Array.from({ length }, (_, i) => i);

describe('readTensor', () => {
  test('reads only the bytes of the rows', async () => {
    const { info, source } = await tensor([10, 2, 3], counting(60));
    expect([...(await readTensor(info, { rowStart: 4, rowEnd: 6 }))]).toEqual([...counting(60).subarray(24, 36)]);
    expect(source.bytesRead).toBe(48);
    expect(await readTensor(info)).toEqual(counting(60));
    expect((await readTensor(info, { rowStart: 3, rowEnd: 3 })).length).toBe(0);
  });

  test('a scalar is one row; an empty tensor has none', async () => {
    expect([...(await readTensor((await tensor([], Float32Array.of(7))).info))]).toEqual([7]);
    expect((await readTensor((await tensor([0, 3], new Float32Array())).info)).length).toBe(0);
  });

  test('large tensors are read in pieces of at most 16 MB', async () => {
    const values = counting(5 << 20);
    const { info, source } = await tensor([5, 1 << 20], values);
    expect(Buffer.compare(Buffer.from((await readTensor(info)).buffer), Buffer.from(values.buffer))).toBe(0);
    expect(source.reads.length).toBe(2);
    expect(Math.max(...source.reads.map(([start, end]) => end - start))).toBe(16 << 20);
  });

  test('a quantised vector may be read from within a block', async () => {
    // Q8_0, scale 1: byte i is weight i.
    const block = (first: number) => [0, 0x3c, ...Array.from({ length: 32 }, (_, i) => first + i)];
    const file = ggufFile({
      tensors: [{ name: 'w', dims: [64], type: 8, offset: 0 }],
      data: Uint8Array.from([...block(0), ...block(32)]),
    });
    const info = (await openTensorFile(memorySource(file))).tensors.get('w')!;
    expect([...(await readTensor(info, { rowStart: 30, rowEnd: 35 }))]).toEqual([30, 31, 32, 33, 34]);
    expect([...(await readRows(info, [63, 0]))]).toEqual([63, 0]);
  });

  test.each([
    [-1, 2],
    [2, 1],
    [0, 11],
    [0.5, 2],
  ])('rows %d to %d of 10 are OUT_OF_RANGE', async (rowStart, rowEnd) => {
    const { info } = await tensor([10, 2], counting(20));
    await expectError(readTensor(info, { rowStart, rowEnd }), 'OUT_OF_RANGE', /within the 10 of tensor w/);
  });

  test.each([Number.NaN, Infinity, -Infinity])('%d is NOT_FINITE, with its place', async (bad) => {
    const data = counting(60);
    data[45] = bad;
    const { info } = await tensor([10, 2, 3], data);
    await expectError(readTensor(info), 'NOT_FINITE', new RegExp(`tensor w .*found ${bad} at \\[7, 1, 0\\]`));
    await expectError(readTensor(info, { rowStart: 7 }), 'NOT_FINITE', /\[7, 1, 0\]/);
    await expectError(readRows(info, [9, 7]), 'NOT_FINITE', /\[7, 1, 0\]/);
    expect((await readTensor(info, { rowEnd: 7 })).length).toBe(42);
  });

  test('columns are refused for what stands in them alone', async () => {
    const data = counting(60);
    data[45] = Number.NaN;
    const { info } = await tensor([10, 6], data);
    await expectError(readColumns(info, [2, 3]), 'NOT_FINITE', /found NaN at \[7, 3\]/);
    expect(await readColumns(info, [2])).toEqual(Float32Array.from({ length: 10 }, (_, row) => data[6 * row + 2]));
    expect((await readColumns(info, [3], { finite: false }))[7]).toBeNaN();
  });

  test('the largest fp32 numbers are finite', async () => {
    const data = new Float32Array(8).fill(3.4e38);
    expect(await readTensor((await tensor([2, 4], data)).info)).toEqual(data);
  });

  test('can be cancelled', async () => {
    const { info } = await tensor([10, 2], counting(20));
    await expectError(readTensor(info, { signal: AbortSignal.abort() }), 'ABORTED', /cancelled/);
  });
});

describe('readRows', () => {
  test('any rows in any order are those of readTensor', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.nat(19), { maxLength: 12 }),
        async (width, rows) => {
          const { info } = await tensor([20, width], counting(20 * width));
          const all = await readTensor(info);
          expect([...(await readRows(info, rows))]).toEqual(
            rows.flatMap((row) => [...all.subarray(row * width, (row + 1) * width)]),
          );
        },
      ),
      { numRuns: 50 },
    ));

  test('neighbours are fetched together, far rows apart', async () => {
    const { info, source } = await tensor([100, 1024], counting(100 * 1024));
    await readRows(info, [50, 3, 52, 4, 90]);
    expect(source.reads.map(([start, end]) => [(start - info.start) / 4096, (end - info.start) / 4096])).toEqual([
      [3, 5],
      [50, 53],
      [90, 91],
    ]);
  });

  test('a row out of range is refused', async () =>
    expectError(readRows((await tensor([10, 2], counting(20))).info, [3, 10]), 'OUT_OF_RANGE', /within the 10/));
});

describe('openTensorFile', () => {
  const open = (bytes: Uint8Array | string) =>
    openTensorFile(memorySource(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, 'model.bin'));

  test('knows GGUF and safetensors by their first bytes', async () => {
    expect((await open(ggufFile({}))).format).toBe('gguf');
    expect((await open(await concat(writeSafetensors([])))).format).toBe('safetensors');
  });

  test('a Git LFS pointer is said to be one', () =>
    expectError(
      open('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n'),
      'LFS_POINTER',
      /contents of model.bin, found a Git LFS pointer to 548105171 bytes; run "git lfs pull"/,
    ));

  test.each([
    ['\x80\x02\x8a\x0al\xfc\x9cF\xf9', /pickle, as torch.save made it before PyTorch 1.6; convert it with safetensors/],
    ['\x93NUMPY\x01\x00v\x00', /NumPy/],
    ['FUGG\x03\x00\x00\x00', /big-endian GGUF/],
  ])('%j is FORMAT_UNSUPPORTED with advice', (bytes, message) =>
    expectError(open(bytes), 'FORMAT_UNSUPPORTED', message),
  );

  test.each([
    ['', /it is empty/],
    ['abc', /only 3 bytes/],
    ['<!DOCTYPE html><html>', /a web page/],
    ['\n<html lang="en">', /a web page/],
    ['{"architectures": []}', /found a text file; name the file that has the weights/],
    ['# \xc3\x9cberschrift\n\nA model card, as a README has it.', /found a text file/],
    ['\0\x01\x02 not text at all', /first bytes are 00 01 02/],
  ])('%j is FORMAT_UNKNOWN', (bytes, message) => expectError(open(bytes), 'FORMAT_UNKNOWN', message));
});

test('a zip file that torch.save did not write is said to be none', () =>
  expectError(
    openTensorFile(memorySource(Buffer.from(`PK\x03\x04${'.'.repeat(60)}`))),
    'FORMAT_INVALID',
    /torch.save/,
  ));

test('a decoder gets whole blocks and room for them', async () => {
  const seen: [number, number][] = [];
  const info: TensorInfo = {
    name: 'w',
    dtype: 'odd',
    shape: [4, 6],
    source: memorySource(new Uint8Array(24)),
    start: 4,
    end: 24,
    blockSize: 3,
    blockBytes: 2,
    decode: (bytes, out) => seen.push([bytes.length, out.length]),
  };
  await readTensor(info, { rowStart: 1, rowEnd: 3 });
  expect(seen).toEqual([[8, 12]]);
});
