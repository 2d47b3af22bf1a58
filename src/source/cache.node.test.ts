import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileCache, userCacheDir } from './cache.node.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weightscope-cache-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('the folder is WEIGHTSCOPE_CACHE, else XDG, else the place of the system', () => {
  const HOME = '/home/ada';
  expect(userCacheDir({ HOME, WEIGHTSCOPE_CACHE: '/w', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/w');
  expect(userCacheDir({ HOME, XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/weightscope');
  expect(userCacheDir({ HOME }, 'linux')).toBe('/home/ada/.cache/weightscope');
  expect(userCacheDir({ HOME }, 'darwin')).toBe('/home/ada/Library/Caches/weightscope');
  expect(userCacheDir({ HOME, LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/weightscope');
});

test('an entry comes back as it was put, per fingerprint, and only whole files lie there', async () => {
  const cache = fileCache('abc', dir);
  expect(await cache.get('freq')).toBeUndefined();
  await cache.put('freq', new Uint8Array([1, 2, 3]));
  await cache.put('freq', new Uint8Array([4, 5]));
  await cache.put('empty', new Uint8Array());
  expect(await cache.get('freq')).toEqual(new Uint8Array([4, 5]));
  expect(await cache.get('empty')).toEqual(new Uint8Array());
  expect(await fileCache('other', dir).get('freq')).toBeUndefined();
  expect((await readdir(join(dir, 'abc'))).sort()).toEqual(['empty', 'freq']);
});

test('a fingerprint that is no file name is hashed', async () => {
  const cache = fileCache('../a/b:c', dir);
  await cache.put('freq', new Uint8Array([7]));
  expect(await cache.get('freq')).toEqual(new Uint8Array([7]));
  expect(await readdir(dir)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
});

test('a damaged, cut or foreign entry counts as absent and can be put again', async () => {
  const cache = fileCache('abc', dir);
  const path = join(dir, 'abc', 'freq');
  await cache.put('freq', new Uint8Array([1, 2, 3, 4]));
  const whole = await readFile(path);
  const damaged = Buffer.from(whole);
  damaged[damaged.length - 1] ^= 1;
  for (const bytes of [damaged, whole.subarray(0, -1), whole.subarray(0, 10), Buffer.alloc(0)]) {
    await writeFile(path, bytes);
    expect(await cache.get('freq')).toBeUndefined();
  }
  await cache.put('freq', new Uint8Array([9]));
  expect(await cache.get('freq')).toEqual(new Uint8Array([9]));
});

test('bytes that come back can carry an array of doubles', async () => {
  const cache = fileCache('abc', dir);
  await cache.put('x', new Uint8Array(new Float64Array([1.5, -2]).buffer));
  const { buffer, byteOffset } = (await cache.get('x'))!;
  expect([...new Float64Array(buffer, byteOffset, 2)]).toEqual([1.5, -2]);
});

test('a place that cannot be written is no error', async () => {
  await writeFile(join(dir, 'file'), '');
  const cache = fileCache('abc', join(dir, 'file'));
  await cache.put('freq', new Uint8Array([1]));
  expect(await cache.get('freq')).toBeUndefined();
});

test('a name that leaves the folder is refused', async () => {
  await expect(fileCache('abc', dir).get('../x')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});
