import type { Engine } from '../../engine/engine.ts';
import { WeightscopeError } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { parseNormalisers } from '../../reading/normalisers.ts';
import type { VectorKind } from '../../reading/parameters.ts';
import { modelFacts } from '../facts.ts';
import { canonical, checkpointHash } from '../hash.ts';
import { NORMALISERS, readManifest } from '../manifest.ts';
import { openStore } from '../open-store.node.ts';
import { unitId } from '../plan.ts';
import type { AtlasSettings } from '../schema.ts';
import type { Store } from '../store.ts';
import { Floors, type UnitContext } from '../units/context.ts';
import type { UnitJob } from './job.ts';

/** A job cannot be done by this worker, though others may: it stands somewhere else, or is of another version. */
export class Refusal extends Error {
  override readonly cause: unknown;
  constructor(cause: unknown) {
    super((cause as Error).message);
    this.cause = cause;
  }
}

interface Opened {
  model: Model;
  context: UnitContext;
  users: number;
}

export interface ContextOptions {
  engine: Engine;
  openModel: (location: string) => Promise<Model>;
  /** Instead of what the jobs say. */
  model?: string;
  store?: string;
}

/** What units of an atlas share, opened with its first unit and closed when units of another one come. */
export class Contexts {
  readonly #options: ContextOptions;
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(options: ContextOptions) {
    this.#options = options;
  }

  /**
   * Does `work` with what the job's unit needs; undefined when the atlas is complete, or is no longer the job's. Throws
   * {@link Refusal} when this worker has another checkpoint, cannot reach the store, or is of another version.
   */
  async with<T>(job: UnitJob, work: (context: UnitContext, store: Store) => Promise<T>): Promise<T | undefined> {
    const place = this.#options.store ?? job.store;
    const { store, manifest } = await refusing(async () => {
      const store = await openStore(place);
      const manifest = await readManifest(store);
      if (manifest) return { store, manifest };
      throw new WeightscopeError(
        'SOURCE_NOT_FOUND',
        `Expected the atlas of this job in ${place}, found no manifest there; give the worker the builder's folder, at another place with --store, or build into s3://.`,
      );
    });
    if (manifest.state === 'complete' || manifest.checkpoint !== job.checkpoint) return undefined;
    const { settings } = manifest;
    if ((await unitId(job.checkpoint, workOf(job), settings)) !== job.unit.id) {
      throw new Refusal(
        new WeightscopeError(
          'ATLAS_MISMATCH',
          `Expected the unit on the queue to be one of this version of weightscope and of the settings in ${place}, found another; run the same version on all machines.`,
        ),
      );
    }
    const location = this.#options.model ?? job.model;
    const key = canonical([location, place, job.checkpoint, settings]);
    await this.#closeOthers(key);
    let opening = this.#opened.get(key);
    if (!opening) {
      opening = refusing(() => this.#open(location, job.checkpoint, settings));
      opening.catch(() => this.#opened.delete(key));
      this.#opened.set(key, opening);
    }
    const opened = await opening;
    opened.users++;
    try {
      if (job.unit.kind !== 'normaliser' && settings.normalize === 'freq') await addNormalisers(opened.context, store);
      return await work(opened.context, store);
    } finally {
      opened.users--;
    }
  }

  async close(): Promise<void> {
    for (const opening of this.#opened.values())
      await opening.then(({ model }) => model.close()).catch(() => undefined);
    this.#opened.clear();
  }

  async #open(location: string, checkpoint: string, settings: AtlasSettings): Promise<Opened> {
    const model = await this.#options.openModel(location);
    const found = await checkpointHash(model);
    if (found !== checkpoint) {
      await model.close();
      throw new WeightscopeError(
        'ATLAS_MISMATCH',
        `Expected the checkpoint at ${location} to be the builder's (${checkpoint.slice(0, 12)}), found another one here (${found.slice(0, 12)}); give this worker the same files, at another place with --model.`,
      );
    }
    const context: UnitContext = {
      model,
      facts: modelFacts(model, settings.embedding),
      settings,
      engine: this.#options.engine,
      normalisers: new Map(),
      floors: new Floors(),
    };
    return { model, context, users: 0 };
  }

  async #closeOthers(key: string): Promise<void> {
    for (const [other, opening] of this.#opened) {
      const opened = other === key ? undefined : await opening.catch(() => undefined);
      if (!opened || opened.users > 0) continue;
      this.#opened.delete(other);
      await opened.model.close();
    }
  }
}

function workOf({ unit }: UnitJob) {
  const { id: _, ...work } = unit;
  return work;
}

/** The builder has written them by the time it queues units that need them. */
async function addNormalisers(context: UnitContext, store: Store): Promise<void> {
  if (context.normalisers.size > 0) return;
  const bytes = await store.get(NORMALISERS);
  if (bytes) context.normalisers = (await parseNormalisers(bytes, NORMALISERS)) as Map<VectorKind, Float64Array>;
}

/** A network that fails may work again; anything else will not. */
async function refusing<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof WeightscopeError && !['NETWORK', 'ABORTED'].includes(error.code)) throw new Refusal(error);
    throw error;
  }
}
