import type { TaskName } from '../search/tasks.ts';

/** Where a worker's kernels come from: a compiled module over a shared memory, or a native addon over a buffer. */
export type KernelSource =
  | { kind: 'wasm'; module: WebAssembly.Module; memory: WebAssembly.Memory }
  | { kind: 'native'; addon: string; instructionSet: string; buffer: SharedArrayBuffer };

/** To a worker. Memories are named by number: a worker loads kernels over one once. */
export type Order =
  | { type: 'open'; memory: number; source: KernelSource }
  | { type: 'drop'; memory: number }
  | { type: 'run'; memory: number; name: TaskName; scratch: number; args: unknown };

/** From a worker: one for each `run`, in order. */
export type Reply = { result: unknown } | { error: string; stack?: string };
