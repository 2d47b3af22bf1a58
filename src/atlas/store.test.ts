import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python, s3Skipped, startS3 } from '../../test/s3.ts';
import { openStore } from './open-store.node.ts';
import { optionalPackage } from './optional.node.ts';
import { memoryStore, type Store } from './store.ts';
import { parseS3 } from './store-s3.node.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** What every store does. */
function conforms(open: () => Promise<Store>) {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });

  it('gives back what was put, the last version of it', async () => {
    expect(await store.get('a/b.json')).toBeUndefined();
    await store.put('a/b.json', bytes('first'));
    await store.put('a/b.json', bytes('second'));
    expect(await store.get('a/b.json')).toEqual(bytes('second'));
    await store.put('empty', new Uint8Array());
    expect(await store.get('empty')).toEqual(new Uint8Array());
    const large = Uint8Array.from({ length: 6 << 20 }, (_, i) => i * 7 + (i >> 9));
    await store.put('large', large);
    expect(Buffer.compare((await store.get('large'))!, large)).toBe(0);
  });

  it('lists names by prefix, sorted, with sizes', async () => {
    for (const name of ['list/z', 'list/b c+é', 'list/deep/x', 'listless']) await store.put(name, bytes(name));
    expect(await store.list('list/')).toEqual(
      ['list/b c+é', 'list/deep/x', 'list/z'].map((name) => ({ name, bytes: bytes(name).length })),
    );
    expect((await store.list('list')).map(({ name }) => name)).toContain('listless');
    expect(await store.list('nothing/')).toEqual([]);
  });

  it('removes what is there and what is not', async () => {
    await store.put('gone', bytes('x'));
    await store.remove('gone');
    await store.remove('gone');
    expect(await store.get('gone')).toBeUndefined();
  });

  it('lists more than a page', async () => {
    const names = Array.from({ length: 1003 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    await Promise.all(names.map((name) => store.put(name, bytes(name))));
    expect((await store.list('many/')).map(({ name }) => name)).toEqual(names);
  });
}

describe('a store in memory', () => conforms(async () => memoryStore()));

describe('a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  conforms(() => openStore(join(folder, 'atlas')));
});

describe.skipIf(!python)(`a bucket, on moto's server${s3Skipped}`, () => {
  let s3: Awaited<ReturnType<typeof startS3>>;
  const before = { ...process.env };
  beforeAll(async () => {
    s3 = await startS3();
    Object.assign(process.env, s3.env);
  });
  afterAll(() => {
    for (const name of Object.keys(s3.env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    s3.stop();
  });
  conforms(() => openStore('s3://atlases/of/models/'));

  it('holds what boto3 reads', async () => {
    await (await openStore('s3://atlases')).put('hello/ä b.txt', bytes('grüße'));
    const code = `import boto3, sys
body = boto3.client("s3", endpoint_url=sys.argv[1]).get_object(Bucket="atlases", Key="hello/ä b.txt")["Body"].read()
sys.stdout.buffer.write(body)`;
    const answer = execFileSync(python, ['-c', code, s3.env.AWS_ENDPOINT_URL_S3], {
      env: { ...process.env, AWS_DEFAULT_REGION: 'us-east-1' },
    });
    expect(answer.toString()).toBe('grüße');
  });

  it('says what is wrong: no such bucket, no such server', async () => {
    const none = await openStore('s3://no-such-bucket/x');
    await expect(none.put('a', bytes('x'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    process.env.AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:9';
    const unreachable = await openStore('s3://atlases');
    await expect(unreachable.get('a')).rejects.toMatchObject({ code: 'NETWORK' });
    Object.assign(process.env, s3.env);
  });
});

it.each([
  ['s3://bucket', { bucket: 'bucket', prefix: '' }],
  ['s3://my.bucket-1/a/b/', { bucket: 'my.bucket-1', prefix: 'a/b' }],
])('reads %s', (location, parts) => expect(parseS3(location)).toEqual(parts));

it.each(['s3://', 's3:///x', 's3://b', 's3://Bucket/x', 's3://bucket/a/../b', 's3://bucket//a'])(
  'refuses %s',
  (location) => expect(() => parseS3(location)).toThrowError(expect.objectContaining({ code: 'ARGUMENT_INVALID' })),
);

it('says what to install for a package that is not there', async () => {
  const name = 'no-such-package';
  await expect(optionalPackage(name, 'This', () => import(name))).rejects.toMatchObject({
    code: 'PACKAGE_MISSING',
    message: expect.stringContaining('npm install no-such-package'),
  });
});
