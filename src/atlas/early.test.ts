import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { buildAtlas, openAtlas, type SearchResult } from './atlas.node.ts';
import { ATLAS_PARTS } from './schema.ts';

/** So slow a machine that every unit is a few vectors or one head. */
const SLOW = { means: 1e4, rows: 1e4, factors: 1e4, pairs: 1e4 };
const OPTIONS = { top: 7, pairs: 20, columns: 4, rates: SLOW, what: ATLAS_PARTS, engine: referenceEngine() };
const model = tinyModel({ words: Array.from({ length: 30 }, (_, i) => ` w${i}`) });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atlas-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function searched(): Promise<SearchResult & { state: string; what: readonly string[] }> {
  const atlas = await openAtlas(folder, { unfinished: true });
  const { state, settings } = atlas.manifest;
  const found = await atlas.search('w1 OR w2', { k: 10 });
  const ofHeads = atlas.search('w1', { parts: ['vo'] });
  if (state === 'building') await expect(ofHeads).rejects.toThrow('got vo; its heads are not read yet.');
  else await ofHeads;
  atlas.close();
  return { ...found, state, what: settings.what };
}

it('finds neurons by word as soon as those are read, the same as the whole atlas', async () => {
  let early: Promise<[Awaited<ReturnType<typeof searched>>, unknown]> | undefined;
  const said: string[] = [];
  await buildAtlas(model, folder, {
    ...OPTIONS,
    progress: (_, what) => said.push(what),
    searchable: () => {
      const done = [...new Set(said.map((what) => what.split(',')[0]))];
      early = Promise.all([searched(), done]);
    },
  });
  const [found, done] = (await early)!;
  expect(found).toMatchObject({ state: 'building', what: ['neurons'], heads: [] });
  expect(found.notes).toEqual([
    'Only neurons were searched, which are all that the atlas has; its heads are not read yet.',
  ]);
  expect(found.neurons.length).toBeGreaterThan(0);
  // Two units are at work at a time.
  expect(done).toEqual(expect.arrayContaining(['neurons']));
  expect(done).not.toContain('statistics');
  const whole = await searched();
  expect(whole).toMatchObject({ state: 'complete', what: ATLAS_PARTS, notes: [] });
  expect(whole.heads.length).toBeGreaterThan(0);
  expect(found.neurons).toEqual(whole.neurons);
});

it('is not opened unless it is asked for, and says so; not before its neurons are read either', async () => {
  const ends = async (at: 'searchable' | 'progress') => {
    const stop = new AbortController();
    const options = { ...OPTIONS, resume: true, signal: stop.signal, [at]: () => stop.abort() };
    await expect(buildAtlas(model, folder, options)).rejects.toMatchObject({ code: 'ABORTED' });
  };
  await ends('progress');
  await expect(openAtlas(folder, { unfinished: true })).rejects.toThrow(
    'whose neurons have been read, found one whose',
  );
  await ends('searchable');
  await expect(openAtlas(folder)).rejects.toThrow('found one that is being built');
  const { neurons } = await searched();
  // A build that goes on leaves what can be searched already.
  await ends('progress');
  expect((await searched()).neurons).toEqual(neurons);
  await buildAtlas(model, folder, { ...OPTIONS, resume: true });
  expect(await searched()).toMatchObject({ state: 'complete', neurons });
  const atlas = await openAtlas(folder);
  await atlas.check();
  atlas.close();
});
