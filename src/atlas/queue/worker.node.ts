import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import type { Engine } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { throwIfAborted } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { readManifest } from '../manifest.ts';
import type { Unit } from '../plan.ts';
import type { Store } from '../store.ts';
import { finishedUnit, PARTS, type Receipt, receiptName, runUnit } from '../unit.ts';
import { titleOf } from '../units/index.ts';
import { Contexts, Refusal } from './contexts.node.ts';
import { PREFIX, parseJob, QUEUE, type UnitJob } from './job.ts';
import { connectionOf, connectRedis, queuePackages, shownUrl } from './redis.node.ts';

export interface WorkerOptions {
  /** `redis://…`, as given to the builder. */
  queue: string;
  /** Opens the checkpoint that a job names. */
  openModel: (location: string) => Promise<Model>;
  engine?: Engine;
  /** Units at the same time; default 1: an engine uses all cores already. */
  concurrency?: number;
  /** Where the atlas (the checkpoint) is here, where jobs name another place. */
  store?: string;
  model?: string;
  /** A worker that is silent for so long, in seconds, is taken for dead and its unit given to another; default 30. */
  lock?: number;
  /** Ends after so many seconds without work; default: never. */
  idle?: number;
  /** Ends the worker: units in work are given back at once. */
  signal?: AbortSignal;
  /** What happens, in words. */
  log?: (line: string) => void;
}

/** A unit that took so many workers with it is not tried again. */
const MAX_STALLED = 5;
/** Leaving takes at most so long, in milliseconds, whatever Redis does. */
const LEAVE = 5000;

/**
 * Takes units from a queue until `signal` or `idle` ends it, and returns how many it computed. A unit is done when its
 * receipt is in the store; one that is there already is not computed again. Redis may go away and come back at any
 * time. Throws what {@link connectRedis} throws, and what is wrong with this worker as against the builder:
 * `ATLAS_MISMATCH` for another checkpoint or version, `SOURCE_NOT_FOUND` where checkpoint or store cannot be found.
 */
export async function runWorker(options: WorkerOptions): Promise<number> {
  const { concurrency = 1, lock = 30, idle, signal, log = () => undefined } = options;
  const redis = await connectRedis(options.queue, { signal });
  const { Worker, WaitingError } = await queuePackages();
  const shown = shownUrl(options.queue);
  const contexts = new Contexts({ ...options, engine: options.engine ?? (await defaultEngine()) });
  const leaving = new AbortController();
  let refusal: Refusal | undefined;
  let [units, busy, lastBusy] = [0, 0, performance.now()];

  const giveBack = async (job: Job<UnitJob>, token?: string): Promise<never> => {
    await Promise.race([job.moveToWait(token).catch(() => undefined), sleep(LEAVE, undefined, { ref: false })]);
    throw new WaitingError();
  };
  const work = async (job: Job<UnitJob>, token?: string): Promise<void> => {
    if (leaving.signal.aborted) return giveBack(job, token);
    busy++;
    try {
      const seconds = await doUnit(parseJob(job.data), contexts, leaving.signal);
      if (seconds === undefined) return;
      units++;
      log(`${nameOf(job.data.unit)} done in ${seconds.toFixed(1)} s`);
    } catch (error) {
      if (leaving.signal.aborted) return giveBack(job, token);
      log(`${nameOf(job.data.unit)} failed: ${(error as Error).message}`);
      if (error instanceof Refusal) {
        // The attempt counts, so that a job which nobody can do does not go round for ever.
        refusal = error;
        leaving.abort();
      }
      throw error;
    } finally {
      busy--;
      lastBusy = performance.now();
    }
  };

  const worker = new Worker<UnitJob>(QUEUE, work, {
    ...connectionOf(redis),
    prefix: PREFIX,
    name: `${hostname()}-${process.pid}`,
    concurrency,
    lockDuration: lock * 1000,
    stalledInterval: lock * 1000,
    maxStalledCount: MAX_STALLED,
    runRetryDelay: 1000,
  });
  // A lock that was lost is harmless: whoever has it now writes the same files.
  worker.on('error', () => undefined);
  redis.on('close', () => !leaving.signal.aborted && log(`waiting for Redis at ${shown}`));
  redis.on('ready', () => log('Redis is back'));
  log(`waiting for units at ${shown}`);
  try {
    await left(leaving, signal, () => idle !== undefined && busy === 0 && performance.now() - lastBusy > idle * 1000);
  } finally {
    await Promise.race([worker.close(), sleep(LEAVE, undefined, { ref: false })]);
    redis.disconnect();
    await contexts.close();
  }
  if (refusal) throw refusal.cause;
  return units;
}

/** Waits for a reason to leave: `signal`, a refusal, or nothing to do. */
async function left(leaving: AbortController, signal: AbortSignal | undefined, isIdle: () => boolean): Promise<void> {
  const leave = (): void => leaving.abort();
  if (signal?.aborted) leave();
  signal?.addEventListener('abort', leave, { once: true });
  while (!leaving.signal.aborted) {
    await sleep(500, undefined, { signal: leaving.signal }).catch(() => undefined);
    if (isIdle()) leave();
  }
  signal?.removeEventListener('abort', leave);
}

/** Seconds it took, or undefined when there was nothing to do. */
async function doUnit(job: UnitJob, contexts: Contexts, signal: AbortSignal): Promise<number | undefined> {
  return contexts.with(job, async (context, store) => {
    if (await finishedUnit(job.unit, store)) return undefined;
    const began = performance.now();
    const receipt = await runUnit(job.unit, context, store, { signal });
    throwIfAborted(signal);
    await tidy(receipt, store);
    return (performance.now() - began) / 1000;
  });
}

/** Takes back what a late double of a unit left in an atlas that has been finished without it. */
async function tidy(receipt: Receipt, store: Store): Promise<void> {
  if ((await readManifest(store))?.state !== 'complete') return;
  await store.remove(receiptName(receipt.unit));
  for (const { name } of receipt.files) if (name.startsWith(PARTS)) await store.remove(name);
}

function nameOf(unit: Unit | undefined): string {
  if (!unit) return 'a job of another program';
  return `${titleOf(unit)}: ${unit.from} to ${unit.to}`;
}
