import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeHub } from '../../test/fake-hub.ts';
import { hubFolder, parseHubPlace } from './hub-folder.ts';
import { openPlace } from './open.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const sample = readFileSync(new URL('../../models/sample.gguf', import.meta.url));
let hub: FakeHub;

beforeAll(async () => {
  const files = {
    'config.json': { bytes: new TextEncoder().encode('{"a": 1}') },
    'sample.gguf': { bytes: sample, lfs: true },
  };
  hub = await FakeHub.start({
    'org/open': { commit: COMMIT, files },
    'org/gated': { commit: COMMIT, files, gated: 'hf_secret' },
    'org/private': { commit: COMMIT, files, private: 'hf_secret' },
  });
});
afterAll(() => hub.stop());

const http = { wait: async () => undefined };
const open = (repo: string, token?: string) =>
  hubFolder({ repo, revision: 'main' }, { ...http, endpoint: hub.url, token });

it('reads files by ranges from where the hub sends them', async () => {
  hub.log.length = 0;
  const folder = await open('org/open');
  expect(await folder.list()).toEqual(['config.json', 'sample.gguf']);
  expect(await folder.open('none')).toBeUndefined();
  const source = (await folder.open('sample.gguf'))!;
  expect([source.byteLength, source.version]).toEqual([sample.length, COMMIT]);
  expect(Buffer.from(await source.slice(5_000_000, 5_000_100))).toEqual(sample.subarray(5_000_000, 5_000_100));
  const config = (await folder.open('config.json'))!;
  expect(new TextDecoder().decode(await config.slice(0, 8))).toBe('{"a": 1}');
  expect(hub.log.filter(({ server }) => server === 'cdn').map(({ status }) => status)).toEqual([206]);
});

it('sends a token to the hub alone', async () => {
  hub.log.length = 0;
  const source = (await (await open('org/gated', 'hf_secret')).open('sample.gguf'))!;
  await source.slice(0, 10);
  const carried = (server: string) =>
    hub.log.filter((one) => one.server === server).map(({ headers }) => headers.authorization);
  expect(new Set(carried('hub'))).toEqual(new Set(['Bearer hf_secret']));
  expect(carried('cdn')).toEqual([undefined]);
});

it('says what a refusal means', async () => {
  await expect(open('org/none')).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: expect.stringContaining('spelling'),
  });
  await expect(open('org/none', 'hf_secret')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  await expect(open('org/private')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  await expect(open('org/private', 'wrong')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  const gated = (await (await open('org/gated')).open('sample.gguf'))!;
  await expect(gated.slice(0, 9)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

it('tries again after a failure that may pass, and refuses a host that sends files whole', async () => {
  hub.faults.push({ status: 503 });
  const source = (await (await open('org/open')).open('sample.gguf'))!;
  await source.slice(0, 10);
  hub.faults.push({ ignoreRange: true });
  await expect(source.slice(9_000_000, 9_000_001)).rejects.toMatchObject({ code: 'NETWORK' });
});

it('opens a model by a place that a reader typed', async () => {
  const around = { base: 'https://example.org/', hub: hub.url, http };
  const model = await openPlace({ hub: ' org/open ' }, undefined, around);
  expect(model.dimensions.vocab).toBe(16_384);
  const same = await openPlace({ hub: `org/open/sample.gguf@${COMMIT}` }, 'x', around);
  expect([same.name, same.fingerprint]).toEqual(['x', model.fingerprint]);
});

it.each([
  ['gpt2', { repo: 'gpt2', revision: 'main' }],
  ['org/name@v1.0', { repo: 'org/name', revision: 'v1.0' }],
  ['org/name/q/model.Q4.gguf', { repo: 'org/name', revision: 'main', file: 'q/model.Q4.gguf' }],
])('reads %s', (text, place) => {
  expect(parseHubPlace(text)).toEqual(place);
});

it.each([
  '',
  'a b',
  '/etc/passwd',
  'org/name/model.txt',
  '../x',
  'https:',
  'org//x',
  'org/name@../../x',
  'org/a--b',
  'org/..',
  'a/b/c.bin@x y',
])('refuses %j', (text) => {
  expect(() => parseHubPlace(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
});
