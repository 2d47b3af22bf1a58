import { throwIfAborted, WeightscopeError } from '../errors.ts';

export interface HttpOptions {
  headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  fetch?: typeof fetch;
  signal?: AbortSignal;
  /** Waits between attempts; for tests. */
  wait?: (seconds: number, signal?: AbortSignal) => Promise<void>;
}

const ATTEMPTS = 4;
const MAX_WAIT = 20;

/** One request; {@link Transient} when no answer comes. */
export async function send(url: string, init: RequestInit, options: HttpOptions): Promise<Response> {
  try {
    return await (options.fetch ?? fetch)(url, init);
  } catch (cause) {
    throwIfAborted(init.signal ?? undefined);
    throw new Transient(`cannot be reached (${reasonOf(cause)})`, { cause });
  }
}

/** A body is longer than it may be. */
export class TooLong extends Error {}

/** The body, at most `limit` bytes, else {@link TooLong}: a server may send anything. */
export async function readBody(response: Response, limit: number, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new Transient(`broke off after ${length} bytes (${reasonOf(cause)})`, { cause });
    });
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new TooLong(`${url} sent more than ${limit} bytes`);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A failure that may pass. The message goes on after "the server". */
export class Transient extends Error {
  /** Seconds that the server asks to wait. */
  readonly wait: number | undefined;
  constructor(message: string, options: { wait?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.wait = options.wait;
  }
}

/** Tries again after transient failures, waiting 0.5, 1 and 2 seconds, or as the server asks for, up to 20. */
export async function retrying<T>(
  url: string,
  options: HttpOptions,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof TooLong)
        throw new WeightscopeError('NETWORK', `The server's answer is wrong: ${error.message}.`);
      if (!(error instanceof Transient)) throw error;
      if (tries === ATTEMPTS)
        throw new WeightscopeError(
          'NETWORK',
          `Could not read ${url} in ${ATTEMPTS} attempts: the server ${error.message}.`,
          {
            cause: error.cause ?? error,
          },
        );
      await (options.wait ?? wait)(Math.min(error.wait ?? 2 ** (tries - 2), MAX_WAIT), signal);
    }
  }
}

function wait(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal?.addEventListener('abort', done);
  });
}

/** `fetch failed` has the reason in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message;
}
