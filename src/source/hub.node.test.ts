import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { etagOf, FakeHub } from '../../test/fake-hub.ts';
import { type HubOptions, hubFolder } from './hub.node.ts';
import type { SourceFolder } from './source.ts';

const run = promisify(execFile);
const COMMIT = `${'a'.repeat(39)}1`;
const NEXT = `${'b'.repeat(39)}2`;
const WEIGHTS = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const text = (value: string) => new TextEncoder().encode(value);

let hub: FakeHub;
let dir: string;
let waits: number[];

/** A model with a small file, one in a folder, and large ones. */
const files = () => ({
  'config.json': { bytes: text('{"model_type":"gpt2"}') },
  'onnx/config.json': { bytes: text('{}') },
  'model.safetensors': { bytes: WEIGHTS, lfs: true },
  'empty.txt': { bytes: new Uint8Array() },
});
const etag = (name: keyof ReturnType<typeof files>) => etagOf(files()[name]);
const shards = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `model-0000${i + 1}-of-0000${count}.safetensors`,
      { bytes: WEIGHTS.slice(i * 1000, i * 1000 + 50_000), lfs: true },
    ]),
  );

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

const open = (id = 'org/tiny', options: HubOptions = {}): Promise<SourceFolder> =>
  hubFolder(id, {
    endpoint: hub.url,
    cacheDir: dir,
    env: { HOME: dir },
    wait: async (ms) => void waits.push(ms),
    ...options,
  });

async function read(folder: SourceFolder, name: string): Promise<Uint8Array> {
  const source = (await folder.open(name))!;
  return source.slice(0, source.byteLength);
}

const at = (...path: string[]) => join(dir, 'models--org--tiny', ...path);
const part = () => at('blobs', `${etag('model.safetensors')}.incomplete`);
const present = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

describe('the cache', () => {
  test('is laid out as huggingface_hub does, and only what is opened is fetched', async () => {
    const folder = await open();
    expect((await folder.list())!.sort()).toEqual(Object.keys(files()).sort());
    expect(hub.transfers).toEqual([]);
    expect(await read(folder, 'model.safetensors')).toEqual(WEIGHTS);
    expect(await read(folder, 'onnx/config.json')).toEqual(text('{}'));
    expect(await read(folder, 'empty.txt')).toEqual(new Uint8Array());
    expect(await readFile(at('refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(await readlink(at('snapshots', COMMIT, 'model.safetensors'))).toBe(
      `../../blobs/${etag('model.safetensors')}`,
    );
    expect(await readlink(at('snapshots', COMMIT, 'onnx/config.json'))).toBe(
      `../../../blobs/${etag('onnx/config.json')}`,
    );
    expect((await readdir(at('blobs'))).sort()).toEqual(
      [etag('model.safetensors'), etag('onnx/config.json'), etag('empty.txt')].sort(),
    );
    expect(await readdir(join(dir, '.locks', 'models--org--tiny'))).toEqual([]);
    expect((await folder.open('model.safetensors'))!.version).toBe(COMMIT);
  });

  test('serves a second time without fetching a file', async () => {
    await read(await open(), 'model.safetensors');
    hub.log.length = 0;
    expect(await read(await open(), 'model.safetensors')).toEqual(WEIGHTS);
    expect(hub.log.map(({ path }) => path)).toEqual(['/api/models/org/tiny/revision/main?blobs=true']);
  });

  test('notes files that do not exist', async () => {
    expect(await (await open()).open('vocab.txt')).toBeUndefined();
    expect((await stat(at('.no_exist', COMMIT, 'vocab.txt'))).size).toBe(0);
  });

  test('keeps blobs that a new commit did not change', async () => {
    await read(await open(), 'model.safetensors');
    hub.models['org/tiny'].commit = NEXT;
    hub.models['org/tiny'].files['config.json'] = { bytes: text('{"model_type":"opt"}') };
    hub.log.length = 0;
    const folder = await open();
    expect(await read(folder, 'config.json')).toEqual(text('{"model_type":"opt"}'));
    expect(await read(folder, 'model.safetensors')).toEqual(WEIGHTS);
    expect(hub.transfers.filter(({ server }) => server === 'cdn')).toEqual([]);
    expect(await readFile(at('refs', 'main'), 'utf8')).toBe(NEXT);
  });

  test.each([
    ['HF_HUB_DISABLE_SYMLINKS', { env: { HF_HUB_DISABLE_SYMLINKS: '1' } }],
    [
      'a filesystem that refuses links',
      { symlink: () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })) },
    ],
  ])('works without symbolic links: %s', async (_, options) => {
    expect(await read(await open('org/tiny', options), 'model.safetensors')).toEqual(WEIGHTS);
    expect((await lstat(at('snapshots', COMMIT, 'model.safetensors'))).isFile()).toBe(true);
    expect(await readdir(at('blobs'))).toEqual([]);
    hub.log.length = 0;
    expect(await read(await open('org/tiny', options), 'model.safetensors')).toEqual(WEIGHTS);
    expect(hub.transfers).toEqual([]);
  });

  test('copies a blob that another snapshot may refer to', async () => {
    await read(await open(), 'model.safetensors');
    hub.models['org/tiny'].commit = NEXT;
    await read(await open('org/tiny', { env: { HF_HUB_DISABLE_SYMLINKS: '1' } }), 'model.safetensors');
    expect((await lstat(at('snapshots', NEXT, 'model.safetensors'))).isFile()).toBe(true);
    expect(await readFile(at('snapshots', COMMIT, 'model.safetensors'))).toEqual(Buffer.from(WEIGHTS));
  });

  test.each([
    [{ HF_HUB_CACHE: 'a', HUGGINGFACE_HUB_CACHE: 'b', HF_HOME: 'c', XDG_CACHE_HOME: 'd' }, 'a'],
    [{ HUGGINGFACE_HUB_CACHE: 'b', HF_HOME: 'c', XDG_CACHE_HOME: 'd' }, 'b'],
    [{ HF_HOME: 'c', XDG_CACHE_HOME: 'd' }, 'c/hub'],
    [{ XDG_CACHE_HOME: 'd' }, 'd/huggingface/hub'],
    [{ HF_HOME: '~/e' }, 'e/hub'],
    [{ HF_HUB_CACHE: '$HOME/f' }, 'f'],
    [{}, '.cache/huggingface/hub'],
  ])('lies where %j says', async (variables: Record<string, string>, place) => {
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, /^[~$]/.test(value) ? value : join(dir, value)]),
    );
    const folder = await open('org/tiny', { cacheDir: undefined, env: { HOME: dir, ...env } });
    await folder.open('config.json');
    expect(await present(join(dir, place, 'models--org--tiny', 'refs', 'main'))).toBe(true);
  });
});

describe('revisions and names', () => {
  test('a commit, a short one, and a model that has moved', async () => {
    await read(await open(`org/tiny@${COMMIT}`), 'config.json');
    await expect(present(at('refs'))).resolves.toBe(false);
    await read(await open('org/tiny@aaaaaaa'), 'config.json');
    expect(await readFile(at('refs', 'aaaaaaa'), 'utf8')).toBe(COMMIT);
    expect(await read(await open('old'), 'config.json')).toEqual(files()['config.json'].bytes);
    expect(await present(join(dir, 'models--old', 'refs', 'main'))).toBe(true);
  });

  test.each(['', 'a/b/c', '../x', 'org/..', 'org/na me', 'org/a--b', 'org/x@', 'org/x@../y', '/abs'])(
    'an id like %j is refused before anything is asked',
    async (id) => {
      await expect(open(id)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
      expect(hub.log).toEqual([]);
    },
  );

  test.each(['../evil', '/etc/passwd', 'a/../../b', 'a\\..\\b', 'C:/x', ''])(
    'a listing with the name %j is refused',
    async (name) => {
      hub.models['org/tiny'].files[name] = { bytes: text('x') };
      await expect(open()).rejects.toMatchObject({ code: 'FORMAT_INVALID' });
    },
  );

  test('a name that leaves the folder is refused', async () => {
    await expect((await open()).open('../x')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});

describe('without a network', () => {
  test('what was fetched is found, what was not is said', async () => {
    await read(await open(), 'config.json');
    hub.log.length = 0;
    for (const options of [{ offline: true }, { env: { HF_HUB_OFFLINE: '1' } }]) {
      const folder = await open('org/tiny', options);
      expect(await folder.list()).toEqual(['config.json']);
      expect(await read(folder, 'config.json')).toEqual(files()['config.json'].bytes);
      expect(await folder.open('model.safetensors')).toBeUndefined();
      await expect(folder.open('model-00002-of-00003.safetensors')).rejects.toThrow(/has not been downloaded/);
    }
    await expect(open('org/other', { offline: true })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: expect.stringContaining('HF_HUB_OFFLINE'),
    });
    expect(hub.log).toEqual([]);
  });

  test('a hub that is down or refuses leaves the copy usable, at once', async () => {
    await read(await open(), 'config.json');
    hub.listingFaults.push({ status: 503 });
    expect(await read(await open(), 'config.json')).toEqual(files()['config.json'].bytes);
    expect(waits).toEqual([]);
    const { url } = hub;
    await hub.stop();
    expect(await read(await open('org/tiny', { endpoint: url }), 'config.json')).toEqual(files()['config.json'].bytes);
    await expect(open('org/other', { endpoint: url })).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('HF_ENDPOINT'),
    });
  });
});

describe('refusals', () => {
  test.each([
    ['org/nothing', undefined, 'SOURCE_NOT_FOUND', /check the spelling/],
    ['org/nothing', 'hf_any', 'SOURCE_NOT_FOUND', /check the spelling/],
    ['org/tiny@v9', undefined, 'SOURCE_NOT_FOUND', /no such revision/],
    ['org/private', undefined, 'SOURCE_NOT_FOUND', /set HF_TOKEN if it is private/],
    ['org/gated', undefined, 'UNAUTHORIZED', /accept its licence .* set HF_TOKEN/],
    ['org/gated', 'hf_bad', 'UNAUTHORIZED', /accept its licence .* set HF_TOKEN/],
  ])('%s with token %s: %s', async (id, token, code, message) => {
    const attempt = open(id, { token }).then((folder) => folder.open('config.json'));
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(waits).toEqual([]);
  });

  test('an answer that is not a hub’s', async () => {
    hub.models['org/tiny'].commit = '../../x';
    await expect(open())
      .rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' })
      .catch(() => undefined);
    await expect(open('org/tiny', { fetch: async () => new Response('<html>') })).rejects.toMatchObject({
      code: 'FORMAT_INVALID',
    });
    const evil = async () => new Response(JSON.stringify({ sha: '../../x', siblings: [] }));
    await expect(open('org/tiny', { fetch: evil })).rejects.toMatchObject({ code: 'FORMAT_INVALID' });
  });
});

describe('the token', () => {
  test('comes from HF_TOKEN or the token file and goes to the hub only', async () => {
    await writeFile(join(dir, 'token'), ' hf_good\n');
    for (const env of [{ HF_TOKEN: 'hf_good' }, { HF_TOKEN_PATH: join(dir, 'token') }, { HF_HOME: dir }]) {
      await rm(join(dir, 'models--org--gated'), { recursive: true, force: true });
      hub.log.length = 0;
      expect(await read(await open('org/gated', { env }), 'model.safetensors')).toEqual(WEIGHTS);
      const sent = (server: string) =>
        hub.log.filter((entry) => entry.server === server).map(({ headers }) => headers.authorization);
      expect(new Set(sent('hub'))).toEqual(new Set(['Bearer hf_good']));
      expect(sent('cdn')).toEqual([undefined]);
    }
  });

  test('the endpoint comes from HF_ENDPOINT', async () => {
    const env = { HF_ENDPOINT: `${hub.url}/`, HOME: dir };
    expect(await read(await open('org/tiny', { endpoint: undefined, env }), 'empty.txt')).toHaveLength(0);
  });
});

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
    expect(await read(await open('org/tiny', { progress }), 'model.safetensors')).toEqual(WEIGHTS);
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
      expect(await read(await open('org/tiny', { progress }), 'model.safetensors')).toEqual(WEIGHTS);
      expect(ranges().at(-1)).toEqual(['bytes=90000-', 200]);
      expect(seen.at(-1)![0]).toBe(200_000);
    }
  });

  test('503 and 429 are waited for, as long as the server says; and not for ever', async () => {
    hub.listingFaults.push({ status: 502 });
    hub.faults.push({ status: 503 }, { status: 429, retryAfter: 7 });
    expect(await read(await open(), 'model.safetensors')).toEqual(WEIGHTS);
    expect(waits).toEqual([1000, 1000, 7000]);
    waits.length = 0;
    hub.faults.push(...Array.from({ length: 9 }, () => ({ status: 500 })));
    await expect((await open()).open('config.json')).rejects.toMatchObject({ code: 'NETWORK' });
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(hub.faults).toHaveLength(4);
  });

  test('a silent connection counts as lost', async () => {
    hub.faults.push({ silentAfter: 60_000 });
    expect(await read(await open('org/tiny', { timeout: 200 }), 'model.safetensors')).toEqual(WEIGHTS);
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
    expect(await read(await open('org/tiny', { progress: again }), 'model.safetensors')).toEqual(WEIGHTS);
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
    expect(await read(await open(), 'model.safetensors')).toEqual(WEIGHTS);
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
    expect(await read(folder, 'model.safetensors')).toEqual(WEIGHTS);
  });

  test('a wrong beginning from an earlier run is found out too', async () => {
    await mkdir(dirname(part()), { recursive: true });
    await writeFile(part(), new Uint8Array(1000));
    const folder = await open();
    await expect(folder.open('model.safetensors')).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    expect(await read(folder, 'model.safetensors')).toEqual(WEIGHTS);
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

describe('two at once', () => {
  const lock = () => join(dir, '.locks', 'models--org--tiny', `${etag('model.safetensors')}.weightscope.lock`);

  test('one fetches, the other waits for it', async () => {
    const wait = () => new Promise<void>((done) => setTimeout(done, 5));
    const folders = await Promise.all([open('org/tiny', { wait }), open('org/tiny', { wait })]);
    const all = await Promise.all(folders.flatMap((folder) => [1, 2].map(() => read(folder, 'model.safetensors'))));
    for (const bytes of all) expect(bytes).toEqual(WEIGHTS);
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
    expect(await read(await open(), 'model.safetensors')).toEqual(WEIGHTS);
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

const python = process.env.WEIGHTSCOPE_PYTHON ?? '';
describe.skipIf(!python)(
  `with Python's huggingface_hub${python ? '' : ' (skipped: set WEIGHTSCOPE_PYTHON to a python that has it)'}`,
  () => {
    const snapshot = async (options: string, env: Record<string, string> = {}) => {
      const code = `from huggingface_hub import snapshot_download\nprint(snapshot_download("org/tiny", ${options}))`;
      const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HF|HUGGING)/.test(name)));
      const { stdout } = await run(python, ['-c', code], {
        env: { ...inherited, HF_ENDPOINT: hub.url, HF_HOME: join(dir, 'home'), HF_HUB_CACHE: dir, ...env },
      });
      return stdout.trim();
    };

    test('what it fetched is read without fetching anything, with and without links', async () => {
      for (const env of [undefined, { HF_HUB_DISABLE_SYMLINKS: '1' }]) {
        await rm(at(), { recursive: true, force: true });
        await snapshot('', env);
        hub.log.length = 0;
        for (const offline of [true, false]) {
          const folder = await open('org/tiny', { offline });
          expect((await folder.list())!.sort()).toEqual(Object.keys(files()).sort());
          for (const [name, { bytes }] of Object.entries(files())) expect(await read(folder, name)).toEqual(bytes);
          if (offline) expect(hub.log).toEqual([]);
        }
        expect(hub.transfers).toEqual([]);
      }
    });

    test('what we fetched it loads from the cache, and finds complete when online', async () => {
      const folder = await open();
      for (const name of Object.keys(files())) await folder.open(name);
      hub.log.length = 0;
      const path = await snapshot('local_files_only=True');
      expect(hub.log).toEqual([]);
      expect(path).toBe(at('snapshots', COMMIT));
      for (const [name, { bytes }] of Object.entries(files()))
        expect(await readFile(join(path, name))).toEqual(Buffer.from(bytes));
      await snapshot('');
      expect(hub.transfers).toEqual([]);
    });
  },
);
