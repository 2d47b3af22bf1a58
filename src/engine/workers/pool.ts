import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import type { RunOptions } from '../engine.ts';
import type { KernelMemory } from '../kernels.ts';
import type { Session, Sessions } from '../search/session.ts';
import type { TaskArguments, TaskName, TaskResult } from '../search/tasks.ts';
import { type Lane, openLane } from './lane.ts';
import type { KernelSource } from './protocol.ts';

/** A memory that workers share, with the kernels over it on this thread too. */
export interface SharedMemory extends KernelMemory {
  source: KernelSource;
}

/** Tasks a lane has at a time: while it works on one, the next already waits. */
const AHEAD = 2;

/**
 * Memories are kept for the next operations this long, and only up to this size together: fresh pages cost time (40 of
 * 100 ms for a head), whoever looks at heads opens the next within seconds, and what is dropped is freed late, since
 * each worker must find out for itself. What the rows of a model of 50,000 tokens take should fit.
 */
const KEEP_MS = 10_000;
const KEEP_BYTES = 384 * 2 ** 20;

interface Kept {
  memory: SharedMemory;
  id: number;
}

/** Sessions whose tasks run on `count` workers. Workers do not keep a process alive between operations. */
export const openPool = (
  count: number,
  maxBytes: number,
  allocate: (bytes: number) => SharedMemory,
): Sessions & { close(): Promise<void> } => {
  let lanes: Lane[] = [];
  let spares: Kept[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ids = 0;
  let closed = false;
  const busy = new Set<Session>();

  const drop = ({ id }: Kept): void => {
    for (const lane of lanes) lane.send({ type: 'drop', memory: id });
  };
  const dropAll = (): void => {
    for (const kept of spares) drop(kept);
    spares = [];
  };
  const sizeOf = ({ memory }: Kept): number => memory.buffer.byteLength;
  const release = (kept: Kept): void => {
    clearTimeout(timer);
    spares.push(kept);
    if (closed) dropAll();
    while (spares.reduce((sum, spare) => sum + sizeOf(spare), 0) > KEEP_BYTES) drop(spares.shift()!);
    timer = setTimeout(dropAll, KEEP_MS);
    (timer as { unref?: () => void }).unref?.();
  };
  const take = (bytes: number): Kept => {
    const fitting = spares.filter((spare) => sizeOf(spare) >= bytes).sort((a, b) => sizeOf(a) - sizeOf(b));
    if (fitting.length > 0) {
      spares = spares.filter((spare) => spare !== fitting[0]);
      return fitting[0];
    }
    const kept = { memory: allocate(bytes), id: ids++ };
    for (const lane of lanes) lane.send({ type: 'open', memory: kept.id, source: kept.memory.source });
    return kept;
  };

  return {
    lanes: count,
    maxBytes,
    async open(bytes, scratch) {
      if (closed) throw new WeightscopeError('ENGINE_FAILED', 'The engine was closed; open a new one.');
      if (lanes.some((lane) => lane.crashed)) {
        await Promise.all(lanes.map((lane) => lane.end()));
        lanes = [];
        spares = [];
      }
      if (lanes.length === 0) lanes = Array.from({ length: count }, openLane);
      const kept = take(bytes);
      const mine = lanes;
      const session: Session = {
        buffer: kept.memory.buffer,
        kernels: kept.memory,
        run: (name, next, result, options) => runOn(mine, kept.id, scratch, name, next, result, options),
        close() {
          busy.delete(session);
          if (busy.size === 0) for (const lane of mine) lane.hold(false);
          release(kept);
        },
      };
      busy.add(session);
      for (const lane of mine) lane.hold(true);
      return session;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      spares = [];
      await Promise.all(lanes.map((lane) => lane.end()));
      lanes = [];
    },
  };
};

/** Feeds the lanes until `next` has no more or something fails; returns when no lane works for it any longer. */
const runOn = async <N extends TaskName>(
  lanes: Lane[],
  memory: number,
  scratch: number[],
  name: N,
  next: () => { args: TaskArguments<N>; done: number } | undefined,
  result: (result: TaskResult<N>) => void,
  { signal, progress }: RunOptions,
): Promise<void> => {
  throwIfAborted(signal);
  let failure: { error: unknown } | undefined;
  let reported = 0;
  const feed = async (lane: Lane, place: number): Promise<void> => {
    while (!failure) {
      const task = next();
      if (!task) return;
      const found = (await lane.run({ type: 'run', memory, name, scratch: place, args: task.args })) as TaskResult<N>;
      if (failure) return;
      throwIfAborted(signal);
      result(found);
      if (progress && task.done > reported) {
        reported = Math.min(task.done, 0.999);
        progress(reported);
      }
    }
  };
  const guarded = async (lane: Lane, place: number): Promise<void> => {
    try {
      await feed(lane, place);
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(lanes.flatMap((lane, i) => Array.from({ length: AHEAD }, () => guarded(lane, scratch[i]))));
  if (failure) throw failure.error;
  throwIfAborted(signal);
};
