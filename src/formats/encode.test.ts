import { describe, expect, it } from 'vitest';
import { ELEMENT_TYPES } from './elements.ts';
import { encode, type WrittenType } from './encode.ts';

/** Decoded, which other tests hold to numpy and torch. */
const through = (values: Float32Array, dtype: WrittenType): Float32Array => {
  const out = new Float32Array(values.length);
  ELEMENT_TYPES[dtype].decode(encode(values, dtype), out);
  return out;
};

describe('numbers as bytes of another type', () => {
  for (const dtype of ['F16', 'BF16'] as const) {
    const all = new Float32Array(1 << 16);
    ELEMENT_TYPES[dtype].decode(new Uint8Array(Uint16Array.from(all, (_, i) => i).buffer), all);

    it(`${dtype}: every number of the type is written as itself`, () => {
      const bits = new Uint16Array(encode(all, dtype).buffer);
      expect([...bits.keys()].filter((i) => !Number.isNaN(all[i]) && bits[i] !== i)).toEqual([]);
      expect(through(Float32Array.of(Number.NaN, Infinity, -Infinity), dtype)).toEqual(
        Float32Array.of(Number.NaN, Infinity, -Infinity),
      );
    });

    it(`${dtype}: what lies between two goes to the nearer, the middle to the even one`, () => {
      const last = dtype === 'F16' ? 0x7bff : 0x7f7f;
      const above = (x: number): number => {
        const one = Float32Array.of(x);
        new Uint32Array(one.buffer)[0] += 1;
        return one[0];
      };
      const asked: number[] = [];
      const expected: number[] = [];
      for (let i = 0; i < last; i++) {
        const [low, high] = [all[i], all[i + 1]];
        const middle = Math.fround((low + high) / 2);
        // The smallest bfloats are fp32's own steps apart and have no middle in fp32.
        if (middle === low || middle === high || above(middle) === high) continue;
        const even = i % 2 === 0 ? low : high;
        asked.push(middle, above(middle), -middle);
        expected.push(even, high, -even);
      }
      expect(through(Float32Array.from(asked), dtype)).toEqual(Float32Array.from(expected));
    });
  }

  it('F16 has no number beyond 65,504; half a step more is still that', () => {
    expect(through(Float32Array.of(65519, 65520, -1e9, 2 ** -25, 2 ** -25 * 1.5), 'F16')).toEqual(
      Float32Array.of(65504, Infinity, -Infinity, 0, 2 ** -24),
    );
  });

  it('F32 and F64 keep every number', () => {
    const values = Float32Array.of(1.1, -0, 1e-45, 3e38);
    expect(through(values, 'F32')).toEqual(values);
    expect(through(values, 'F64')).toEqual(values);
  });
});
