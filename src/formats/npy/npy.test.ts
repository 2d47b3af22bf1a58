import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectError, fixture } from '../../../test/bytes.ts';
import { readNpy } from './read.ts';

/** A version 1 file with this header and data. */
function npy(header: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(header), data]);
}

const golden: Record<string, { shape: number[]; data: number[] }> = JSON.parse(
  readFileSync(fixture('formats/npy/expected.json'), 'utf8'),
);

test.each(Object.entries(golden))('%s is what numpy wrote', (name, expected) => {
  const { shape, data } = readNpy(readFileSync(fixture(`formats/npy/${name}.npy`)));
  expect(shape).toEqual(expected.shape);
  expect([...data]).toEqual(expected.data);
});

test('Fortran order is undone for any shape', () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, (shape) => {
      const count = shape.reduce((a, b) => a * b, 1);
      // Each element is its own row-major index, stored with the first index fastest.
      const stored = new Float32Array(count);
      for (let i = 0; i < count; i++) {
        let [rest, at] = [i, 0];
        for (let d = shape.length - 1; d >= 0; d--) {
          at += (rest % shape[d]) * shape.slice(0, d).reduce((a, b) => a * b, 1);
          rest = Math.floor(rest / shape[d]);
        }
        stored[at] = i;
      }
      const header = `{'shape': (${shape.map((size) => `${size},`).join(' ')}), 'fortran_order': True, 'descr': '<f4'}`;
      const array = readNpy(npy(header, new Uint8Array(stored.buffer)));
      expect(array.shape).toEqual(shape);
      expect(array.data).toEqual(Float32Array.from({ length: count }, (_, i) => i));
    }),
  );
});

describe('broken arrays', () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
  test.each<[string, Uint8Array, RegExp]>([
    ['another file', new Uint8Array(20), /does not begin with/],
    ['nothing', new Uint8Array(), /does not begin with/],
    ['a header beyond the file', npy(header).subarray(0, 30), /claims 55 bytes, but only 20 follow/],
    ['too little data', npy(header, new Uint8Array(7)), /\[2\] of <f4 needs 8 bytes, but 7 follow/],
    ['too much data', npy(header, new Uint8Array(9)), /needs 8 bytes, but 9 follow/],
    ['no shape', npy("{'descr': '<f4', 'fortran_order': False}"), /lacks descr, fortran_order or shape/],
    ['a huge shape', npy(header.replace('2,', '99999999999999999999,')), /its shape is/],
    ['a shape that overflows', npy(header.replace('2,', `${'9007199254740991,'.repeat(30)}0`)), /but 0 follow/],
  ])('%s is FORMAT_INVALID', (_, bytes, message) => expectError(() => readNpy(bytes), 'FORMAT_INVALID', message));

  test.each(['<c8', '|O', '<U4', "[('a', '<f4')]", '<f16'])('the type %s is FORMAT_UNSUPPORTED', (descr) => {
    const quoted = descr.startsWith('[') ? descr : `'${descr}'`;
    return expectError(
      () => readNpy(npy(header.replace("'<f4'", quoted))),
      'FORMAT_UNSUPPORTED',
      /found the numpy type/,
    );
  });
});
