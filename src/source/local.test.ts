import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { fileFolder, fileSource } from './file.node.ts';
import { memoryFolder, memorySource } from './memory.ts';
import type { Source, SourceFolder } from './source.ts';

const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weightscope-'));
  await mkdir(join(dir, 'sub'));
  await writeFile(join(dir, 'a.bin'), content);
  await writeFile(join(dir, 'sub', 'b.bin'), content);
  await symlink(join(dir, 'a.bin'), join(dir, 'link.bin'));
});

afterAll(() => rm(dir, { recursive: true }));

async function write(name: string): Promise<string> {
  await writeFile(join(dir, name), content);
  return join(dir, name);
}

describe.each<[string, () => Promise<Source>]>([
  ['memorySource', async () => memorySource(content, 'a.bin')],
  ['fileSource', () => fileSource(join(dir, 'a.bin'))],
  ['fileSource of a symbolic link', () => fileSource(join(dir, 'link.bin'))],
])('%s', (_, make) => {
  test('gives exactly the range', async () => {
    const source = await make();
    expect(source.byteLength).toBe(1000);
    expect(source.name).toMatch(/bin$/);
    for (const [start, end] of [
      [0, 1000],
      [0, 0],
      [1000, 1000],
      [3, 17],
    ])
      expect([...(await source.slice(start, end))]).toEqual([...content.subarray(start, end)]);
  });

  test.each([
    [-1, 4],
    [5, 4],
    [0, 1001],
    [0.5, 2],
    [Number.NaN, 1],
  ])('refuses %d to %d', async (start, end) =>
    expectError((await make()).slice(start, end), 'OUT_OF_RANGE', /within the 1000 bytes/),
  );

  test('can be cancelled', async () =>
    expectError((await make()).slice(0, 4, AbortSignal.abort()), 'ABORTED', /cancelled/));
});

describe.each<[string, () => Promise<SourceFolder>]>([
  ['memoryFolder', async () => memoryFolder({ 'a.bin': content, 'link.bin': content, 'sub/b.bin': content })],
  ['fileFolder', () => fileFolder(dir)],
])('%s', (_, make) => {
  test('opens and lists what is there', async () => {
    const folder = await make();
    expect((await folder.open('sub/b.bin'))?.byteLength).toBe(1000);
    expect(await folder.open('c.bin')).toBeUndefined();
    expect(await folder.open('a.bin/c.bin')).toBeUndefined();
    expect(await folder.list()).toEqual(['a.bin', 'link.bin', 'sub/b.bin']);
  });

  test.each(['../a.bin', '/etc/passwd', 'sub/../a.bin', '', 'sub//b.bin', 'sub\\..\\..\\a', 'C:a'])(
    'refuses %j',
    async (name) => expectError((await make()).open(name), 'ARGUMENT_INVALID', /inside the folder/),
  );
});

test('two arrays in memory have two versions', () => {
  expect(memorySource(content).version).not.toBe(memorySource(content).version);
});

describe('a file that changes while in use', () => {
  test('shorter: SOURCE_TRUNCATED', async () => {
    const source = await fileSource(await write('c1'));
    await truncate(source.name, 10);
    await expectError(source.slice(0, 20), 'SOURCE_TRUNCATED', /Expected 1000 bytes .* cut to 10/);
    await expectError(source.slice(0, 5), 'SOURCE_TRUNCATED', /cut to 10/);
    await rm(source.name);
  });

  test('longer: SOURCE_CHANGED', async () => {
    const source = await fileSource(await write('c2'));
    await appendFile(source.name, 'more');
    await expectError(source.slice(0, 20), 'SOURCE_CHANGED', /changed while in use/);
    await rm(source.name);
  });

  test('written anew: SOURCE_CHANGED', async () => {
    const source = await fileSource(await write('c3'));
    await utimes(source.name, 1, 1);
    await expectError(source.slice(0, 20), 'SOURCE_CHANGED', /changed while in use/);
    await rm(source.name);
  });

  test('removed: SOURCE_NOT_FOUND', async () => {
    const source = await fileSource(await write('c4'));
    await rm(source.name);
    await expectError(source.slice(0, 20), 'SOURCE_NOT_FOUND', /found nothing/);
  });

  test('the version tells', async () => {
    const path = await write('c5');
    const { version } = await fileSource(path);
    expect((await fileSource(path)).version).toBe(version);
    await utimes(path, 1, 1);
    expect((await fileSource(path)).version).not.toBe(version);
    await rm(path);
  });
});

test('what is no file or no folder is said', async () => {
  await expectError(fileSource(join(dir, 'none')), 'SOURCE_NOT_FOUND', /found nothing/);
  await expectError(fileSource(dir), 'SOURCE_UNREADABLE', /found a folder/);
  await expectError(fileFolder(join(dir, 'a.bin')), 'SOURCE_UNREADABLE', /found a file/);
  await expectError(fileFolder(join(dir, 'none')), 'SOURCE_NOT_FOUND', /found nothing/);
});

test('a subfolder that may not be read is left out (root may read it, and finds nothing)', async () => {
  const root = await mkdtemp(join(tmpdir(), 'weightscope-'));
  await mkdir(join(root, 'closed'));
  await writeFile(join(root, 'a.bin'), content);
  await chmod(join(root, 'closed'), 0);
  expect(await (await fileFolder(root)).list()).toEqual(['a.bin']);
  await chmod(join(root, 'closed'), 0o700);
  await rm(root, { recursive: true });
});
