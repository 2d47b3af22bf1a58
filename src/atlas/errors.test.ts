import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import type { Engine } from '../engine/engine.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { buildAtlas } from './build.ts';
import { folderStore, removeUnfinished } from './store.node.ts';
import { memoryStore, type Store } from './store.ts';

const full = vi.hoisted(() => ({ after: Number.POSITIVE_INFINITY }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (path, flags, mode) => {
    const handle = await real.open(path, flags, mode);
    if (flags === 'wx' && --full.after < 0) {
      // Half of it still fits.
      handle.writeFile = async (bytes) => {
        await handle.write(bytes as Uint8Array, 0, (bytes as Uint8Array).length >> 1);
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      };
    }
    return handle;
  };
  return { ...real, open };
});

const model = tinyModel();
const engine = referenceEngine();
const options = { top: 5, pairs: 10, columns: 3, engine, rates: { means: 1e4, rows: 1e4, factors: 1e4, pairs: 1e4 } };
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'atlas-errors-'));
});
afterAll(() => rm(root, { recursive: true }));

const files = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile()).map(({ name }) => name);

describe('a build', () => {
  it('on a full disk says so, leaves nothing half-written, and goes on when there is room', async () => {
    const folder = join(root, 'full');
    for (const after of [0, 4, 5]) {
      full.after = after;
      await expect(buildAtlas(model, folderStore(folder), { ...options, resume: true })).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
        message: expect.stringMatching(/disk is full.*--resume/),
      });
      expect((await files(folder)).filter((name) => name.includes('unfinished'))).toEqual([]);
    }
    full.after = Number.POSITIVE_INFINITY;
    const whole = memoryStore();
    const resumed = await buildAtlas(model, folderStore(folder), { ...options, resume: true });
    expect(resumed).toEqual(await buildAtlas(model, whole, options));
  });

  it('into a folder that cannot be written says so', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, 'x');
    await expect(buildAtlas(model, folderStore(join(file, 'atlas')), options)).rejects.toMatchObject({
      code: expect.stringMatching(/OUTPUT_UNWRITABLE|SOURCE_UNREADABLE/),
    });
    const readOnly = join(root, 'read-only');
    await mkdir(readOnly);
    await chmod(readOnly, 0o555);
    if (process.getuid?.() !== 0)
      await expect(buildAtlas(model, folderStore(readOnly), options)).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
      });
  });

  it('refuses a folder with other files, and an atlas that it was not told to go on with', async () => {
    const folder = join(root, 'other');
    await mkdir(folder);
    await writeFile(join(folder, 'thesis.txt'), 'x');
    await expect(buildAtlas(model, folderStore(folder), options)).rejects.toMatchObject({ code: 'ATLAS_EXISTS' });
    expect(await files(folder)).toEqual(['thesis.txt']);
    const store = memoryStore();
    await buildAtlas(model, store, options);
    await expect(buildAtlas(model, store, options)).rejects.toMatchObject({ code: 'ATLAS_EXISTS' });
  });

  it('that another build of the same atlas overtakes gives what that one made', async () => {
    const whole = await buildAtlas(model, memoryStore(), options);
    const resume = { ...options, resume: true };
    // At the first unit, in the middle, and when tables are merged: the other one does all of it, and tidies up.
    for (const at of [1, 20, 'tokens/tokens.parquet']) {
      const store = memoryStore();
      let [puts, overtaken] = [0, false];
      const slow: Store = {
        ...store,
        put: async (name, bytes) => {
          if (!overtaken && name !== 'manifest.json' && (name === at || ++puts === at)) {
            overtaken = true;
            expect(await buildAtlas(model, store, resume)).toEqual(whole);
          }
          await store.put(name, bytes);
        },
      };
      expect(await buildAtlas(model, slow, resume)).toEqual(whole);
      expect(overtaken).toBe(true);
      expect(await buildAtlas(model, store, resume)).toEqual(whole);
    }
  });

  it('leaves what another process is writing, and removes what nobody is', async () => {
    const folder = join(root, 'two');
    await mkdir(folder);
    const name = (writer: number) => `x.parquet.${writer}-0123456789ab.unfinished`;
    const gone = 2 ** 22 + 1; // More than the system has.
    for (const writer of [process.ppid, process.pid, gone]) await writeFile(join(folder, name(writer)), 'x');
    await writeFile(join(folder, 'old.parquet.0123456789ab.unfinished'), 'x');
    removeUnfinished(folder);
    expect(await files(folder)).toEqual([name(process.ppid)]);
  });

  it('refuses to go on with an atlas of another checkpoint, other settings, or a newer schema', async () => {
    const store = memoryStore();
    const manifest = await buildAtlas(model, store, options);
    const before = await store.get('manifest.json');
    const resume = { ...options, resume: true };
    await expect(buildAtlas(tinyModel({ seed: 2 }), store, resume)).rejects.toMatchObject({ code: 'ATLAS_MISMATCH' });
    await expect(buildAtlas(model, store, { ...resume, top: 6 })).rejects.toMatchObject({
      code: 'ATLAS_MISMATCH',
      message: expect.stringContaining('top 5 instead of 6'),
    });
    expect(await store.get('manifest.json')).toEqual(before);
    await store.put('manifest.json', new TextEncoder().encode(JSON.stringify({ ...manifest, schema: 3 })));
    await expect(buildAtlas(model, store, resume)).rejects.toMatchObject({ code: 'ATLAS_NEWER' });
  });

  it('makes a damaged part anew, and only that', async () => {
    const whole = await buildAtlas(model, memoryStore(), options);
    const store = memoryStore();
    // Stops when tables of all units are about to be merged.
    const stopping: Store = {
      ...store,
      put: async (name, bytes) => {
        if (name.startsWith('token_heads/')) throw new Error('stop');
        await store.put(name, bytes);
      },
    };
    await expect(buildAtlas(model, stopping, options)).rejects.toThrow('stop');
    const [part] = await store.list('neuron_tokens/');
    const bytes = (await store.get(part.name))!;
    bytes[20] ^= 1;
    await store.put(part.name, bytes);
    let calls = 0;
    const counting: Engine = {
      ...engine,
      topRows: (x, e, o) => {
        calls++;
        return engine.topRows(x, e, o);
      },
    };
    expect(await buildAtlas(model, store, { ...options, engine: counting, resume: true })).toEqual(whole);
    expect(calls).toBe(1);
  });

  it('does nothing to a finished atlas that is whole, and builds one anew that is not', async () => {
    const store = memoryStore();
    const manifest = await buildAtlas(model, store, options);
    const idle = { ...engine, topRows: () => Promise.reject(new Error('computed')) };
    expect(await buildAtlas(model, store, { ...options, engine: idle, resume: true })).toEqual(manifest);
    await store.remove(manifest.files[0].name);
    expect(await buildAtlas(model, store, { ...options, resume: true })).toEqual(manifest);
  });

  it('ends at once when it is cancelled', async () => {
    const controller = new AbortController();
    const store = memoryStore();
    let calls = 0;
    const progress = () => {
      if (++calls === 5) controller.abort();
    };
    await expect(buildAtlas(model, store, { ...options, signal: controller.signal, progress })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(JSON.parse(new TextDecoder().decode(await store.get('manifest.json'))).state).toBe('building');
  });

  it('reports progress that never runs backwards and ends at 1', async () => {
    const seen: number[] = [];
    await buildAtlas(model, memoryStore(), { ...options, progress: (done) => seen.push(done) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBeCloseTo(1);
  });
});

it('a manifest on disk is JSON that people can read', async () => {
  const folder = join(root, 'readable');
  await buildAtlas(model, folderStore(folder), options);
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ format: 'weightscope-atlas', schema: 2, state: 'complete' });
});
