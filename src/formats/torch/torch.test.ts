import { readdirSync, readFileSync } from 'node:fs';
import { crc32 as ofNode } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectError, fixture } from '../../../test/bytes.ts';
import { P, tensor, type ZipEntry, zipFile } from '../../../test/torch-zip.ts';
import { WeightscopeError } from '../../errors.ts';
import { memorySource } from '../../source/memory.ts';
import { openTensorFile } from '../open.ts';
import { readColumns, readRows, readTensor } from '../read.ts';
import { readSafetensors } from '../safetensors/read.ts';
import { crc32 } from './crc32.ts';

const DIR = fixture('torch');
const read = (bytes: Uint8Array) => openTensorFile(memorySource(bytes, 'a.bin'));
const numbers = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

/** A file of one dict: `w` is a tensor, whatever its instructions are. */
const fileOf = (pickle: Uint8Array, more: Partial<ZipEntry> = {}, storage: Partial<ZipEntry> = {}): Uint8Array =>
  zipFile([
    { name: 'a/data.pkl', data: pickle, ...more },
    { name: 'a/byteorder', data: Buffer.from('little') },
    { name: 'a/data/0', data: numbers, ...storage },
  ]);
const dictOf = (value: Buffer): Uint8Array => P.whole('}', P.text('w'), value, 's');
const GOOD = dictOf(tensor());

describe('what torch.load(weights_only=True) reads is read the same', () => {
  test.each(readdirSync(DIR).filter((name) => name.endsWith('.bin')))('%s', async (name) => {
    const ours = await read(readFileSync(`${DIR}/${name}`));
    const golden = await readSafetensors(
      memorySource(readFileSync(`${DIR}/${name.replace('.bin', '.expected.safetensors')}`)),
    );
    expect([...ours.tensors.keys()].sort()).toEqual([...golden.tensors.keys()].sort());
    for (const [key, info] of ours.tensors) {
      const theirs = golden.tensors.get(key)!;
      expect([key, info.dtype, info.shape]).toEqual([key, theirs.dtype, theirs.shape]);
      const all = await readTensor(theirs);
      expect(await readTensor(info), key).toEqual(all);
      if (info.shape.length !== 2 || info.shape[0] === 0) continue;
      const [rows, columns] = info.shape;
      expect(await readRows(info, [rows - 1])).toEqual(all.slice((rows - 1) * columns));
      expect(await readColumns(info, [1])).toEqual(all.filter((_, i) => i % columns === 1));
    }
  });

  test('our own small file', async () => {
    const { format, tensors } = await read(fileOf(GOOD));
    expect(format).toBe('torch');
    expect(await readTensor(tensors.get('w')!)).toEqual(Float32Array.of(1, 2, 3, 4));
  });
});

/** A dict of named values: tensors by `true`, else what they are. */
type Tree = { readonly [name: string]: true | Tree };
const entriesOf = (tree: Tree): Buffer =>
  P.join(
    '}(',
    ...Object.entries(tree).flatMap(([name, value]) => [P.text(name), value === true ? tensor() : entriesOf(value)]),
    'u',
  );
const treeFile = (tree: Tree): Uint8Array => fileOf(P.whole(entriesOf(tree)));
const WEIGHTS: Tree = { 'a.weight': true, 'a.bias': true };

describe('of a trainer’s checkpoint the state dict is read, and what it is among others said or refused', () => {
  test.each<[string, Tree, string[]]>([
    ['alone', { state_dict: WEIGHTS }, []],
    ['in another', { module: { model: WEIGHTS } }, []],
    ['beside moments', { state_dict: WEIGHTS, optimizer: { step: true } }, []],
    [
      'beside a loose number',
      { state_dict: WEIGHTS, best: true },
      ['Of a.bin, "state_dict" is read, and what lies beside it is not: "best".'],
    ],
    [
      'beside another model',
      { model: WEIGHTS, ema: WEIGHTS },
      ['Of a.bin, "model" is read, and what lies beside it is not: "ema".'],
    ],
  ])('%s', async (_, tree, notes) => {
    const file = await read(treeFile(tree));
    expect([...file.tensors.keys()]).toEqual(['a.weight', 'a.bias']);
    expect(file.notes).toEqual(notes);
  });

  test.each<[string, Tree, RegExp]>([
    [
      'two of them',
      { model: WEIGHTS, state_dict: { 'b.weight': true } },
      /several of them \("state_dict", "model"\); save the one/,
    ],
    [
      'weights in it and beside it',
      { state_dict: WEIGHTS, 'b.weight': true },
      /both in "state_dict" and beside it \(such as "b\.weight"\)/,
    ],
    [
      'two under other names',
      { student: WEIGHTS, teacher: WEIGHTS },
      /none but under "student", "teacher"; save the one/,
    ],
    ['none', { epoch: {} }, /no dict of tensors/],
  ])('%s: refused', async (_, tree, message) => {
    await expectError(read(treeFile(tree)), 'FORMAT_UNSUPPORTED', message);
  });
});

/** What torch says beside a tensor: the bit by which it is negated. */
const bits = (value: string): Buffer => P.join('}', P.text('neg'), value, 's');

test('metadata that say nothing change nothing', async () => {
  for (const metadata of [P.join('}'), P.join('N'), bits('\x89')]) {
    const { tensors } = await read(fileOf(dictOf(tensor({ metadata }))));
    expect(await readTensor(tensors.get('w')!)).toEqual(Float32Array.of(1, 2, 3, 4));
  }
});

describe('a pickle is data: nothing of it is called', () => {
  const one = P.small(1);
  const dict = P.join(P.global('collections', 'OrderedDict'), ')R');
  const id = (...parts: (string | Buffer)[]) => ({ id: P.join('(', ...parts, 't') });
  const float = P.global('torch', 'FloatStorage');
  test.each<[string, Uint8Array, RegExp]>([
    [
      'os.system',
      P.whole(P.global('posix', 'system'), '(', P.text('id'), 'tR'),
      /Python's "posix.system", which is not/,
    ],
    ['a name that is only looked at', dictOf(P.global('builtins', 'eval')), /"builtins.eval"/],
    [
      'a dotted way through an allowed module',
      dictOf(P.global('torch', 'serialization.os.system')),
      /serialization.os/,
    ],
    ['an allowed prefix', dictOf(P.global('torch._utils', '_rebuild_tensor_v2 ')), /_rebuild_tensor_v2 "/],
    ['STACK_GLOBAL', P.whole(P.text('os'), P.text('system'), '\x93'), /instruction 0x93/],
    ['INST', P.whole('(ios\nsystem\n'), /instruction 0x69/],
    ['OBJ', P.whole('(', P.global('torch', 'FloatStorage'), 'o'), /instruction 0x6f/],
    ['NEWOBJ', P.whole(P.global('collections', 'OrderedDict'), ')\x81'), /instruction 0x81/],
    ['an extension', P.whole('\x82\x01'), /instruction 0x82/],
    ['a persistent id as text', P.whole('Pos\n'), /instruction 0x50/],
    ['BUILD of a tensor', dictOf(P.join(tensor(), '}b')), /sets attributes/],
    ['BUILD with more than a dict', P.whole(dict, one, 'b'), /sets attributes/],
    ['an OrderedDict of arguments', P.whole(P.global('collections', 'OrderedDict'), '(', one, 'tR'), /of arguments/],
    ['a call of what is no name', P.whole(P.text('os'), ')R'), /calls what is no name/],
    ['another pickle after it', P.join(Buffer.from(GOOD), Buffer.from(GOOD)), /goes on after its end/],
    ['protocol 4', new Uint8Array(P.join('\x80\x04', Buffer.from(GOOD).subarray(2))), /not of protocol 2/],
    ['an instruction that does not end', P.whole('X\xff\xff\xff\xff'), /ends too early/],
    ['no end', GOOD.slice(0, -1), /ends too early/],
    ['an empty stack', P.whole('}ss'), /takes what is not there/],
    ['a mark in place of a value', P.whole('(Q'), /takes what is not there/],
    ['a memo that was never set', P.whole('h\x07'), /recalls what it has not kept/],
    ['one name twice', P.whole('}(', P.text('w'), tensor(), P.text('w'), tensor(), 'u'), /sets "w" twice/],
    ['a number of a kilobyte', P.whole('\x8a\xff'), /more than 64 bits/],
    ['a storage of another form', dictOf(tensor(id(P.text('module'), float, P.text('0')))), /not within its storage/],
    ['a storage by text', dictOf(tensor({ id: P.text('0') })), /not within its storage/],
    [
      'a path as storage',
      dictOf(tensor(id(P.text('storage'), float, P.text('../x'), P.text('cpu'), one))),
      /not within/,
    ],
    [
      'a sign to be turned',
      dictOf(tensor({ metadata: bits('\x88') })),
      /"w" is a view that torch changes .*resolve_neg/,
    ],
    ['metadata of another form', dictOf(tensor({ metadata: P.small(1) })), /is a view that torch changes/],
    [
      'a number as its name',
      P.whole('}', P.small(3), tensor(), 's'),
      /one of its tensors has the number 3 in place of/,
    ],
    ['an offset outside', dictOf(tensor({ offset: P.small(1) })), /not within its storage/],
    ['strides outside', dictOf(tensor({ strides: P.join(P.small(9), P.small(1), '\x86') })), /not within its storage/],
    ['a negative size', dictOf(tensor({ shape: P.join('J\xff\xff\xff\xff', P.small(2), '\x86') })), /not within/],
    ['other names for tensors', P.whole('}', P.small(3), tensor(), 's'), /the number 3 in place of a name/],
    ['no tensors', P.whole('}'), /no dict of tensors/],
    ['one tensor alone', P.whole(tensor()), /no dict of tensors/],
  ])('%s', async (_, pickle, message) => {
    const error: unknown = await read(fileOf(pickle)).catch((reason) => reason);
    expect(error).toBeInstanceOf(WeightscopeError);
    expect((error as WeightscopeError).message).toMatch(message);
  });

  test('a view that is neither the tensor nor its transpose is refused when it is wanted', async () => {
    const shape = P.join(P.small(2), P.small(2), '\x86');
    const { tensors } = await read(fileOf(dictOf(tensor({ shape, strides: P.join(P.small(0), P.small(1), '\x86') }))));
    await expectError(readTensor(tensors.get('w')!), 'FORMAT_UNSUPPORTED', /a view with strides \[0, 1\]/);
  });
});

describe('a zip file that could be read in two ways is not read', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'another name in its own header',
      fileOf(GOOD, { local: { name: 'a/other.pkl' } }),
      /header of record "a\/data.pkl" diff/,
    ],
    ['another size in its own header', fileOf(GOOD, { local: { size: 7 } }), /differs from the zip directory's/],
    ['other flags in its own header', fileOf(GOOD, { local: { flags: 0 } }), /differs from the zip directory's/],
    ['another method in its own header', fileOf(GOOD, { local: { method: 8 } }), /differs from the zip directory's/],
    ['a compressed record', fileOf(GOOD, { central: { method: 8 }, local: { method: 8 } }), /compressed or encrypted/],
    ['an encrypted record', fileOf(GOOD, { central: { flags: 0x809 } }), /compressed or encrypted/],
    ['a masked directory', fileOf(GOOD, { central: { flags: 0x2808 } }), /compressed or encrypted/],
    [
      'a checksum that is wrong',
      fileOf(GOOD, { local: { crc: 1 }, central: { crc: 1 } }),
      /checksum [0-9a-f]{8}, not 00000001/,
    ],
    ['a record on another disk', fileOf(GOOD, { central: { disk: 1 } }), /on another disk/],
    ['a record beyond the data', fileOf(GOOD, {}, { central: { at: 1e6 } }), /does not lie within/],
    ['a size beyond the data', fileOf(GOOD, {}, { central: { size: 1e6, packed: 1e6 } }), /does not lie within/],
    ['two sizes', fileOf(GOOD, {}, { central: { packed: 3 } }), /does not lie within/],
    ['zip64 without its field', fileOf(GOOD, {}, { central: { size: 0xffffffff } }), /does not lie within/],
    ['storages of another size', fileOf(GOOD, {}, { data: numbers.subarray(4) }), /has 12 bytes, not 16/],
    [
      'one name twice',
      zipFile([
        { name: 'a/data.pkl', data: GOOD },
        { name: 'a/data.pkl', data: GOOD },
      ]),
      /twice/,
    ],
    [
      'two pickles',
      zipFile([
        { name: 'a/data.pkl', data: GOOD },
        { name: 'b/data.pkl', data: GOOD },
      ]),
      /2 records named/,
    ],
    ['bytes after the directory', P.join(Buffer.from(fileOf(GOOD)), 'x'), /does not stand at its end/],
    ['two directories', P.join(Buffer.from(fileOf(GOOD)), Buffer.from(fileOf(GOOD))), /not where its end says/],
    [
      'more records than there are',
      zipFile([{ name: 'a/data.pkl', data: GOOD }], { count: 2 }),
      /has 1 records, not 2/,
    ],
    ['a missing storage', zipFile([{ name: 'a/data.pkl', data: GOOD }]), /no record "a\/data\/0"/],
  ])('%s', (_, bytes, message) => expectError(read(new Uint8Array(bytes)), 'FORMAT_INVALID', message));

  test.each<[string, Uint8Array, RegExp]>([
    [
      'TorchScript',
      zipFile([
        { name: 'a/data.pkl', data: GOOD },
        { name: 'a/code/x.py', data: GOOD },
      ]),
      /TorchScript/,
    ],
    [
      'big-endian',
      zipFile([
        { name: 'a/data.pkl', data: GOOD },
        { name: 'a/byteorder', data: Buffer.from('big') },
      ]),
      /"big"/,
    ],
    [
      'the old tar',
      new Uint8Array(P.join(Buffer.alloc(257), 'ustar', Buffer.alloc(300))),
      /tar file, .* before PyTorch 0.4/,
    ],
    ['the old pickle', new Uint8Array(P.join('\x80\x02\x8a\x0a', Buffer.alloc(60))), /before PyTorch 1.6/],
  ])('%s is refused by name', (_, bytes, message) => expectError(read(bytes), 'FORMAT_UNSUPPORTED', message));

  test('a damaged storage is noticed when it is read', async () => {
    const { tensors } = await read(fileOf(GOOD, {}, { local: { crc: 5 }, central: { crc: 5 } }));
    await expectError(readTensor(tensors.get('w')!), 'FORMAT_INVALID', /"a\/data\/0" has the checksum/);
  });

  test('any byte changed gives the same tensors or a WeightscopeError', async () => {
    const good = fileOf(GOOD);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const bytes = good.slice();
          for (const [at, value] of changes) bytes[at] = value;
          try {
            for (const info of (await read(bytes)).tensors.values()) await readTensor(info);
          } catch (error) {
            expect(error).toBeInstanceOf(WeightscopeError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

test("the checksum is zlib's, in one piece or several", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
      expect(crc32(bytes)).toBe(ofNode(bytes));
      expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(ofNode(bytes));
    }),
  );
});
