import { WeightscopeError } from '../../errors.ts';
import { sha256 } from '../hash.ts';
import type { Unit } from '../plan.ts';

/**
 * A unit on a queue: plain data, everything a machine that knows nothing else needs. Settings lie in the atlas's
 * manifest.
 */
export interface UnitJob {
  /** Where the checkpoint is: a path, a URL, a hub id or `sample`. */
  model: string;
  /** Where the atlas is: a folder or `s3://bucket/prefix`. */
  store: string;
  /** Hash of the checkpoint (see `checkpointHash`). */
  checkpoint: string;
  unit: Unit;
}

/** All builds share one queue of a Redis: workers take what comes. */
export const QUEUE = 'units';
export const PREFIX = 'weightscope';

/** Eight attempts over about two minutes, then the builder is told. */
export const JOB_OPTIONS = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: true,
  removeOnFail: false,
  stackTraceLimit: 1,
} as const;

/**
 * The hash of the unit, which is that of checkpoint, work, settings and versions, and of the atlas it is for. A queue
 * keeps one job of an id: adding it again changes nothing.
 */
export async function jobId(unit: Unit, store: string): Promise<string> {
  return `unit-${(await sha256(`${unit.id}\n${store}`)).slice(0, 32)}`;
}

/** Throws `FORMAT_INVALID` for what no builder put on the queue. */
export function parseJob(data: unknown): UnitJob {
  const { model, store, checkpoint, unit } = (data ?? {}) as Partial<UnitJob>;
  const named = [model, store, checkpoint, unit?.id, unit?.kind].every((text) => typeof text === 'string' && text);
  if (named && Number.isSafeInteger(unit?.from) && Number.isSafeInteger(unit?.to)) return data as UnitJob;
  throw new WeightscopeError(
    'FORMAT_INVALID',
    'Expected a unit of an atlas on the queue, found something else; use a Redis, or a database of it, of its own.',
  );
}
