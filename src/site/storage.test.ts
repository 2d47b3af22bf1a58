import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStorage } from './storage.ts';

/** A private file system in memory, with what of it storage.ts uses. */
function fileSystem(quota: number) {
  let time = 0;
  const folders = new Map<string, Map<string, { bytes: Uint8Array; lastModified: number }>>();
  const folderOf = (name: string) => {
    const files = folders.get(name)!;
    return {
      async getFileHandle(file: string, { create = false } = {}) {
        if (!files.has(file) && !create) throw new DOMException('', 'NotFoundError');
        if (!files.has(file)) files.set(file, { bytes: new Uint8Array(), lastModified: ++time });
        return handleOf(file);
      },
      async removeEntry(file: string) {
        files.delete(file);
      },
      async *[Symbol.asyncIterator]() {
        for (const file of [...files.keys()].reverse()) yield [file, handleOf(file)];
      },
    };
    function handleOf(file: string) {
      return {
        kind: 'file',
        async getFile() {
          const { bytes, lastModified } = files.get(file)!;
          return { size: bytes.length, lastModified, arrayBuffer: async () => bytes.slice().buffer };
        },
        async createSyncAccessHandle() {
          return {
            truncate: (size: number) => files.set(file, { bytes: new Uint8Array(size), lastModified: ++time }),
            write(data: Uint8Array, { at }: { at: number }) {
              const { bytes } = files.get(file)!;
              const longer = new Uint8Array(Math.max(bytes.length, at + data.length));
              longer.set(bytes);
              longer.set(data, at);
              files.set(file, { bytes: longer, lastModified: ++time });
            },
            close: () => undefined,
          };
        },
      };
    }
  };
  const root = {
    async getDirectoryHandle(name: string) {
      if (!folders.has(name)) folders.set(name, new Map());
      return folderOf(name);
    },
    async removeEntry(name: string) {
      folders.delete(name);
    },
  };
  return { folders, storage: { getDirectory: async () => root, estimate: async () => ({ quota }) } };
}

let disk: ReturnType<typeof fileSystem>;
beforeEach(() => {
  // Of what is granted a half is taken: 1000 bytes.
  disk = fileSystem(2000);
  vi.stubGlobal('navigator', { storage: disk.storage });
});
afterEach(() => vi.unstubAllGlobals());

const bytes = (length: number, value = length % 251): Uint8Array => new Uint8Array(length).fill(value);

it('gives back what was put, also at the next visit: blocks, normalisers, factors', async () => {
  const first = (await openStorage())!;
  await first.blocks.put('model 1', 3, bytes(100));
  await first.cache('fingerprint').put('freq', bytes(50));
  await first.factors.put('head 1:5', bytes(70));
  const storage = (await openStorage())!;
  expect(await storage.blocks.get('model 1', 3)).toEqual(bytes(100));
  expect(await storage.cache('fingerprint').get('freq')).toEqual(bytes(50));
  expect(await storage.factors.get('head 1:5')).toEqual(bytes(70));
  expect(await storage.cache('another').get('freq')).toBeUndefined();
  expect(await storage.usage()).toEqual({ bytes: 220, limit: 1000 });
});

it('lets go of what came first when it is full, and of no more than it must', async () => {
  const storage = (await openStorage())!;
  for (let i = 0; i < 5; i++) await storage.blocks.put('model', i, bytes(200, i));
  await storage.factors.put('a head', bytes(300));
  const there = await Promise.all([0, 1, 2, 3, 4].map((i) => storage.blocks.get('model', i)));
  expect(there.map(Boolean)).toEqual([false, false, true, true, true]);
  expect(await storage.factors.get('a head')).toEqual(bytes(300));
  expect((await storage.usage()).bytes).toBe(900);
  // At the next visit the order is that of the files' times.
  await (await openStorage())!.blocks.put('model', 9, bytes(200, 9));
  expect(await storage.blocks.get('model', 2)).toBeUndefined();
  expect(await storage.blocks.get('model', 3)).toEqual(bytes(200, 3));
});

it('does not keep what is larger than the limit, and loses nothing for it', async () => {
  const storage = (await openStorage())!;
  await storage.blocks.put('model', 0, bytes(400));
  await storage.blocks.put('model', 1, bytes(1001));
  expect(await storage.blocks.get('model', 0)).toEqual(bytes(400));
  expect(await storage.blocks.get('model', 1)).toBeUndefined();
});

it('counts one that was written twice once', async () => {
  const storage = (await openStorage())!;
  for (let i = 0; i < 3; i++) await storage.blocks.put('model', 0, bytes(600, i));
  await storage.blocks.put('model', 1, bytes(300));
  expect(await storage.blocks.get('model', 0)).toEqual(bytes(600, 2));
  expect((await storage.usage()).bytes).toBe(900);
});

it('takes what was cut short for absent', async () => {
  const storage = (await openStorage())!;
  await storage.blocks.put('model', 0, bytes(100));
  const [files] = disk.folders.values();
  for (const file of files.values()) file.bytes = file.bytes.slice(0, -1);
  expect(await storage.blocks.get('model', 0)).toBeUndefined();
});

it('is empty when it was emptied', async () => {
  const storage = (await openStorage())!;
  await storage.factors.put('a head', bytes(100));
  await storage.clear();
  expect(await storage.usage()).toEqual({ bytes: 0, limit: 1000 });
  expect(await storage.factors.get('a head')).toBeUndefined();
  await storage.factors.put('a head', bytes(100));
  expect(await storage.factors.get('a head')).toEqual(bytes(100));
});

it('is none where the browser has none', async () => {
  vi.stubGlobal('navigator', {});
  expect(await openStorage()).toBeUndefined();
});
