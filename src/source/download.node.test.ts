import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { etagOf } from '../../test/fake-hub.ts';
import {
  at,
  COMMIT,
  dir,
  etag,
  expectWeights,
  freshHubs,
  hub,
  open,
  present,
  read,
  shards,
  WEIGHTS,
  waits,
} from '../../test/hub-fixture.ts';

freshHubs();

const part = () => at('blobs', `${etag('model.safetensors')}.incomplete`);

describe('interruptions', () => {
  /** Every report, with the check that none runs backwards. */
  function recorder() {
    const seen: [number, number, string][] = [];
    const progress = (done: number, total: number, file: string) => {
      const [before, whole] = seen.at(-1) ?? [0, 0];
      expect(done).toBeGreaterThanOrEqual(before);
      expect(total).toBeGreaterThanOrEqual(whole);
      expect(total).toBeGreaterThanOrEqual(done);
      seen.push([done, total, file]);
    };
    return { seen, progress };
  }
  const ranges = () =>
    hub.log.filter(({ server }) => server === 'cdn').map(({ headers, status }) => [headers.range, status]);

  test('a lost connection is taken up where it ended, with If-Range', async () => {
    hub.faults.push({ cutAfter: 70_000 }, { cutAfter: 50_000 });
    const { seen, progress } = recorder();
    await expectWeights(await open('org/tiny', { progress }));
    expect(ranges()).toEqual([
      [undefined, 200],
      ['bytes=70000-', 206],
      ['bytes=120000-', 206],
    ]);
    expect(hub.log.at(-1)!.headers['if-range']).toBe(`"cdn-1-${etag('model.safetensors')}"`);
    expect(waits).toEqual([1000, 1000]);
    expect(seen.at(-1)).toEqual([200_000, 200_000, 'model.safetensors']);
  });

  test('a file that changed between, or a server without ranges, starts again', async () => {
    for (const second of [{ ignoreRange: true }, {}]) {
      await rm(at(), { recursive: true, force: true });
      hub.faults.push({ cutAfter: 90_000, meanwhile: () => void (second.ignoreRange || hub.generation++) }, second);
      const { seen, progress } = recorder();
      await expectWeights(await open('org/tiny', { progress }));
      expect(ranges().at(-1)).toEqual(['bytes=90000-', 200]);
      expect(seen.at(-1)![0]).toBe(200_000);
    }
  });

  test('503 and 429 are waited for, as long as the server says; and not for ever', async () => {
    hub.listingFaults.push({ status: 502 });
    hub.faults.push({ status: 503 }, { status: 429, retryAfter: 7 });
    await expectWeights(await open());
    expect(waits).toEqual([1000, 1000, 7000]);
    waits.length = 0;
    hub.faults.push(...Array.from({ length: 9 }, () => ({ status: 500 })));
    await expect((await open()).open('config.json')).rejects.toMatchObject({ code: 'NETWORK' });
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(hub.faults).toHaveLength(4);
  });

  test('a silent connection counts as lost', async () => {
    hub.faults.push({ silentAfter: 60_000 });
    await expectWeights(await open('org/tiny', { timeout: 200 }));
    expect(ranges().at(-1)).toEqual(['bytes=60000-', 206]);
  });

  test('cancelling keeps what has come and leaves no half file; the next run continues', async () => {
    const abort = new AbortController();
    hub.faults.push({ silentAfter: 80_000 });
    const progress = (done: number) => void (done === 80_000 && abort.abort());
    const opening = (await open('org/tiny', { progress, signal: abort.signal })).open('model.safetensors');
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(at('blobs'))).toEqual([`${etag('model.safetensors')}.incomplete`]);
    expect((await stat(part())).size).toBe(80_000);
    expect(await present(at('snapshots', COMMIT, 'model.safetensors'))).toBe(false);
    expect(await readdir(join(dir, '.locks', 'models--org--tiny'))).toEqual([]);

    const { seen, progress: again } = recorder();
    await expectWeights(await open('org/tiny', { progress: again }));
    expect(seen[0]).toEqual([80_000, 200_000, 'model.safetensors']);
    expect(ranges().at(-1)).toEqual(['bytes=80000-', 206]);
    expect(await present(part())).toBe(false);
  });

  test.each([
    ['complete', WEIGHTS, []],
    ['too long', new Uint8Array(200_001), [[undefined, 200]]],
  ])('a partial file that is %s', async (_, bytes, expected) => {
    await mkdir(dirname(part()), { recursive: true });
    await writeFile(part(), bytes);
    await expectWeights(await open());
    expect(ranges()).toEqual(expected);
  });

  test('bytes that are not the announced ones are deleted', async () => {
    hub.faults.push({ corrupt: true });
    const folder = await open();
    await expect(folder.open('model.safetensors')).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
      message: expect.stringMatching(/SHA-256 .* announced .* run again/),
    });
    expect(await readdir(at('blobs'))).toEqual([]);
    await expectWeights(folder);
  });

  test('a wrong beginning from an earlier run is found out too', async () => {
    await mkdir(dirname(part()), { recursive: true });
    await writeFile(part(), new Uint8Array(1000));
    const folder = await open();
    await expect(folder.open('model.safetensors')).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await expectWeights(folder);
  });

  test('progress of several files at once, with failures, never runs backwards', async () => {
    hub.faults.push({ cutAfter: 20_000 }, { status: 503 }, { cutAfter: 1 }, { ignoreRange: true });
    const { seen, progress } = recorder();
    const folder = await open('org/sharded', { progress });
    await Promise.all(Object.keys(shards(3)).map((name) => folder.open(name)));
    expect(seen[0][1]).toBe(150_000);
    expect(seen.at(-1)!.slice(0, 2)).toEqual([150_000, 150_000]);
  });

  test('a cache that cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    const folder = await open('org/tiny', { cacheDir: join(dir, 'file') });
    await expect(folder.open('config.json')).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining('HF_HUB_CACHE'),
    });
  });
});

describe('progress', () => {
  test('of shards that need no fetching after all is complete too', async () => {
    const first = await open('org/sharded');
    const names = Object.keys(shards(3));
    for (const name of names) await first.open(name);
    await rm(join(dir, 'models--org--sharded', 'snapshots'), { recursive: true });
    await rm(join(dir, 'models--org--sharded', 'blobs', etagOf(shards(3)[names[2]])));
    const seen: number[][] = [];
    const folder = await open('org/sharded', { progress: (done, total) => void seen.push([done, total]) });
    for (const name of names) await folder.open(name);
    expect(seen.at(-1)).toEqual([150_000, 150_000]);
  });
});

describe('two at once', () => {
  const lock = () => join(dir, '.locks', 'models--org--tiny', `${etag('model.safetensors')}.weightscope.lock`);

  test('one fetches, the other waits for it', async () => {
    const wait = () => new Promise<void>((done) => setTimeout(done, 5));
    const folders = await Promise.all([open('org/tiny', { wait }), open('org/tiny', { wait })]);
    const all = await Promise.all(folders.flatMap((folder) => [1, 2].map(() => read(folder, 'model.safetensors'))));
    for (const bytes of all) expect(Buffer.compare(bytes, WEIGHTS)).toBe(0);
    expect(hub.transfers).toHaveLength(1);
  });

  test.each([
    ['whose process has died', JSON.stringify({ pid: 2 ** 30, host: hostname() }), 0],
    ['untouched for long', JSON.stringify({ pid: 1, host: 'elsewhere' }), 120],
  ])('a lock %s is broken', async (_, holder, age) => {
    await mkdir(dirname(lock()), { recursive: true });
    await writeFile(lock(), holder);
    const touched = Date.now() / 1000 - age;
    await utimes(lock(), touched, touched);
    await expectWeights(await open());
    expect(await readdir(dirname(lock()))).toEqual([]);
  });

  test('a living lock is waited for, and the wait can be cancelled', async () => {
    await mkdir(dirname(lock()), { recursive: true });
    await writeFile(lock(), JSON.stringify({ pid: process.pid, host: hostname() }));
    const abort = new AbortController();
    const wait = async (ms: number) => void (waits.push(ms) === 3 && abort.abort());
    const opening = (await open('org/tiny', { wait, signal: abort.signal })).open('model.safetensors');
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
    expect(hub.transfers).toEqual([]);
    expect(await present(lock())).toBe(true);
  });
});
