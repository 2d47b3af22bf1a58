import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildAtlas } from '../atlas/atlas.node.ts';
import type { BuildOptions } from '../atlas/build.ts';
import { openModel } from '../node.ts';
import { createApi } from './app.ts';
import { keptAtlas, openServed, withKeptAtlas } from './explore.node.ts';

const LLAMA = new URL('../../test/fixtures/architectures/llama/model.gguf', import.meta.url).pathname;
const GPT2 = new URL('../../test/fixtures/architectures/gpt2/model.gguf', import.meta.url).pathname;
const settings: BuildOptions = { top: 5, columns: 5, what: ['neurons'] };
let root: string;
const cache = process.env.WEIGHTSCOPE_CACHE;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'weightscope-explore-'));
  process.env.WEIGHTSCOPE_CACHE = join(root, 'cache');
  const model = await openModel(LLAMA);
  await buildAtlas(model, join(root, 'llama.atlas'), settings);
  await model.close();
});
afterAll(async () => {
  if (cache === undefined) delete process.env.WEIGHTSCOPE_CACHE;
  else process.env.WEIGHTSCOPE_CACHE = cache;
  await rm(root, { recursive: true });
});

it('opens an atlas together with the checkpoint it was made of', async () => {
  const served = await openServed([join(root, 'llama.atlas')]);
  expect(served.models).toMatchObject([{ id: 'llama.atlas', model: { name: LLAMA }, atlas: {} }]);
  await served.close();
});

it('joins a model and its atlas given side by side, and keeps others apart', async () => {
  const served = await openServed([GPT2, LLAMA, join(root, 'llama.atlas')]);
  expect(served.models.map(({ id, atlas }) => [id, atlas !== undefined])).toEqual([
    ['model.gguf', false],
    ['model.gguf-2', true],
  ]);
  const { app } = createApi(served);
  const { models } = (await (await app.request('/api/models')).json()) as {
    models: { type: string; atlas: unknown }[];
  };
  expect(models.map(({ type, atlas }) => [type, atlas !== null])).toEqual([
    ['gpt2', false],
    ['llama', true],
  ]);
  await served.close();
});

it('serves an atlas alone where its checkpoint is gone or is another one now', async () => {
  const model = await openModel(LLAMA);
  for (const [name, folder] of [
    ['nowhere.gguf', 'gone.atlas'],
    [GPT2, 'changed.atlas'],
  ]) {
    await buildAtlas({ ...model, name }, join(root, folder), settings);
    const served = await openServed([join(root, folder)]);
    expect(served.models[0].model).toBeUndefined();
    const { app } = createApi(served);
    const answer = await app.request(`/api/models/${folder}/neurons/0/0`);
    expect(answer.status).toBe(200);
    expect((await app.request(`/api/models/${folder}/heads/0/0/row?id=1`)).status).toBe(503);
    await served.close();
  }
  await model.close();
});

it('asks no place for the checkpoint of an atlas: neither the URL nor the hub id that its manifest names', async () => {
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url!);
    response.statusCode = 404;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('HF_ENDPOINT', origin);
  vi.stubEnv('HF_TOKEN', 'hf_secret');
  const model = await openModel(LLAMA);
  for (const [i, name] of [`${origin}/model.gguf`, 'someone/model', '//host/share/model.gguf'].entries()) {
    await buildAtlas({ ...model, name }, join(root, `from-${i}.atlas`), settings);
    const served = await openServed([join(root, `from-${i}.atlas`)]);
    expect(served.models[0]).toMatchObject({ model: undefined, atlas: {} });
    await served.close();
  }
  expect(asked).toEqual([]);
  vi.unstubAllEnvs();
  await model.close();
  server.close();
});

it('refuses what is neither, and closes what it had opened', async () => {
  await expect(openServed([LLAMA, join(root, 'nothing')])).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
});

it('takes the atlas that is kept in the cache', async () => {
  const served = await openServed([LLAMA]);
  const [model] = served.models;
  await buildAtlas(model.model!, keptAtlas(model.model!), settings);
  await withKeptAtlas(model);
  expect(model).toMatchObject({ atlas: {}, building: undefined });
  expect(model.problem).toBeUndefined();
  await served.close();
});

it('takes the part of a kept atlas that can be searched while the rest is being made', async () => {
  const served = await openServed([GPT2]);
  const [model] = served.models;
  const stop = new AbortController();
  const some = { ...settings, what: ['neurons', 'heads'] as const };
  const ended = { ...some, signal: stop.signal, searchable: () => stop.abort() };
  await expect(buildAtlas(model.model!, keptAtlas(model.model!), ended)).rejects.toMatchObject({ code: 'ABORTED' });
  // From source there is no built program that could make the rest.
  await withKeptAtlas(model);
  expect(model.atlas?.manifest).toMatchObject({ state: 'building', settings: { what: ['neurons'] } });
  await served.close();
  await rm(keptAtlas(model.model!), { recursive: true });
});

it('reads from the weights what an atlas of neurons, or of some layers, has not', async () => {
  const served = await openServed([LLAMA, join(root, 'llama.atlas')]);
  const { app } = createApi(served);
  const answer = await app.request('/api/models/model.gguf/heads/0/0?k=1&matrix=vo&normalize=freq');
  expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([200, expect.arrayContaining(['vo'])]);
  expect((await app.request('/api/models/model.gguf/heads/0/99?k=1')).status).toBe(400);
  await served.close();
});

it('goes on without an atlas that cannot be made, and says why', async () => {
  const served = await openServed([GPT2]);
  const [model] = served.models;
  // A file is where its folder would be.
  await mkdir(dirname(keptAtlas(model.model!)), { recursive: true });
  await writeFile(keptAtlas(model.model!), '');
  await withKeptAtlas(model);
  expect(model.atlas).toBeUndefined();
  expect(model.building).toBeUndefined();
  expect(model.problem).toContain('The atlas was not made');
  const { app } = createApi(served);
  expect(await (await app.request('/api/models/model.gguf')).json()).toMatchObject({ state: 'failed', live: true });
  await served.close();
});

it('serves a model with an adapter, and what a model has beside its base, under names that say so', async () => {
  const adapters = new URL('../../test/fixtures/adapters/lora/', import.meta.url).pathname;
  const [base, adapter, merged] = ['base', 'adapter', 'merged'].map((name) => adapters + name);
  const served = await openServed([base], { adapter });
  expect(served.models).toMatchObject([{ name: `${base} with ${adapter}`, model: { derived: true } }]);
  await served.close();

  const folder = join(root, 'changed-only.atlas');
  const change = await openModel(merged, { minus: base });
  await buildAtlas(change, folder, settings);
  await change.close();
  // The atlas of a difference belongs to that difference, and to no model that it was made of.
  const joined = await openServed([merged, folder], { minus: base });
  expect(joined.models).toMatchObject([{ name: change.name, model: { name: change.name }, atlas: {} }]);
  await joined.close();
  const apart = await openServed([merged, folder]);
  expect(apart.models.map(({ atlas }) => atlas !== undefined)).toEqual([false, true]);
  await apart.close();

  await expect(openServed([base, merged], { adapter })).rejects.toThrow(/Expected one checkpoint .* got 2/);
  await expect(openServed([folder], { minus: base })).rejects.toThrow(/got 0/);
});
