// Seeded randomness and changes to bytes: an input is made again from (seed, number) alone.

export class Random {
  #state;
  constructor(seed, number = 0) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35)) >>> 0;
    for (let i = 0; i < 3; i++) this.next();
  }
  /** 32 bits (splitmix32). */
  next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }
  below(count) {
    return this.next() % count;
  }
  chance(share) {
    return this.next() < share * 2 ** 32;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  times(most, make) {
    return Array.from({ length: this.below(most + 1) }, (_, i) => make(i));
  }
}

/** Numbers at which sizes and counts go wrong. */
const ODD = [
  0n,
  1n,
  127n,
  128n,
  255n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A few changes: a bit, a byte, an odd number, a cut, a piece moved, doubled or taken out. */
export function mutated(bytes, random) {
  let out = Buffer.from(bytes);
  const changes = 1 + random.below(4);
  for (let i = 0; i < changes && out.length > 0; i++) {
    const at = random.below(out.length);
    switch (random.below(7)) {
      case 0:
        out[at] ^= 1 << random.below(8);
        break;
      case 1:
        out[at] = random.below(256);
        break;
      case 2: {
        const number = Buffer.alloc(8);
        number.writeBigUInt64LE(random.pick(ODD));
        number.copy(out, at, 0, random.pick([1, 2, 4, 8]));
        break;
      }
      case 3:
        if (random.chance(0.3)) out = out.subarray(0, at);
        break;
      case 4: {
        const piece = out.subarray(at, at + 1 + random.below(40));
        out = Buffer.concat([out.subarray(0, random.below(out.length)), piece, out.subarray(at)]);
        break;
      }
      case 5:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + random.below(20))]);
        break;
      default:
        if (at + 1 < out.length) [out[at], out[at + 1]] = [out[at + 1], out[at]];
    }
  }
  return out;
}

const LITERALS = [
  ...['null', 'true', 'false', '[]', '{}', '""', '"x"', '0', '-0', '-1', '1.5', '1e0', '1e400', '2147483648'],
  ...['9007199254740993', '18446744073709551616', 'NaN', '-Infinity', '[[[[0]]]]', '{"a":{"a":1}}', '"\\ud800"'],
].map((literal) => Buffer.from(literal));

/** JSON with other values in one or two places, so that it stays JSON most of the time; else as {@link mutated}. */
export function mutatedJson(bytes, random) {
  if (random.chance(0.4)) return mutated(bytes, random);
  let out = bytes;
  for (let i = 1 + random.below(2); i > 0; i--) {
    const from = valueAt(out, random.below(out.length));
    if (from < 0) return mutated(out, random);
    let to = from;
    while (to < out.length && !END_OF_VALUE.has(out[to])) to++;
    out = Buffer.concat([out.subarray(0, from), random.pick(LITERALS), out.subarray(to)]);
  }
  return out;
}

const BEFORE_VALUE = new Set(Buffer.from(':[,'));
const END_OF_VALUE = new Set(Buffer.from(',]}'));

/** Where a value begins, from `at` on. */
function valueAt(bytes, at) {
  for (let i = at; i < bytes.length; i++) if (BEFORE_VALUE.has(bytes[i])) return i + 1;
  return -1;
}

const WORDS = [
  'king',
  'Ġking',
  '▁king',
  '##ing',
  '<0x41>',
  '<0xC3>',
  'größe',
  '',
  ' ',
  '\n',
  '[PAD]',
  '\u0120\u0120',
  '😀',
  '__proto__',
  'constructor',
  'toString',
  'a'.repeat(300),
  '\u001b]0;x\u0007',
  '\u202e',
  '\ud800',
];

export const word = (random) =>
  random.chance(0.7)
    ? random.pick(WORDS)
    : String.fromCodePoint(
        ...random.times(6, () =>
          random.pick([
            random.below(128),
            0x100 + random.below(0x200),
            0x4e00 + random.below(99),
            0x1f600 + random.below(50),
          ]),
        ),
      );

/** Any JSON value, now and then one that only some readers take. */
export function anyJson(random, depth = 0) {
  switch (random.below(depth > 3 ? 6 : 8)) {
    case 0:
      return random.pick([0, -0, 1, -1, 1.5, 1e300, 2 ** 31, 2 ** 53, 9007199254740992]);
    case 1:
      return word(random);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return random.below(300);
    case 5:
      return [];
    case 6:
      return random.times(4, () => anyJson(random, depth + 1));
    default:
      return Object.fromEntries(random.times(4, () => [word(random), anyJson(random, depth + 1)]));
  }
}

/** `value`, or now and then something else in its place. */
export const or = (random, value, share = 0.05) => (random.chance(share) ? anyJson(random) : value);
