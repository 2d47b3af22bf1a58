import { throwIfAborted } from '../../errors.ts';
import type { RunOptions } from '../engine.ts';
import type { KernelMemory } from '../kernels.ts';
import { pacer } from '../pause.ts';
import { runTask, type TaskArguments, type TaskName, type TaskResult } from './tasks.ts';

/** A memory for one operation and whatever runs tasks over it. */
export interface Session {
  readonly buffer: ArrayBufferLike;
  /** Kernels for small things on the calling thread. */
  readonly kernels: KernelMemory;
  /** Runs the tasks that `next` yields until it returns undefined, as many at once as there are lanes. */
  run<N extends TaskName>(
    name: N,
    next: () => { args: TaskArguments<N>; done: number } | undefined,
    result: (result: TaskResult<N>) => void,
    options: RunOptions,
  ): Promise<void>;
  close(): void;
}

/** What an engine gives the search: sessions. `lanes` tasks run at once, each with its own scratch place. */
export interface Sessions {
  readonly lanes: number;
  readonly maxBytes: number;
  /** Whether the kernels have `pack16` and `means16`. */
  readonly products16?: boolean;
  /** `scratch[i]` is lane i's own place in the memory. */
  open(bytes: number, scratch: number[]): Promise<Session>;
}

/** Everything on the calling thread, which looks at the event loop between tasks. */
export const localSession = (memory: KernelMemory, scratch: number[]): Session => ({
  buffer: memory.buffer,
  kernels: memory,
  async run(name, next, result, options) {
    const pace = pacer(options);
    for (let task = next(); task; task = next()) {
      result(runTask(name, memory, scratch[0], task.args));
      await pace(Math.min(task.done, 0.999));
    }
    throwIfAborted(options.signal);
  },
  close() {},
});
