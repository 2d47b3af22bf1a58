import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, expectError, fixture } from '../../../test/bytes.ts';
import { memoryFolder, memorySource } from '../../source/memory.ts';
import { readTensor } from '../read.ts';
import { readSafetensors } from './read.ts';
import { readShardedSafetensors } from './sharded.ts';
import { type TensorToWrite, writeSafetensors } from './write.ts';

/** A file from a header (an object, or JSON as it stands) and data. */
function fileOf(header: unknown, dataLength = 0, claimed?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataLength)]);
}

const read = (bytes: Uint8Array) => readSafetensors(memorySource(bytes, 'a.safetensors'));
const f32 = (shape: number[], start: number, end: number) => ({ dtype: 'F32', shape, data_offsets: [start, end] });

describe('readSafetensors', () => {
  test('every element type decodes to the fp32 that torch converts it to', async () => {
    const file = await read(readFileSync(fixture('formats/dtypes.safetensors')));
    const expected = await read(readFileSync(fixture('formats/dtypes.expected.safetensors')));
    expect(file.metadata.get('made')).toBe('by torch');
    expect([...file.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
    for (const [name, info] of file.tensors) {
      const golden = expected.tensors.get(name)!;
      expect(info.shape, name).toEqual(golden.shape);
      const count = info.shape.reduce((a, b) => a * b, 1);
      const [ours, theirs] = [new Float32Array(count), new Float32Array(count)];
      info.decode(await info.source.slice(info.start, info.end), ours);
      golden.decode(await golden.source.slice(golden.start, golden.end), theirs);
      for (let i = 0; i < count; i++)
        if (!Object.is(ours[i], theirs[i])) expect.fail(`${name}[${i}]: ${ours[i]}, torch has ${theirs[i]}`);
    }
  });

  test('an unaligned array decodes too', async () => {
    const file = await read(readFileSync(fixture('formats/dtypes.safetensors')));
    for (const info of file.tensors.values()) {
      const bytes = await info.source.slice(info.start, info.end);
      const shifted = new Uint8Array(bytes.length + 1);
      shifted.set(bytes, 1);
      const [a, b] = [0, 1].map(() => new Float32Array(bytes.length / info.blockBytes));
      info.decode(bytes, a);
      info.decode(shifted.subarray(1), b);
      expect(b).toEqual(a);
    }
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['too short', new Uint8Array(7), /only 7 bytes/],
    ['header longer than the file', fileOf({}, 0, 1000n), /claims 1000 bytes, but only 2 bytes follow/],
    ['header length near 2^64', fileOf({}, 0, 2n ** 64n - 1n), /claims 18446744073709551615 bytes/],
    ['not an object', fileOf('[1]'), /does not begin with "{"/],
    ['not JSON', fileOf('{"a"'), /not JSON/],
    ['deep nesting', fileOf(`{"a":${'['.repeat(1e5)}`), /no shape|no dtype|not an object/],
    [
      'a number that is not whole as JSON has it',
      fileOf('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1),
      /no shape/,
    ],
    ['an exponent', fileOf('{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', 1), /no shape/],
    ['minus zero', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[-0,1]}}', 1), /data_offsets/],
    ['half a character', fileOf('{"\\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), /half a character/],
    ['nesting beyond serde', fileOf(`{"a":{"x":${'['.repeat(200)}${']'.repeat(200)}}}`), /nested more than 127 deep/],
    [
      'a shape of many ones',
      fileOf(`{"a":{"dtype":"U8","shape":[${'1,'.repeat(99)}1],"data_offsets":[0,1]}}`, 1),
      /at most 64/,
    ],
    ['something behind it', fileOf('{}x'), /where the end should be/],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"\xff":', 'latin1')]),
      /not UTF-8/,
    ],
    [
      'a duplicate tensor',
      fileOf('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":1}', 4),
      /key "a" twice/,
    ],
    [
      'a duplicate field',
      fileOf('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"shape":[]}}', 4),
      /"shape" twice/,
    ],
    ['metadata that is no string map', fileOf({ __metadata__: { a: 1 } }), /entry "a" is not a string/],
    ['no dtype', fileOf({ a: { shape: [] } }), /tensor "a" has no dtype/],
    ['a negative size', fileOf({ a: f32([-1], 0, 0) }), /no shape of whole numbers/],
    ['three offsets', fileOf({ a: { ...f32([1], 0, 4), data_offsets: [0, 4, 8] } }, 4), /two whole numbers/],
    ['offsets beyond the file', fileOf({ a: f32([2], 0, 8) }, 4), /outside of the file's 4 bytes/],
    ['reversed offsets', fileOf({ a: f32([1], 4, 0) }, 4), /bytes 4 to 0/],
    ['a shape that does not fit', fileOf({ a: f32([3], 0, 8) }, 8), /12 bytes, but holds 8/],
    ['a shape that overflows', fileOf({ a: f32([2 ** 40, 2 ** 40, 2 ** 40], 0, 8) }, 8), /but holds 8/],
    ['infinitely many elements, and none', fileOf({ a: f32([...Array(60).fill(2 ** 40), 0], 0, 0) }), /but holds 0/],
    ['too many elements, times none', fileOf({ a: f32([2 ** 52, 2 ** 52, 0], 0, 0) }), /too many bytes, but holds 0/],
    ['overlap', fileOf({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), /"b" begins at byte 4 .* ends at 8/],
    ['a hole', fileOf({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /bytes 4 to 8 .* belong to no tensor/],
    ['bytes at the end', fileOf({ a: f32([1], 0, 4) }, 5), /end at byte 4 .* there are 5/],
  ])('%s is FORMAT_INVALID', (_, bytes, message) => expectError(read(bytes), 'FORMAT_INVALID', message));

  test.each(['C64', 'F6_E2M3', 'Q7', 'constructor'])(
    'a tensor of type %s is refused when it is wanted',
    async (dtype) => {
      const header = { w: { dtype, shape: [8], data_offsets: [0, dtype === 'C64' ? 64 : 6] }, v: f32([0], 6, 6) };
      if (dtype === 'C64') header.v.data_offsets = [64, 64];
      const { tensors } = await read(fileOf(header, header.v.data_offsets[0]));
      expect(await readTensor(tensors.get('v')!)).toEqual(new Float32Array(0));
      await expectError(
        readTensor(tensors.get('w')!),
        'FORMAT_UNSUPPORTED',
        new RegExp(`tensor "w" .* found "${dtype}"`),
      );
    },
  );

  test('a size that does not fit a type that is not read is FORMAT_INVALID too', () =>
    expectError(
      read(fileOf({ w: { dtype: 'C64', shape: [1], data_offsets: [0, 4] } }, 4)),
      'FORMAT_INVALID',
      /8 bytes, but holds 4/,
    ));

  test('no metadata at all may be written as null', async () =>
    expect((await read(fileOf({ __metadata__: null, a: f32([1], 0, 4) }, 4))).metadata.size).toBe(0));

  test('a header above the limit is FORMAT_LIMIT, and read when the limit is raised', async () => {
    const source = memorySource(fileOf(`{}${' '.repeat(100)}`));
    await expectError(readSafetensors(source, { maxHeaderBytes: 50 }), 'FORMAT_LIMIT', /at most 50 bytes .* found 102/);
    expect((await readSafetensors(source, { maxHeaderBytes: 102 })).tensors.size).toBe(0);
  });

  test('tensor names may be any string', async () => {
    const names = ['__proto__', 'constructor', 'a"b', '', '7'];
    const header = names.map((name, i) => `${JSON.stringify(name)}:${JSON.stringify(f32([1], 4 * i, 4 * i + 4))}`);
    const file = await read(fileOf(`{${header}}`, 20));
    expect([...file.tensors.keys()].sort()).toEqual(names.sort());
  });
});

describe('writeSafetensors', () => {
  const arbitraryTensor = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }).chain((shape) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return fc.record({
      shape: fc.constant(shape),
      data: fc.float32Array({ minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true }),
    });
  });

  test('what is written is read back', () =>
    fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string().filter((name) => name !== '__metadata__'),
          arbitraryTensor,
          { maxKeys: 6 },
        ),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
        async (tensors, metadata) => {
          const list = Object.entries(tensors).map(([name, tensor]) => ({ name, ...tensor }));
          const file = await read(await concat(writeSafetensors(list, metadata)));
          expect(new Map(Object.entries(metadata))).toEqual(file.metadata);
          expect(file.tensors.size).toBe(list.length);
          for (const { name, shape, data } of list) {
            expect(file.tensors.get(name)!.shape).toEqual(shape);
            expect(await readTensor(file.tensors.get(name)!)).toEqual(data);
          }
        },
      ),
    ));

  test('data may stream in pieces, made only when their turn comes', async () => {
    const made: string[] = [];
    const lazy = (name: string): TensorToWrite => ({
      name,
      shape: [2, 2],
      data: (async function* () {
        made.push(name);
        yield Float32Array.of(1, 2, 3);
        yield Float32Array.of(4);
      })(),
    });
    const chunks = writeSafetensors([lazy('a'), lazy('b')]);
    const header = (await chunks.next()).value as Uint8Array;
    expect(header.length % 8).toBe(0);
    expect(made).toEqual([]);
    const file = await read(await concat([header, await concat(chunks)]));
    expect(made).toEqual(['a', 'b']);
    expect(await readTensor(file.tensors.get('b')!)).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  test('too few, too many values and equal names are refused', async () => {
    const write = (...tensors: TensorToWrite[]) => concat(writeSafetensors(tensors));
    const data = new Float32Array(3);
    await expectError(write({ name: 'a', shape: [2], data }), 'ARGUMENT_INVALID', /Expected 2 values .* got more/);
    await expectError(write({ name: 'a', shape: [4], data }), 'ARGUMENT_INVALID', /Expected 4 values .* got 3/);
    await expectError(
      write({ name: 'a', shape: [3], data }, { name: 'a', shape: [3], data }),
      'ARGUMENT_INVALID',
      /"a" twice/,
    );
  });
});

describe('readShardedSafetensors', () => {
  const shard = (name: string, value: number) =>
    concat(writeSafetensors([{ name, shape: [1], data: Float32Array.of(value) }]));
  const folderWith = async (index: unknown) =>
    memoryFolder({
      'model.safetensors.index.json': Buffer.from(typeof index === 'string' ? index : JSON.stringify(index)),
      'one.safetensors': await shard('a', 1),
      'two.safetensors': await shard('b', 2),
    });

  test('merges the shards', async () => {
    const file = await readShardedSafetensors(
      await folderWith({ metadata: { total_size: 8 }, weight_map: { a: 'one.safetensors', b: 'two.safetensors' } }),
    );
    expect([...file.tensors.keys()]).toEqual(['a', 'b']);
    expect(await readTensor(file.tensors.get('b')!)).toEqual(Float32Array.of(2));
    expect(file.metadata.get('total_size')).toBe(8);
  });

  test.each<[string, unknown, RegExp]>([
    ['broken JSON', '{', /not JSON/],
    ['null', 'null', /no weight_map/],
    ['no map', { metadata: {} }, /no weight_map/],
    ['a path outside', { weight_map: { a: '../one.safetensors' } }, /"a" in "..\/one.safetensors"/],
  ])('%s is FORMAT_INVALID', async (_, index, message) =>
    expectError(readShardedSafetensors(await folderWith(index)), 'FORMAT_INVALID', message),
  );

  test('Git LFS pointers in place of index or shard are said to be such', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5\n';
    await expectError(readShardedSafetensors(await folderWith(pointer)), 'LFS_POINTER', /model.safetensors.index.json/);
    const index = JSON.stringify({ weight_map: { a: 'one.safetensors' } });
    const files = { 'model.safetensors.index.json': Buffer.from(index), 'one.safetensors': Buffer.from(pointer) };
    await expectError(readShardedSafetensors(memoryFolder(files)), 'LFS_POINTER', /one.safetensors/);
  });

  test('what shards hold and the index does not name is read, and what two hold is said', async () => {
    const both = await concat(
      writeSafetensors(['a', 'c'].map((name) => ({ name, shape: [1], data: Float32Array.of(3) }))),
    );
    const { tensors, notes } = await readShardedSafetensors(
      memoryFolder({
        'model.safetensors.index.json': Buffer.from('{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}'),
        'one.safetensors': await shard('a', 1),
        'two.safetensors': both,
      }),
    );
    expect([...tensors.keys()]).toEqual(['a', 'c']);
    expect(await readTensor(tensors.get('a')!)).toEqual(Float32Array.of(1));
    expect(notes).toEqual([
      expect.stringMatching(/lacks 1 tensor/),
      expect.stringMatching(
        /1 tensor .* is in more than one of its files: "a" is read as the index says, and not of "two.safetensors"/,
      ),
    ]);
  });

  test('a missing shard is named', async () =>
    expectError(
      readShardedSafetensors(await folderWith({ weight_map: { a: 'three.safetensors' } })),
      'SOURCE_NOT_FOUND',
      /three.safetensors/,
    ));

  test('a shard or tensor that is not there closes nothing until it is wanted, and is said', async () => {
    const weight_map = { a: 'one.safetensors', b: 'one.safetensors', c: 'three.safetensors' };
    const { tensors, standIns, notes } = await readShardedSafetensors(await folderWith({ weight_map }));
    expect(await readTensor(tensors.get('a')!)).toEqual(Float32Array.of(1));
    const wanted = (name: string) => readTensor(standIns!.get(name)!);
    await expectError(wanted('b'), 'FORMAT_INVALID', /"b" in one.safetensors, which does not have it/);
    await expectError(wanted('c'), 'SOURCE_NOT_FOUND', /three.safetensors/);
    expect(notes).toEqual([expect.stringMatching(/lacks 2 tensors, such as "b": 1 file of its index is not there/)]);
  });
});
