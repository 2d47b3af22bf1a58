// A fake hub and an empty cache for each test, and what the tests of both ask of them.
import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type HubOptions, hubFolder } from '../src/source/hub.node.ts';
import type { SourceFolder } from '../src/source/source.ts';
import { etagOf, FakeHub } from './fake-hub.ts';

export const COMMIT = `${'a'.repeat(39)}1`;
export const WEIGHTS = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A model with a small file, one in a folder, an empty one, and a large one. */
export const files = () => ({
  'config.json': { bytes: text('{"model_type":"gpt2"}') },
  'onnx/config.json': { bytes: text('{}') },
  'model.safetensors': { bytes: WEIGHTS, lfs: true },
  'empty.txt': { bytes: new Uint8Array() },
});

/** A large file in parts of 50,000 bytes. */
export const shards = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `model-0000${i + 1}-of-0000${count}.safetensors`,
      { bytes: WEIGHTS.slice(i * 1000, i * 1000 + 50_000), lfs: true },
    ]),
  );

export const etag = (name: keyof ReturnType<typeof files>): string => etagOf(files()[name]);

/** The hub and the cache's folder of the test that runs, and for how long it would have waited, in milliseconds. */
export let hub: FakeHub;
export let dir: string;
export let waits: number[];

/** Call it once in a test file. */
export function freshHubs(): void {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weightscope-hub-'));
    waits = [];
    hub = await FakeHub.start({
      'org/tiny': { commit: COMMIT, files: files() },
      'org/gated': { commit: COMMIT, files: files(), gated: 'hf_good' },
      'org/private': { commit: COMMIT, files: files(), private: 'hf_good' },
      'org/sharded': { commit: COMMIT, files: shards(3) },
      old: { commit: COMMIT, files: {}, movedTo: 'org/tiny' },
    });
  });
  afterEach(async () => {
    await hub.stop();
    await rm(dir, { recursive: true, force: true });
  });
}

export const open = (id = 'org/tiny', options: HubOptions = {}): Promise<SourceFolder> =>
  hubFolder(id, {
    endpoint: hub.url,
    cacheDir: dir,
    env: { HOME: dir },
    wait: async (ms) => void waits.push(ms),
    ...options,
  });

export async function read(folder: SourceFolder, name: string): Promise<Uint8Array> {
  const source = (await folder.open(name))!;
  return source.slice(0, source.byteLength);
}

/** Compared as one, as comparing 200,000 numbers one by one takes its time. */
export async function expectWeights(folder: SourceFolder): Promise<void> {
  expect(Buffer.compare(await read(folder, 'model.safetensors'), WEIGHTS)).toBe(0);
}

/** A path in the cache's folder of org/tiny. */
export const at = (...path: string[]): string => join(dir, 'models--org--tiny', ...path);

export const present = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
