import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { type AtlasBuild, beginAtlas, completeAtlas, MERGE_SHARE } from '../build.ts';
import { RATES, type Rates } from '../cost.ts';
import { absoluteStore, openStore } from '../open-store.node.ts';
import type { AtlasOptions, Unit } from '../plan.ts';
import type { Manifest } from '../schema.ts';
import { finishedUnit, PARTS, receiptName } from '../unit.ts';
import { unitCost } from '../units/index.ts';
import { UnitQueue } from './queue.node.ts';

export interface QueuedBuildOptions extends AtlasOptions {
  /** `redis://…`; throws `ARGUMENT_INVALID` for another address. */
  queue: string;
  /** Where workers find the checkpoint: a path, a URL, a hub id or `sample`. */
  location: string;
  resume?: boolean;
  /** How fast a worker is taken to be, which decides how units are cut (see `buildAtlas`). */
  rates?: Rates;
  /** How often a unit is tried, with growing pauses, before the build ends; default 8: about two minutes. */
  attempts?: number;
  /** How long Redis may be away before the build ends, in seconds; default 600. */
  patience?: number;
  signal?: AbortSignal;
  /** The finished part of the work by the cost model, 0 to 1, and a sentence: units, workers, what is waited for. */
  progress?: (done: number, what: string) => void;
}

/** Milliseconds between two looks at the store, more where a look takes long. */
const LOOK = 500;

/**
 * Builds an atlas with the workers of a queue (see `runWorker`). What is done is what the store says is done; the queue
 * only hands out work, so that whatever becomes of it, no unit is lost or counted twice. This process plans, waits and
 * merges: it computes no unit. When it ends early, by an error or `signal`, its jobs are taken from the queue, and what
 * is finished stays: `resume` goes on, with the queue or without. Throws `QUEUE_UNAVAILABLE`, `QUEUE_EVICTS`,
 * `UNIT_FAILED`, `PACKAGE_MISSING`, and what `buildAtlas` throws.
 */
export async function buildQueuedAtlas(model: Model, target: string, options: QueuedBuildOptions): Promise<Manifest> {
  const { signal } = options;
  const place = absoluteStore(target);
  // Before anything is written: a queue that cannot be used leaves no trace.
  const queue = await UnitQueue.open(options.queue, options);
  try {
    const store = await openStore(place);
    const build = await beginAtlas(model, store, options);
    if (build.manifest.state === 'complete') return build.manifest;
    const report = progressOf(build, options.progress);
    const job = { model: options.location, store: place, checkpoint: build.manifest.checkpoint };
    return await completeAtlas(
      build,
      async (units) => {
        const missing = await notFinished(units, build);
        report.begin(units, missing);
        await queue.add([...missing.values()].map((unit) => ({ ...job, unit })));
        while (missing.size > 0) {
          throwIfAborted(signal);
          const began = performance.now();
          const state = await queue.look();
          for (const { name } of await store.list(PARTS)) {
            const unit = missing.get(name.slice(PARTS.length, -'.json'.length));
            if (!unit || name !== receiptName(unit.id)) continue;
            missing.delete(unit.id);
            queue.finished(unit);
            report.finished(unit);
          }
          report.waiting(state.workers, state.away);
          if (missing.size === 0) break;
          await queue.keepUp(state);
          await sleep(Math.max(LOOK, 3 * (performance.now() - began)), undefined, { signal }).catch(() => undefined);
        }
      },
      (part) => {
        throwIfAborted(signal);
        report.merging(part);
      },
    );
  } finally {
    await queue.close();
  }
}

/** Units that are to be done. A receipt whose files are damaged is removed, so that its being there means done. */
async function notFinished(units: readonly Unit[], { store }: AtlasBuild): Promise<Map<string, Unit>> {
  const there = new Set((await store.list(PARTS)).map(({ name }) => name));
  const missing = new Map<string, Unit>();
  for (const unit of units) {
    const name = receiptName(unit.id);
    if (there.has(name) && (await finishedUnit(unit, store))) continue;
    if (there.has(name)) await store.remove(name);
    missing.set(unit.id, unit);
  }
  return missing;
}

function progressOf({ facts, settings, units }: AtlasBuild, progress: QueuedBuildOptions['progress']) {
  const seconds = (unit: Unit): number => unitCost(facts, settings, unit, RATES).seconds;
  const total = units.reduce((sum, unit) => sum + seconds(unit), 0) || 1;
  const open = new Set(units);
  let [sum, finished, began] = [0, 0, performance.now()];
  const close = (unit: Unit): void => {
    if (open.delete(unit)) sum += seconds(unit);
  };
  return {
    /** A stage: units that it does not name come later, or, being normalisers, turned out not to be needed. */
    begin(stage: readonly Unit[], missing: ReadonlyMap<string, Unit>) {
      const normalisers = stage[0]?.kind === 'normaliser';
      for (const unit of units)
        if (!missing.has(unit.id) && (stage.includes(unit) || (unit.kind === 'normaliser' && !normalisers)))
          close(unit);
      [finished, began] = [0, performance.now()];
    },
    finished(unit: Unit) {
      close(unit);
      finished++;
    },
    waiting(workers: number, away: string | undefined) {
      const rate = (1000 * finished) / (performance.now() - began);
      const who = away ?? (workers === 0 ? 'no workers yet' : workers === 1 ? '1 worker' : `${workers} workers`);
      const done = units.length - open.size;
      progress?.(
        ((1 - MERGE_SHARE) * sum) / total,
        `${done} of ${units.length} units, ${rate.toPrecision(2)} a second, ${who}`,
      );
    },
    merging: (part: number) => progress?.(1 - MERGE_SHARE * (1 - part), 'merging'),
  };
}
