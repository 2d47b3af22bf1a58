import { ApiError } from '../../../src/client.ts';
import type { Wanted } from '../../../src/site/open.ts';
import type { FromWorker, ToWorker, Usage } from '../../../src/site/protocol.ts';
import { firstAnswer, forgetFirstModels } from './first.ts';
import { openedBefore } from './opened.ts';
import { workerFile } from './site.ts';

/** What waits for the worker's next words. */
interface Waiting {
  said(message: FromWorker): void;
  failed(error: Error): void;
}

const waiting = new Map<number, Waiting>();
let worker: Worker | undefined;
let asked = 0;

/** The page's worker; one that failed is started anew by the next question. */
function started(): Worker {
  if (worker) return worker;
  const page = globalThis as { weightscopeWorker?: Worker };
  const made = page.weightscopeWorker ?? new Worker(new URL(workerFile!, document.baseURI), { type: 'module' });
  delete page.weightscopeWorker;
  made.onmessage = ({ data }: MessageEvent<FromWorker>) => waiting.get(data.id)?.said(data);
  made.onerror = (event) => {
    event.preventDefault();
    worker = undefined;
    const error = new ApiError(
      0,
      'WORKER_FAILED',
      'The page’s worker ended: the browser may have run out of memory. Try again, or load the page anew.',
    );
    for (const one of [...waiting.values()]) one.failed(error);
    waiting.clear();
  };
  const say: ToWorker = { type: 'start', base: new URL('.', document.baseURI).href, again: openedBefore() };
  made.postMessage(say);
  worker = made;
  warmed?.();
  return made;
}

let warmed: (() => void) | undefined;
/** Resolves when the worker was started. */
const warm = new Promise<void>((resolve) => {
  warmed = resolve;
});

/** Loads the worker before anything is asked, so that it is there when it is needed. */
export const warmUp = (): void => void started();

/** What `fetch` does, answered by what came with the site, or else by the worker. */
export const siteFetch: typeof fetch = async (input, init = {}) => {
  const request = input instanceof Request ? input : undefined;
  const url = new URL(request?.url ?? String(input), document.baseURI);
  const headers = new Headers(init.headers ?? request?.headers);
  const signal = init.signal ?? request?.signal;
  const first = await firstAnswer(url, headers.get('accept'), signal);
  return first ?? askWorker(url.href, [...headers] as [string, string][], signal);
};

function askWorker(url: string, headers: [string, string][], signal: AbortSignal | undefined): Promise<Response> {
  const id = ++asked;
  return new Promise<Response>((resolve, reject) => {
    let body: ReadableStreamDefaultController<Uint8Array> | undefined;
    const leave = (): void => {
      waiting.delete(id);
      worker?.postMessage({ type: 'cancel', id } satisfies ToWorker);
    };
    const abort = (): void => {
      leave();
      const reason = signal?.reason ?? new DOMException('The operation was aborted.', 'AbortError');
      reject(reason);
      body?.error(reason);
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    const done = (): void => {
      waiting.delete(id);
      signal?.removeEventListener('abort', abort);
    };
    const failed = (error: Error): void => {
      done();
      reject(error);
      body?.error(error);
    };
    waiting.set(id, {
      failed,
      said(message) {
        if (message.type === 'head') {
          const stream = new ReadableStream<Uint8Array>({
            start: (controller) => {
              body = controller;
            },
            cancel: leave,
          });
          const { status, headers } = message;
          const empty = status === 204 || status === 304;
          resolve(new Response(empty ? null : stream, { status, headers }));
        } else if (message.type === 'body') body?.enqueue(message.bytes);
        else if (message.type === 'failed') failed(new ApiError(message.status, message.code, message.message));
        else {
          done();
          body?.close();
        }
      },
    });
    started().postMessage({ type: 'ask', id, url, headers } satisfies ToWorker);
  });
}

type Order = ToWorker extends infer T
  ? T extends { type: 'open' | 'usage' | 'clear' }
    ? Omit<T, 'id'>
    : never
  : never;

interface OrderOptions {
  signal?: AbortSignal;
  received?: (bytes: number) => void;
}

function order<T>(what: Order, { signal, received }: OrderOptions = {}): Promise<T> {
  const id = ++asked;
  return new Promise<T>((resolve, reject) => {
    const done = (): boolean => waiting.delete(id);
    const leave = (): void => {
      if (!done()) return;
      worker?.postMessage({ type: 'cancel', id } satisfies ToWorker);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    waiting.set(id, {
      failed: reject,
      said(message) {
        if (message.type === 'received') return received?.(message.bytes);
        done();
        if (message.type === 'result') resolve(message.value as T);
        else if (message.type === 'failed') reject(new ApiError(message.status, message.code, message.message));
      },
    });
    started().postMessage({ ...what, id } as ToWorker);
  });
}

let withFiles = false;
/** Whether the worker reads files that were chosen, which another one would not have. */
export const filesAreOpen = (): boolean => withFiles;

/** Opens a model in the page; its id. Throws {@link ApiError} with the library's sentence. */
export function openInPage(wanted: Wanted, options?: OrderOptions): Promise<string> {
  forgetFirstModels();
  withFiles ||= 'files' in wanted;
  return order<string>({ type: 'open', wanted }, options);
}
/** What the browser keeps for this page; asked when the worker is there for something else. */
export const keptInBrowser = (): Promise<Usage> => warm.then(() => order<Usage>({ type: 'usage' }));
/** Empties it. */
export const emptyBrowser = (): Promise<Usage> => order<Usage>({ type: 'clear' });
