import { throwIfAborted, WeightscopeError } from '../errors.ts';

export interface HttpOptions {
  headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  fetch?: typeof fetch;
  signal?: AbortSignal;
  /** Told of every piece of a body that came, in bytes. */
  received?: (bytes: number) => void;
  /** Waits between attempts; for tests. */
  wait?: (seconds: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds without a byte after which a connection counts as lost; default 20,000. */
  timeout?: number;
}

const ATTEMPTS = 4;
const MAX_WAIT = 20;
const TIMEOUT = 20_000;

/** One request; {@link Transient} when no answer comes. */
export async function send(url: string, init: RequestInit, options: HttpOptions): Promise<Response> {
  const { timeout = TIMEOUT } = options;
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), timeout);
  try {
    const signal = init.signal ? AbortSignal.any([init.signal, silent.signal]) : silent.signal;
    return await (options.fetch ?? fetch)(url, { ...init, signal });
  } catch (cause) {
    throwIfAborted(init.signal ?? undefined);
    if (silent.signal.aborted) throw new Transient(`does not answer for ${timeout / 1000} seconds`, { cause });
    // A name that is not resolved may be a moment's trouble, and more often no network: one more attempt is enough.
    const tries = /^(ENOTFOUND|EAI_AGAIN)$/.test(codeOf(cause)) ? 2 : undefined;
    throw new Transient(`cannot be reached (${reasonOf(cause)})`, { cause, tries });
  } finally {
    clearTimeout(timer);
  }
}

/** A body is longer than it may be. */
export class TooLong extends Error {}

/**
 * The body, at most `limit` bytes, else {@link TooLong}: a server may send anything. {@link Transient} where it breaks
 * off, or sends nothing for the options' timeout.
 */
export async function readBody(
  response: Response,
  limit: number,
  url: string,
  { timeout = TIMEOUT, received }: HttpOptions = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array();
  for (;;) {
    const { done, value } = await withinTime(reader, timeout, length).catch((cause: unknown) => {
      if (cause instanceof Transient) throw cause;
      throw new Transient(`broke off after ${length} bytes (${reasonOf(cause)})`, { cause });
    });
    if (done) break;
    length += value.length;
    received?.(value.length);
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

/** The next piece of a body. A server that says nothing for too long is left. */
async function withinTime(reader: ReadableStreamDefaultReader<Uint8Array>, timeout: number, length: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Transient(`sent nothing for ${timeout / 1000} seconds after ${length} bytes`));
      void reader.cancel().catch(() => undefined);
    }, timeout);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** A failure that may pass. The message goes on after "the server". */
export class Transient extends Error {
  /** Seconds that the server asks to wait. */
  readonly wait: number | undefined;
  /** Attempts after which it is no longer taken to pass, where fewer than usual. */
  readonly tries: number;
  constructor(message: string, options: { wait?: number; cause?: unknown; tries?: number } = {}) {
    super(message, { cause: options.cause });
    this.wait = options.wait;
    this.tries = options.tries ?? ATTEMPTS;
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
      if (tries >= error.tries)
        throw new WeightscopeError(
          'NETWORK',
          `Could not read ${url} in ${tries} attempts: the server ${error.message}.`,
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

const codeOf = (error: unknown): string => (error as Error & { cause?: { code?: string } }).cause?.code ?? '';

/** `fetch failed` has the reason in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message;
}
