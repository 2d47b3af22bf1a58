import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { readGiven, readGivenText } from './given.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weightscope-given-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

it.each([
  ['utf8', Buffer.from('größe\n'), 'größe\n'],
  ['a mark before it', Buffer.from('\ufeffking\r\n'), 'king\r\n'],
])('reads %s', async (name, bytes, text) => {
  expect(await readGivenText(file(name, bytes), 'the list', 'give one')).toBe(text);
});

it.each([
  ['wide', Buffer.from('\ufeffking', 'utf16le'), /found UTF-16; save it as UTF-8/],
  ['wide without a mark', Buffer.from('king', 'utf16le'), /found bytes that are no text/],
])('names what is not UTF-8: %s', async (name, bytes, message) => {
  await expectError(readGivenText(file(name, bytes), 'the list', 'give one'), 'ARGUMENT_INVALID', message);
});

it('reads no more than it may, from what never ends too', async () => {
  await expectError(
    readGiven(file('long', 'x'.repeat(20)), 'the list', 'give one', 10),
    'TOO_LARGE',
    /at most 10 bytes/,
  );
  if (process.platform === 'linux')
    await expectError(readGiven('/dev/zero', 'the list', 'give one', 1e6), 'TOO_LARGE', /at most 1000000 bytes/);
  await expectError(readGiven(join(folder, 'none'), 'the list', 'give one'), 'SOURCE_NOT_FOUND', /give one/);
});
