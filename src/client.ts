/** The door for programs that ask a running `weightscope explore` over HTTP, in a browser or in Node. */
import { hc } from 'hono/client';
import type { Api } from './questions/api.ts';

export interface ClientOptions {
  /** The server's token, where no cookie carries it. */
  token?: string;
  fetch?: typeof fetch;
}

/**
 * A client with a method for every route, typed by the routes themselves: `client.api.models.$get()`. Wrap a call in
 * {@link ask} to get the answer itself. Path parameters are text; in queries numbers and booleans are fine.
 */
export function createClient(base: string, { token, fetch }: ClientOptions = {}) {
  return hc<Api>(base, { fetch, headers: token ? { Authorization: `Bearer ${token}` } : {} });
}

/** What a call of {@link createClient} answers with: the JSON of its 200. Throws {@link ApiError} for all else. */
export async function ask<R extends Answer>(call: Promise<R> | R): Promise<AnswerOf<R>> {
  const response = await call;
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as AnswerOf<R>;
}

interface Answer {
  ok: boolean;
  status: number;
  json(): Promise<unknown>;
}

type AnswerOf<R> = R extends { ok: boolean; status: infer S; json(): Promise<infer T> }
  ? 200 extends S
    ? Exclude<T, { error: unknown }>
    : never
  : never;

/** What the server said was wrong: its sentence, its code, the HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function problemOf(response: Answer): Promise<ApiError> {
  const body = (await response.json().catch(() => undefined)) as { error?: { code: string; message: string } };
  const { code = 'INTERNAL', message = `The server answered with status ${response.status}.` } = body?.error ?? {};
  return new ApiError(response.status, code, message);
}

export interface StreamOptions extends ClientOptions {
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
}

/**
 * The answer of any route, by its URL (`client.api.models.$url()`), with progress on the way. Aborting `signal` stops the
 * work on the server. Throws {@link ApiError}.
 */
export async function askWithProgress<T = unknown>(url: string | URL, options: StreamOptions = {}): Promise<T> {
  const { token, signal, progress, fetch: get = fetch } = options;
  const headers = { Accept: 'text/event-stream', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await get(url, { headers, signal });
  if (!response.ok || !response.body) throw await problemOf(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) throw new ApiError(response.status, 'INTERNAL', 'The server ended before its answer.');
    const events = (rest + value).split('\n\n');
    rest = events.pop()!;
    for (const event of events) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
      if (name === 'result') return JSON.parse(data) as T;
      const said = JSON.parse(data ?? '{}');
      if (name === 'error') throw new ApiError(response.status, said.code, said.message);
      if (name === 'progress') progress?.(said.done, said.what);
    }
  }
}
