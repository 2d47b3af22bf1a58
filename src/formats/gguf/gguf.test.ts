import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countingSource, expectError, fixture } from '../../../test/bytes.ts';
import { array, GGUF, type GgufParts, ggufFile, text, u32, u64 } from '../../../test/gguf.ts';
import { memorySource } from '../../source/memory.ts';
import { readTensor } from '../read.ts';
import { readSafetensors } from '../safetensors/read.ts';
import { readGguf } from './read.ts';
import { GGUF_TYPES } from './types.ts';

const read = (parts: GgufParts) => readGguf(memorySource(ggufFile(parts), 'a.gguf'));
const F32 = 0;

describe('dequantisation gives the bits of the gguf package', () => {
  const blocks = readGguf(memorySource(readFileSync(fixture('gguf/blocks.gguf'))));
  const golden = readSafetensors(memorySource(readFileSync(fixture('gguf/blocks.expected.safetensors'))));

  test.each([...GGUF_TYPES.values()].map((type) => type.name))('%s', async (type) => {
    const ours = (await blocks).tensors.get(type)!;
    const theirs = (await golden).tensors.get(type)!;
    expect(ours.dtype).toBe(type);
    expect(ours.shape).toEqual(theirs.shape);
    const [a, b] = await Promise.all([readTensor(ours), readTensor(theirs)]);
    const bits = new Uint32Array(a.buffer);
    expect(bits.findIndex((word, i) => word !== new Uint32Array(b.buffer)[i])).toBe(-1);
    for (let row = 0; row < ours.shape[0]; row++) {
      const width = ours.shape[1];
      const one = await readTensor(ours, { rowStart: row, rowEnd: row + 1 });
      expect(one).toEqual(b.slice(row * width, (row + 1) * width));
    }
  });

  test('key-value pairs of every kind are read', async () => {
    const { metadata } = await blocks;
    expect(metadata.get('general.name')).toBe('random blocks');
    expect(metadata.get('test.words')).toEqual(['', 'a', 'Ġthe', '日本', '😀']);
    expect(metadata.get('test.numbers')).toEqual([1, -2, 3]);
    expect(metadata.get('test.floats')).toEqual([0.5, -1.25]);
    expect(metadata.get('test.flags')).toEqual([true, false]);
    expect(metadata.get('test.large')).toBe(2n ** 60n + 1n);
    expect(metadata.get('test.small')).toBe(-5);
  });
});

describe('the header', () => {
  test('is read in growing pieces, each byte once', async () => {
    const words = Array.from({ length: 300_000 }, (_, i) => text(`word ${i} Ġ`));
    const bytes = ggufFile({
      pairs: [['words', GGUF.array, array(GGUF.string, words)]],
      tensors: [{ name: 'w', dims: [2, 1], type: F32, offset: 0 }],
      data: new Uint8Array(8),
    });
    const source = countingSource(memorySource(bytes));
    const file = await readGguf(source);
    expect((file.metadata.get('words') as string[])[299_999]).toBe('word 299999 Ġ');
    expect(file.tensors.get('w')!.end).toBe(bytes.length);
    expect(source.reads.length).toBeGreaterThan(1);
    expect(source.reads.map(([start]) => start)).toEqual([0, ...source.reads.slice(0, -1).map(([, end]) => end)]);
  });

  test('dimensions are turned into row-major order; nested arrays; own alignment', async () => {
    const pairs: GgufParts['pairs'] = [
      ['general.alignment', GGUF.u32, u32(64)],
      [
        'nested',
        GGUF.array,
        array(GGUF.array, [array(GGUF.u8, [Uint8Array.of(1), Uint8Array.of(2)]), array(GGUF.u8, [])]),
      ],
    ];
    const tensors = [{ name: 'w', dims: [3, 2, 1], type: F32, offset: 64 }];
    const file = await read({ pairs, tensors, alignment: 64, data: new Uint8Array(64 + 24) });
    expect(file.tensors.get('w')!.shape).toEqual([1, 2, 3]);
    expect(file.tensors.get('w')!.start % 64).toBe(0);
    expect(file.metadata.get('nested')).toEqual([[1, 2], []]);
    expect((await read({ version: 2 })).tensors.size).toBe(0);
  });

  test('a byte order mark stays in its string', async () => {
    const file = await read({ pairs: [['bom', GGUF.string, text('\ufeffa')]] });
    expect(file.metadata.get('bom')).toBe('\ufeffa');
  });

  test('what is written is read back', () => {
    const value = fc.oneof(
      fc.nat().map((n) => [GGUF.u32, u32(n), n] as const),
      fc
        .bigInt({ min: 0n, max: 2n ** 64n - 1n })
        .map((n) => [GGUF.u64, u64(n), n < 2n ** 53n ? Number(n) : n] as const),
      fc.string({ unit: 'binary' }).map((t) => [GGUF.string, text(t), t] as const),
      fc.array(fc.string({ unit: 'grapheme' })).map((a) => [GGUF.array, array(GGUF.string, a.map(text)), a] as const),
    );
    const name = fc.string({ unit: 'grapheme' }).filter((key) => key !== 'general.alignment');
    return fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, value),
        fc.dictionary(name, fc.array(fc.nat(5), { maxLength: 4 })),
        async (values, shapes) => {
          let size = 0;
          const tensors = Object.entries(shapes).map(([name, shape]) => {
            const offset = size;
            size += Math.ceil(shape.reduce((a, b) => a * b, 4) / 32) * 32;
            return { name, dims: [...shape].reverse(), type: F32, offset };
          });
          const pairs = Object.entries(values).map(
            ([key, [type, bytes]]) => [key, type, bytes] as [string, number, Uint8Array],
          );
          const file = await read({ pairs, tensors, data: new Uint8Array(size) });
          expect([...file.metadata]).toEqual(Object.entries(values).map(([key, [, , value]]) => [key, value]));
          expect([...file.tensors.values()].map((info) => [info.name, info.shape])).toEqual(Object.entries(shapes));
        },
      ),
    );
  });

  const w = { name: 'w', dims: [4], type: F32, offset: 0 };
  const data = new Uint8Array(64);
  const huge = 2n ** 63n;
  test.each<[string, GgufParts, RegExp]>([
    ['too many tensors', { tensorCount: huge }, /claims 9223372036854775808 tensors, but only \d+ bytes follow/],
    ['too many pairs', { pairCount: huge }, /claims 9223372036854775808 key-value pairs/],
    ['a long string', { pairs: [['a', GGUF.string, u64(huge)]] }, /claims 9223372036854775808 bytes of text/],
    [
      'a long array',
      { pairs: [['a', GGUF.array, array(GGUF.u8, [], huge)]] },
      /claims 9223372036854775808 values for the key "a"/,
    ],
    [
      'a key twice',
      {
        pairs: [
          ['a', GGUF.u8, Uint8Array.of(1)],
          ['a', GGUF.u8, Uint8Array.of(1)],
        ],
      },
      /key "a" twice/,
    ],
    ['an unknown value type', { pairs: [['a', 13, u32(0)]] }, /"a" has the unknown value type 13/],
    ['a tensor twice', { tensors: [w, { ...w, offset: 32 }], data }, /tensor "w" twice/],
    [
      'an overlap',
      {
        tensors: [
          { ...w, dims: [9] },
          { ...w, name: 'v', offset: 32 },
        ],
        data,
      },
      /"w" and "v" overlap/,
    ],
    [
      'a tensor beyond the file',
      { tensors: [{ ...w, offset: 64 }], data },
      /"w" takes 16 bytes from byte \d+ on, but the file has/,
    ],
    ['an offset beyond all files', { tensors: [{ ...w, offset: huge }], data }, /"w" takes 16 bytes/],
    ['an unaligned offset', { tensors: [{ ...w, offset: 16 }], data }, /byte 16 of the data, not a multiple of 32/],
    ['a shape that overflows', { tensors: [{ ...w, dims: [huge, huge, huge] }], data }, /needs \d+ bytes, but only/],
    ['an unsafe shape of nothing', { tensors: [{ ...w, dims: [huge, 0] }], data }, /needs 0 bytes/],
    [
      'rows that split blocks',
      { tensors: [{ ...w, dims: [16, 2], type: 2 }], data },
      /rows of 16, not a multiple of Q4_0's blocks of 32/,
    ],
    [
      'a strange alignment',
      { pairs: [['general.alignment', GGUF.u32, u32(24)]] },
      /alignment is 24, not a power of two/,
    ],
    ['no alignment', { pairs: [['general.alignment', GGUF.u32, u32(0)]] }, /alignment is 0/],
  ])('%s is FORMAT_INVALID', (_, parts, message) => expectError(read(parts), 'FORMAT_INVALID', message));

  test.each<[string, GgufParts, RegExp]>([
    [
      'nine dimensions',
      { tensors: [{ ...w, dims: Array(9).fill(1) }], data },
      /at most 8 dimensions for tensor "w" .* found 9/,
    ],
    [
      'an 11 MB string',
      { pairs: [['a', GGUF.string, text('x'.repeat(11e6))]] },
      /at most 10000000 bytes .* found one of 11000000/,
    ],
    [
      'arrays five deep',
      { pairs: [['a', GGUF.array, [1, 2, 3, 4].reduce((inner) => array(GGUF.array, [inner]), array(GGUF.u8, []))]] },
      /nested at most 4 deep/,
    ],
  ])('%s is FORMAT_LIMIT', (_, parts, message) => expectError(read(parts), 'FORMAT_LIMIT', message));

  test.each<[string, GgufParts, RegExp]>([
    ['big-endian', { version: 0x03000000 }, /found a big-endian one/],
    ['version 1', { version: 1 }, /found version 1/],
    ['a known type', { tensors: [{ ...w, type: 9 }], data }, /for tensor "w" of a.gguf, found Q8_1/],
    ['an unknown type', { tensors: [{ ...w, type: 99 }], data }, /for tensor "w" of a.gguf, found number 99/],
  ])('%s is FORMAT_UNSUPPORTED', (_, parts, message) => expectError(read(parts), 'FORMAT_UNSUPPORTED', message));

  test('long arrays of numbers are typed arrays: they take no more than their bytes', async () => {
    const values = Int32Array.from({ length: 20_000 }, (_, i) => i - 9);
    const longs = BigInt64Array.from({ length: 20_000 }, (_, i) => BigInt(i));
    const bytes = (view: ArrayBufferView) => new Uint8Array(view.buffer);
    const right = await readGguf(
      memorySource(
        ggufFile({
          pairs: [
            ['types', GGUF.array, Buffer.concat([u32(GGUF.i32), u64(values.length), bytes(values)])],
            ['longs', GGUF.array, Buffer.concat([u32(GGUF.i64), u64(longs.length), bytes(longs)])],
            ['short', GGUF.array, array(GGUF.u8, [Uint8Array.of(1)])],
          ],
        }),
      ),
    );
    expect(right.metadata.get('types')).toEqual(values);
    expect(right.metadata.get('longs')).toEqual(longs);
    expect(right.metadata.get('short')).toEqual([1]);
  });

  test('what no model has so many of is refused before it is read', async () => {
    const zeros = { data: new Uint8Array(20_000_000) };
    await expectError(
      read({ ...zeros, pairCount: 1_000_000n }),
      'FORMAT_LIMIT',
      /at most 100000 keys .* found 1000000/,
    );
    await expectError(read({ ...zeros, tensorCount: 600_000n }), 'FORMAT_LIMIT', /at most 500000 tensors/);
  });

  test('as the gguf package has it, names are UTF-8 and the alignment is a u32', async () => {
    const key = Buffer.concat([u64(1), Uint8Array.of(0xff)]);
    const named = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(1), key, u32(GGUF.u8), Uint8Array.of(1)]);
    await expectError(readGguf(memorySource(named)), 'FORMAT_INVALID', /not UTF-8/);
    await expectError(
      read({ pairs: [['general.alignment', GGUF.u64, u64(32)]] }),
      'FORMAT_INVALID',
      /general\.alignment is no u32/,
    );
  });

  test('a type that is not read is refused when it is wanted, not with its file', async () => {
    const v = { name: 'v', dims: [2], type: 26, offset: 32 };
    const { tensors } = await read({
      tensors: [{ name: 'w', dims: [2], type: F32, offset: 0 }, v],
      data: new Uint8Array(40),
    });
    expect(await readTensor(tensors.get('w')!)).toEqual(Float32Array.of(0, 0));
    await expectError(readTensor(tensors.get('v')!), 'FORMAT_UNSUPPORTED', /for tensor "v" of a.gguf, found I32/);
  });

  test('the length of the header is limited', () =>
    expectError(
      readGguf(memorySource(ggufFile({ pairs: [['a', GGUF.string, text('x'.repeat(1000))]] })), {
        maxHeaderBytes: 500,
      }),
      'FORMAT_LIMIT',
      /at most 500 bytes/,
    ));

  test('a truncated file says where it ends', async () => {
    const bytes = ggufFile({ pairs: [['a', GGUF.string, text('abc')]] });
    await expectError(readGguf(memorySource(bytes.subarray(0, 30))), 'FORMAT_INVALID', /\d+ (more )?bytes/);
    await expectError(readGguf(memorySource(new Uint8Array(3))), 'FORMAT_INVALID', /ends too early/);
  });
});
