import { fork } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { openAtlas } from '../atlas/atlas.node.ts';
import { checkpointHash } from '../atlas/hash.ts';
import { MANIFEST } from '../atlas/manifest.ts';
import { PLAN_VERSION } from '../atlas/schema.ts';
import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { openModel } from '../open.node.ts';
import { inPackage, packageVersion } from '../package.node.ts';
import type { Served, ServedModel } from '../questions/opened.ts';
import { userCacheDir } from '../source/cache.node.ts';
import { opener } from './opener.node.ts';
import { idsOf } from './served.ts';

export interface ExploreOptions {
  engine?: Engine;
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
  /** Whether the page may open further models. */
  mayOpen?: boolean;
  /** What the one checkpoint among them is made of: see {@link openModel}. */
  adapter?: string;
  minus?: string;
}

export interface Explored extends Served {
  readonly models: ServedModel[];
  close(): Promise<void>;
}

/**
 * Opens models and atlases (folders that `atlas build` made) to be served. An atlas opens the checkpoint it was made of
 * as well, where it is still found and still the same; a model and its own atlas given side by side become one.
 */
export async function openServed(names: readonly string[], options: ExploreOptions = {}): Promise<Explored> {
  const opened: { name: string; model?: Model; atlas?: ServedModel['atlas'] }[] = [];
  const { signal, progress, adapter, minus } = options;
  const made = adapter !== undefined || minus !== undefined;
  if (made) await refuseSeveral(names);
  try {
    for (const name of names) {
      if (!(await isAtlas(name))) {
        const model = await openModel(name, { signal, progress, adapter, minus });
        opened.push({ name: made ? model.name : name, model });
        continue;
      }
      const atlas = await openAtlas(name);
      const beside = await besideOf(opened, atlas.manifest.checkpoint, signal);
      if (beside) beside.atlas = atlas;
      else opened.push({ name, atlas, model: await checkpointOf(atlas.manifest, signal) });
    }
  } catch (error) {
    await Promise.allSettled(opened.map(closed));
    throw error;
  }
  const ids = idsOf(opened.map(({ name }) => name));
  const models: ServedModel[] = opened.map(({ name, model, atlas }, i) => ({ id: ids[i], name, model, atlas }));
  return {
    version: packageVersion(),
    models,
    engine: options.engine,
    ...(options.mayOpen && { open: opener(models, async (place, run) => (await openServed([place], run)).models[0]) }),
    async close() {
      await Promise.allSettled(models.map(closed));
    },
  };
}

/** An adapter, or a base that is taken away, belongs to one checkpoint. */
async function refuseSeveral(names: readonly string[]): Promise<void> {
  const atlases = await Promise.all(names.map(isAtlas));
  const checkpoints = atlases.filter((one) => !one).length;
  if (checkpoints === 1) return;
  throw new WeightscopeError(
    'USAGE',
    `Expected one checkpoint beside --adapter or --minus, got ${checkpoints}; name the one that they belong to, and open others from the page.`,
  );
}

async function closed({ model, atlas }: { model?: Model; atlas?: ServedModel['atlas'] }): Promise<void> {
  atlas?.close();
  await model?.close();
}

export const isAtlas = async (name: string): Promise<boolean> =>
  Boolean(await stat(join(name, MANIFEST)).catch(() => undefined));

/** The model among those opened that an atlas was made of. */
async function besideOf<T extends { model?: Model; atlas?: unknown }>(
  opened: readonly T[],
  checkpoint: string,
  signal?: AbortSignal,
): Promise<T | undefined> {
  for (const one of opened)
    if (one.model && !one.atlas && (await checkpointHash(one.model, signal)) === checkpoint) return one;
  return undefined;
}

/**
 * The checkpoint an atlas names; undefined where it is not on this machine any more, or is another one now. An atlas
 * comes from anybody: a URL or a hub id in it is no place that this person named, so nothing is asked for there
 * (`explore MODEL ATLAS` opens both).
 */
async function checkpointOf(
  { model: { name }, checkpoint }: { model: { name: string }; checkpoint: string },
  signal?: AbortSignal,
): Promise<Model | undefined> {
  if (!(await isHere(name))) return undefined;
  const found = await openModel(name, { signal }).catch((error) => {
    if (error instanceof WeightscopeError && error.code !== 'ABORTED') return undefined;
    throw error;
  });
  if (!found || (await checkpointHash(found, signal)) === checkpoint) return found;
  await found.close();
  return undefined;
}

/** `sample`, or a file or folder of this machine; `//host/share` is another's. */
async function isHere(name: string): Promise<boolean> {
  if (name === 'sample') return true;
  if (/^[\\/]{2}/.test(name)) return false;
  const found = await stat(name).catch(() => undefined);
  return found !== undefined && (found.isFile() || found.isDirectory());
}

/** Where the atlas of a model is kept that is made on the way; by another definition it is another atlas. */
export const keptAtlas = (model: Model): string =>
  join(userCacheDir(), 'atlases', `plan-${PLAN_VERSION}`, model.fingerprint);

/**
 * Gives a served model its atlas: opens the one that is kept in the user's cache, or builds it in a process of its own,
 * at a low priority, so that questions are answered meanwhile. A build that was interrupted goes on. As soon as its
 * neurons can be searched the model has an atlas of those, and then the whole one. What fails is said in `problem`, and
 * the model is served with what there is.
 */
export async function withKeptAtlas(served: ServedModel, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
  const { model } = served;
  if (!model || served.atlas) return;
  const folder = keptAtlas(model);
  try {
    const ofNow = () => openAtlas(folder, { unfinished: true }).catch(() => undefined);
    served.atlas = await ofNow();
    if (served.atlas?.manifest.state === 'complete') return;
    served.building = { done: 0, what: 'starting' };
    await buildInChild(served.name, folder, {
      signal,
      progress: (done, what) => {
        served.building = { done, what };
      },
      searchable: async () => {
        const found = await ofNow();
        if (served.building && !served.atlas) served.atlas = found;
        else found?.close();
      },
    });
    const part = served.atlas;
    served.atlas = await openAtlas(folder);
    part?.close();
  } catch (error) {
    if (!signal?.aborted) served.problem = `The atlas was not made: ${(error as Error).message}`;
  } finally {
    served.building = undefined;
  }
}

interface BuildMessage {
  done?: number;
  what?: string;
  searchable?: true;
  error?: { code: string; message: string };
}

function buildInChild(
  name: string,
  folder: string,
  {
    signal,
    progress,
    searchable,
  }: { signal?: AbortSignal; progress: (done: number, what: string) => void; searchable: () => unknown },
): Promise<void> {
  const program = inPackage('dist/server/build-atlas.node.js');
  return new Promise((resolve, reject) => {
    const child = fork(program, [name, folder], { signal, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    let said: BuildMessage['error'];
    child.on('message', (message: BuildMessage) => {
      if (message.error) said = message.error;
      else if (message.searchable) searchable();
      else progress(message.done ?? 0, message.what ?? '');
    });
    child.on('spawn', () => {
      try {
        setPriority(child.pid!, constants.priority.PRIORITY_BELOW_NORMAL);
      } catch {
        // Not every system lets a process be put behind.
      }
    });
    child.on('error', reject);
    child.on('exit', (status) => {
      if (status === 0) resolve();
      else reject(new WeightscopeError('ENGINE_FAILED', said?.message ?? `The build ended with status ${status}.`));
    });
  });
}
