import { lstat, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  at,
  COMMIT,
  dir,
  etag,
  expectWeights,
  files,
  freshHubs,
  hub,
  open,
  present,
  read,
  text,
  WEIGHTS,
  waits,
} from '../../test/hub-fixture.ts';

const NEXT = `${'b'.repeat(39)}2`;

freshHubs();

describe('the cache', () => {
  test('is laid out as huggingface_hub does, and only what is opened is fetched', async () => {
    const folder = await open();
    expect((await folder.list())!.sort()).toEqual(Object.keys(files()).sort());
    expect(hub.transfers).toEqual([]);
    await expectWeights(folder);
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
    await expectWeights(await open());
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
    await expectWeights(folder);
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
    await expectWeights(await open('org/tiny', options));
    expect((await lstat(at('snapshots', COMMIT, 'model.safetensors'))).isFile()).toBe(true);
    expect(await readdir(at('blobs'))).toEqual([]);
    hub.log.length = 0;
    await expectWeights(await open('org/tiny', options));
    expect(hub.transfers).toEqual([]);
  });

  test('copies a blob that another snapshot may refer to', async () => {
    await read(await open(), 'model.safetensors');
    hub.models['org/tiny'].commit = NEXT;
    await read(await open('org/tiny', { env: { HF_HUB_DISABLE_SYMLINKS: '1' } }), 'model.safetensors');
    expect((await lstat(at('snapshots', NEXT, 'model.safetensors'))).isFile()).toBe(true);
    expect(Buffer.compare(await readFile(at('snapshots', COMMIT, 'model.safetensors')), WEIGHTS)).toBe(0);
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
    hub.listingFaults.push({ status: 503 }, { status: 401 }, { status: 404 });
    for (let i = 0; i < 3; i++) expect(await read(await open(), 'config.json')).toEqual(files()['config.json'].bytes);
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

  test('an endpoint that is no address', async () => {
    await expect(open('org/tiny', { endpoint: 'hub.local' })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('HF_ENDPOINT'),
    });
  });

  test('a name that is not resolved is tried once more', async () => {
    const unresolved = async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' }) });
    };
    await expect(open('org/other', { fetch: unresolved })).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.stringMatching(/address of .* cannot be found .EAI_AGAIN. .*, 2 times in a row; check/),
    });
    expect(waits).toEqual([1000]);
  });

  test('a listing that does not end is refused', async () => {
    const endless = async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_000_000).fill(0x20)),
        }),
      );
    await expect(open('org/tiny', { fetch: endless })).rejects.toMatchObject({ code: 'FORMAT_LIMIT' });
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
      await expectWeights(await open('org/gated', { env }));
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

describe('by ranges', () => {
  test('no more of the weights is fetched than is read, the token stays with the hub, and nothing is kept', async () => {
    const folder = await open('org/gated', { ranges: true, token: 'hf_good' });
    const source = (await folder.open('model.safetensors'))!;
    expect(source.byteLength).toBe(WEIGHTS.length);
    expect(Buffer.compare(await source.slice(150_000, 151_000), WEIGHTS.subarray(150_000, 151_000))).toBe(0);
    const served = hub.transfers.filter(({ server }) => server === 'cdn');
    expect(served.map(({ status, headers }) => [status, headers.range])).toEqual([
      [206, 'bytes=0-65535'],
      [206, 'bytes=150000-150999'],
    ]);
    // The fake CDN refuses whoever shows a token.
    expect(await present(join(dir, 'models--org--gated', 'blobs'))).toBe(false);
  });

  test('small files are kept as ever, and weights that are in the cache are read there', async () => {
    await read(await open('org/tiny', { ranges: true }), 'config.json');
    expect(await present(at('snapshots', COMMIT, 'config.json'))).toBe(true);
    await read(await open(), 'model.safetensors');
    hub.log.length = 0;
    await expectWeights(await open('org/tiny', { ranges: true }));
    expect(hub.transfers).toEqual([]);
  });
});
