// What torch.save writes, nearly: pickles made of instructions, and the zip file around them with checksums that hold.
import { crc32 } from 'node:zlib';
import { word } from '../random.mjs';
import { u32, u64 } from './bytes.mjs';

const u16 = (value) => Buffer.of(value & 255, (value >> 8) & 255);
const latin = (text) => Buffer.from(text, 'latin1');
const unicode = (text) => {
  const bytes = Buffer.from(text);
  return Buffer.concat([latin('X'), u32(bytes.length), bytes]);
};
const name = (module, attribute) => latin(`c${module}\n${attribute}\n`);
const STORAGES = { Float: 4, Half: 2, BFloat16: 2, Double: 8, Long: 8, Bool: 1, Byte: 1 };
const DICT = Buffer.concat([name('collections', 'OrderedDict'), latin(')R')]);

/** Mostly right, since whatever is wrong ends the reading: one change each somewhere. */
export function torch(random) {
  const records = [];
  const items = random.times(3, (i) => {
    const kind = random.pick(Object.keys(STORAGES));
    const shape = random.times(3, () => 1 + random.below(3));
    const count = shape.reduce((a, b) => a * b, 1);
    const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
    if (random.chance(0.2)) strides.reverse();
    records.push([`m/data/${i}`, Buffer.alloc(count * STORAGES[kind], random.below(256))]);
    return Buffer.concat([
      unicode(random.chance(0.7) ? `w${i}` : word(random)),
      tensor(random, i, kind, count, shape, strides),
    ]);
  });
  const dict = random.chance(0.5) ? DICT : latin('}');
  let pickle = Buffer.concat([latin('\x80\x02'), dict, latin('('), ...items, latin('u.')]);
  if (random.chance(0.2))
    pickle = Buffer.concat([latin('\x80\x02}'), unicode('state_dict'), pickle.subarray(2, -1), latin('s.')]);
  if (random.chance(0.35)) pickle = otherPickle(pickle, random);
  if (random.chance(0.05)) records.pop();
  if (random.chance(0.1)) records.push([`m/${word(random)}`, Buffer.alloc(random.below(9))]);
  return zip([['m/data.pkl', pickle], ...records, ['m/version', latin('3\n')]], random);
}

function tensor(random, key, kind, count, shape, strides) {
  const small = (n) => (random.chance(0.005) ? number(random) : Buffer.of(0x4b, n));
  const tuple = (list) => Buffer.concat([latin('('), ...list.map(small), latin('t')]);
  const storage = [
    unicode('storage'),
    name('torch', `${kind}Storage`),
    unicode(String(key)),
    unicode('cpu'),
    small(count),
  ];
  return Buffer.concat([
    random.chance(0.99) ? name('torch._utils', '_rebuild_tensor_v2') : name(random.pick(['os', 'torch']), word(random)),
    ...[latin('(('), ...storage, latin('tQ'), small(0), tuple(shape), tuple(strides)],
    ...[latin('\x89'), DICT, latin('tR')],
  ]);
}

const number = (random) =>
  random.pick([
    Buffer.of(0x4b, random.below(256)),
    Buffer.concat([latin('M'), u16(random.next())]),
    Buffer.concat([latin('J'), u32(random.next())]),
    Buffer.concat([latin('\x8a\x08'), u64(random.pick([2n ** 31n, 2n ** 53n, 2n ** 62n, 2n ** 64n - 1n]))]),
    Buffer.concat([latin('G'), u64(random.pick([0n, 0x3ff0n << 48n, 0x7ff0n << 48n, 0x7ff8n << 48n]))]),
  ]);

/** One or two instructions put in, taken out or changed. */
function otherPickle(pickle, random) {
  let out = pickle;
  for (let i = 1 + random.below(2); i > 0; i--) {
    const at = 2 + random.below(Math.max(1, out.length - 2));
    const put = random.pick([
      latin(random.pick([...'().tu]a}sNRQbeq0h\x85\x86\x87\x88\x89'])),
      number(random),
      unicode(word(random)),
      Buffer.of(random.pick([0x71, 0x68]), random.below(4)),
      Buffer.of(random.below(256)),
    ]);
    out = Buffer.concat([out.subarray(0, at), put, out.subarray(at + random.below(3))]);
  }
  return out;
}

function zip(records, random) {
  const parts = [];
  const directory = [];
  let at = 0;
  const odd = (value, share = 0.003) => (random.chance(share) ? random.pick([0, 1, value + 1, 0xffffffff]) : value);
  for (const [path, data] of records) {
    const bytes = Buffer.from(path);
    const extra = random.chance(0.1) ? Buffer.alloc(random.below(12)) : Buffer.alloc(0);
    const fields = () => [
      ...[u16(0), u16(odd(0x808) & 0xffff), u16(odd(0) & 0xffff), u32(0)],
      ...[u32(odd(crc32(data))), u32(odd(data.length)), u32(odd(data.length)), u16(bytes.length), u16(extra.length)],
    ];
    const own = Buffer.concat([u32(0x04034b50), ...fields(), bytes, extra]);
    directory.push(
      ...[u32(0x02014b50), u16(0), ...fields(), u16(0), u16(0), u16(0), u32(0), u32(odd(at)), bytes, extra],
    );
    parts.push(own, data);
    at += own.length + data.length;
  }
  const all = Buffer.concat(directory);
  const count = u16(odd(records.length) & 0xffff);
  const end = [u32(0x06054b50), u16(0), u16(0), count, count, u32(odd(all.length)), u32(odd(at)), u16(0)];
  return Buffer.concat([...parts, all, ...end]);
}
