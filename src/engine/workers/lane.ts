import { WeightscopeError } from '../../errors.ts';
import { builtin } from './builtin.ts';
import type { Order, Reply } from './protocol.ts';
import { code } from './worker.generated.ts';

/** One worker: orders go in, each `run` settles once. */
export interface Lane {
  send(order: Order): void;
  run(order: Order & { type: 'run' }): Promise<unknown>;
  /** Whether the process should stay alive for it. */
  hold(busy: boolean): void;
  readonly crashed: boolean;
  end(): Promise<void>;
}

const threads = () => builtin<typeof import('node:worker_threads')>('node:worker_threads');

/** How many workers serve this machine: one a core, at most 16. */
export const laneCount = (): number => {
  const cores = builtin<typeof import('node:os')>('node:os')?.availableParallelism() ?? navigator.hardwareConcurrency;
  return Math.min(16, Math.max(1, cores || 1));
};

/** Whether workers can share memory here: in Node always, in a page when it is cross-origin isolated. */
export const canShare = (): boolean =>
  typeof SharedArrayBuffer === 'function' &&
  (threads() !== undefined || (globalThis.crossOriginIsolated === true && typeof Worker === 'function'));

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

export const openLane = (): Lane => {
  const waiting: Waiting[] = [];
  let crashed = false;
  const reply = (message: Reply): void => {
    const { resolve, reject } = waiting.shift()!;
    if ('error' in message) {
      reject(new WeightscopeError('ENGINE_FAILED', `A worker failed: ${message.error}.`, { cause: message.stack }));
    } else {
      resolve(message.result);
    }
  };
  const crash = (cause: unknown): void => {
    crashed = true;
    for (const { reject } of waiting.splice(0)) {
      reject(new WeightscopeError('ENGINE_FAILED', 'A worker of the engine ended unexpectedly; try again.', { cause }));
    }
  };
  const { post, hold, end } = threads() ? nodeWorker(reply, crash) : webWorker(reply, crash);
  return {
    send: post,
    run: (order) =>
      new Promise((resolve, reject) => {
        if (crashed) {
          reject(new WeightscopeError('ENGINE_FAILED', 'A worker of the engine has ended; try again.'));
          return;
        }
        waiting.push({ resolve, reject });
        post(order);
      }),
    hold,
    get crashed() {
      return crashed;
    },
    end,
  };
};

type Transport = Pick<Lane, 'hold' | 'end'> & { post(order: Order): void };

const nodeWorker = (reply: (message: Reply) => void, crash: (cause: unknown) => void): Transport => {
  const { Worker } = threads()!;
  const worker = new Worker(code, { eval: true, name: 'weightscope' });
  worker.on('message', reply);
  worker.on('error', crash);
  worker.on('exit', crash);
  worker.unref();
  return {
    post: (order) => worker.postMessage(order),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    end: async () => {
      await worker.terminate();
    },
  };
};

const webWorker = (reply: (message: Reply) => void, crash: (cause: unknown) => void): Transport => {
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'weightscope' });
  worker.onmessage = ({ data }: MessageEvent<Reply>) => reply(data);
  worker.onerror = crash;
  worker.onmessageerror = crash;
  return {
    post: (order) => worker.postMessage(order),
    hold: () => {},
    end: async () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
};
