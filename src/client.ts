/** The door for programs that ask a running `weightscope explore` over HTTP, in a browser or in Node. */
import { hc } from 'hono/client';
import type { Api } from './questions/api.ts';

export interface ClientOptions {
  /** The server's token, where no cookie carries it. */
  token?: string;
  fetch?: typeof fetch;
}

/**
 * A client with a method for every question, typed by the questions themselves: `client.api.models.$get()`. Wrap a call
 * in {@link ask} to get the answer itself. Path parameters are text; in queries numbers and booleans are fine.
 */
export function createClient(base: string, { token, fetch: get = fetch }: ClientOptions = {}) {
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  const reached: typeof fetch = (url, init) => reach(get, url, init);
  return hc<Api>(base, { headers, fetch: reached });
}

/** Where a question is asked, such as `client.api.models`; what it takes; what it is answered with. */
export interface Endpoint {
  // biome-ignore lint/suspicious/noExplicitAny: any question's.
  $get(args: any, options?: { init?: RequestInit }): Promise<Answer>;
  // biome-ignore lint/suspicious/noExplicitAny: likewise.
  $url(args: any): URL;
}
export type AskedOf<E extends Endpoint> = Parameters<E['$get']>[0];
export type AnswerTo<E extends Endpoint> = AnswerOf<Awaited<ReturnType<E['$get']>>>;

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

/** Fetches; a server that is not there is an {@link ApiError} too, of status 0. */
async function reach(get: typeof fetch, url: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  try {
    return await get(url, init);
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new ApiError(0, 'SERVER_GONE', 'The server does not answer. Is `weightscope explore` still running?');
  }
}

export interface StreamOptions extends ClientOptions {
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
  /** Sent as JSON by POST, where a route takes one: `/api/models` opens `{place}`. */
  body?: unknown;
}

/**
 * The answer of any route, by its URL (`client.api.models.$url()`), with progress on the way. Aborting `signal` stops
 * the work on the server. Throws {@link ApiError}.
 */
export async function askWithProgress<T = unknown>(url: string | URL, options: StreamOptions = {}): Promise<T> {
  const { token, signal, progress, body, fetch: get = fetch } = options;
  const headers = { Accept: 'text/event-stream', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await reach(get, url, {
    signal,
    headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!response.ok || !response.body) throw await problemOf(response);
  let result: { value: T } | undefined;
  const parse = eventParser(({ event, data }) => {
    const said = JSON.parse(data);
    if (event === 'result') result = { value: said };
    if (event === 'error') throw new ApiError(said.status ?? response.status, said.code, said.message);
    if (event === 'progress') progress?.(said.done, said.what);
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) parse(piece.value);
  if (!result) throw new ApiError(0, 'SERVER_GONE', 'The server stopped before it had answered.');
  return result.value;
}

/** One server-sent event. */
export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * Splits a stream of text into server-sent events (WHATWG HTML, 9.2.6); feed it pieces as they come. Comments and ids
 * are passed over.
 */
export function eventParser(emit: (event: ServerEvent) => void): (piece: string) => void {
  let rest = '';
  let event = 'message';
  let data: string[] = [];
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (data.length > 0) emit({ event, data: data.join('\n') });
        event = 'message';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
    }
  };
}
