import { expect, it } from 'vitest';
import { type BlockStore, blockSource } from './blocks.ts';
import { memorySource } from './memory.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) % 251);

function counted(options: { store?: BlockStore; atOnce?: number } = {}) {
  const file = memorySource(bytes, 'file');
  const reads: [number, number][] = [];
  const source = blockSource(
    { name: 'file', byteLength: 1000, version: '1' },
    (start, end) => {
      reads.push([start, end]);
      return file.slice(start, end);
    },
    { blockBytes: 64, ...options },
  );
  return { source, reads };
}

function mapStore(): BlockStore & { kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    get: async (file, block) => kept.get(`${file}:${block}`),
    put: async (file, block, data) => void kept.set(`${file}:${block}`, data),
  };
}

it.each([
  [0, 1000],
  [0, 0],
  [63, 65],
  [64, 128],
  [700, 701],
  [999, 1000],
  [1000, 1000],
  [1, 999],
])('reads the bytes from %i to %i in whole blocks', async (start, end) => {
  const { source, reads } = counted();
  expect(await source.slice(start, end)).toEqual(bytes.slice(start, end));
  for (const [from, to] of reads) expect([from % 64, to === 1000 ? 0 : to % 64]).toEqual([0, 0]);
});

it('brings neighbours together, at most so many, and nothing twice', async () => {
  const { source, reads } = counted({ atOnce: 4 });
  await source.slice(100, 700);
  expect(reads).toEqual([
    [64, 320],
    [320, 576],
    [576, 704],
  ]);
  await source.slice(650, 690);
  expect(reads.length).toBe(3);
});

it('reads nothing that the store has, and keeps blocks that hold on to no others', async () => {
  const store = mapStore();
  await counted({ store }).source.slice(0, 640);
  expect([...store.kept.values()].map(({ buffer }) => buffer.byteLength)).toEqual(Array(10).fill(64));
  const { source, reads } = counted({ store });
  expect(await source.slice(10, 700)).toEqual(bytes.slice(10, 700));
  expect(reads).toEqual([[640, 704]]);
});

it('tells files and their versions apart', async () => {
  const store = mapStore();
  await counted({ store }).source.slice(0, 64);
  const other = blockSource({ name: 'file', byteLength: 64, version: '2' }, async () => new Uint8Array(64), { store });
  expect(await other.slice(0, 64)).toEqual(new Uint8Array(64));
});

it('fails as reading does, begins no more then, and refuses what is not there', async () => {
  let reads = 0;
  const broken = blockSource(
    { name: 'file', byteLength: 1000, version: '1' },
    async () => {
      reads++;
      throw new Error('gone');
    },
    { blockBytes: 10, atOnce: 1 },
  );
  await expect(broken.slice(0, 1000)).rejects.toThrow('gone');
  expect(reads).toBeLessThanOrEqual(6);
  await expect(counted().source.slice(990, 1001)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  await expect(counted().source.slice(0, 9, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
});
