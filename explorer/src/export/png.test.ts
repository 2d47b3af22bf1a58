import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { withResolution } from './png.ts';

/** One grey pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);

test('the resolution is written after the header, with the checksum that zlib gives', () => {
  const made = Buffer.from(withResolution(PNG, 300));
  expect(made.length).toBe(PNG.length + 21);
  expect(made.subarray(0, 33)).toEqual(PNG.subarray(0, 33));
  expect(made.subarray(54)).toEqual(PNG.subarray(33));
  expect(made.toString('latin1', 37, 41)).toBe('pHYs');
  expect(made.readUInt32BE(41)).toBe(11811);
  expect(made[49]).toBe(1);
  if (typeof crc32 === 'function') expect(made.readUInt32BE(50)).toBe(crc32(made.subarray(37, 50)));
});
