import type { KernelMemory, Kernels } from '../kernels.ts';
import { runTask, type TaskArguments, type TaskName } from '../search/tasks.ts';
import { instantiate } from '../wasm/instantiate.ts';
import { builtin } from './builtin.ts';
import type { KernelSource, Order, Reply } from './protocol.ts';

/**
 * What runs in a worker thread or a web worker: tasks over a shared memory, in the order they come. It is bundled into
 * a string (kernels/build.mjs), so that it starts the same way from sources, from dist and from any bundle.
 */

interface Port {
  postMessage(message: Reply): void;
}

const memories = new Map<number, KernelMemory>();

const load = (source: KernelSource): KernelMemory => {
  if (source.kind === 'wasm') return instantiate(source.module, source.memory);
  const { createRequire } = builtin<typeof import('node:module')>('node:module')!;
  const { NativeKernels } = createRequire(source.addon)(source.addon) as {
    NativeKernels: new (view: Uint8Array, instructionSet: string) => Kernels;
  };
  return { buffer: source.buffer, kernels: new NativeKernels(new Uint8Array(source.buffer), source.instructionSet) };
};

const obey = (order: Order, port: Port): void => {
  if (order.type === 'drop') {
    memories.delete(order.memory);
  } else if (order.type === 'open') {
    memories.set(order.memory, load(order.source));
  } else {
    try {
      const memory = memories.get(order.memory);
      if (!memory) throw new Error(`memory ${order.memory} is not open`);
      port.postMessage({ result: runTask(order.name, memory, order.scratch, order.args as TaskArguments<TaskName>) });
    } catch (error) {
      const { message, stack } = error as Error;
      port.postMessage({ error: message, stack });
    }
  }
};

const port = builtin<typeof import('node:worker_threads')>('node:worker_threads')?.parentPort;
if (port) {
  port.on('message', (order: Order) => obey(order, port));
} else {
  const page = globalThis as unknown as Port & { onmessage: (event: MessageEvent<Order>) => void };
  page.onmessage = ({ data }) => obey(data, page);
}
