import { throwIfAborted, WeightscopeError } from '../errors.ts';

/** How the hub is asked. Everything that waits or reaches out can be replaced by a test. */
export interface HubHttp {
  /** Scheme, host and port of the hub, no slash at the end. */
  endpoint: string;
  /** Sent to the endpoint's own host only, never to where it redirects. */
  token?: string;
  fetch: typeof fetch;
  /** Milliseconds between attempts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Milliseconds without a byte after which a connection counts as lost. */
  timeout: number;
  signal?: AbortSignal;
}

/** An answer of a server: the last one after redirects, and what the hub's own answers said on the way. */
export interface HubAnswer {
  response: Response;
  /** `x-…` headers of the hub's own answers: `x-linked-etag`, `x-linked-size`, `x-repo-commit`. */
  linked: Headers;
  /** Call it for each piece received, so that a slow body is not taken for a lost one. */
  alive(): void;
}

export interface HubRequest {
  method: 'GET' | 'HEAD';
  url: string;
  headers?: Record<string, string>;
  /** For messages: `openai-community/gpt2` and what of it. */
  repo: string;
  what: string;
  /** Statuses to hand out beside 2xx. */
  accept?: readonly number[];
  /** HEAD: stop at a redirect whose headers already say what was asked, as signed addresses answer GET only. */
  stopAt?: (linked: Headers) => boolean;
}

/** A failure that may pass: 5xx, 408, 429, a lost connection. */
export class Transient extends Error {
  readonly retryAfter?: number;
  /** Attempts in a row after which it is no longer taken to pass, where fewer than usual. */
  readonly tries?: number;
  constructor(message: string, options: { cause?: unknown; retryAfter?: number; tries?: number } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
    this.tries = options.tries;
  }
}

const MAX_REDIRECTS = 8;
const LINKED = ['x-linked-etag', 'x-linked-size', 'x-repo-commit'];

/**
 * One exchange; `use` reads the body. Redirects are followed by hand, as the token must not leave the hub's host.
 * Throws {@link Transient} for what is worth another attempt, else `UNAUTHORIZED`, `SOURCE_NOT_FOUND`, `NETWORK`,
 * `ABORTED`.
 */
export async function exchange<T>(
  http: HubHttp,
  request: HubRequest,
  use: (answer: HubAnswer) => Promise<T>,
): Promise<T> {
  throwIfAborted(http.signal);
  const lost = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => lost.abort(new Transient(`no byte came for ${http.timeout / 1000} seconds`)),
      http.timeout,
    );
  };
  const signal = http.signal ? AbortSignal.any([http.signal, lost.signal]) : lost.signal;
  try {
    const linked = new Headers();
    let url = new URL(request.url);
    for (let hop = 0; ; hop++) {
      alive();
      const response = await http.fetch(url, {
        method: request.method,
        headers: headersFor(http, url, request.headers),
        redirect: 'manual',
        signal,
      });
      alive();
      if (isHub(http, url)) copyLinked(response.headers, linked);
      const location = response.headers.get('location');
      const redirected = response.status >= 300 && response.status < 400 && location !== null;
      if (!redirected || request.stopAt?.(linked)) {
        if (!redirected && !response.ok && !request.accept?.includes(response.status))
          throw await refusal(http, request, url, response);
        return await use({ response, linked, alive });
      }
      await response.body?.cancel();
      if (hop === MAX_REDIRECTS)
        throw new WeightscopeError(
          'NETWORK',
          `The hub redirected more than ${MAX_REDIRECTS} times for ${named(request)}.`,
        );
      url = new URL(location, url);
    }
  } catch (error) {
    throwIfAborted(http.signal);
    throw networkError(request, lost.signal.aborted ? lost.signal.reason : error);
  } finally {
    clearTimeout(timer);
    lost.abort(); // frees the connection when `use` left early
  }
}

/**
 * Repeats `attempt` while it fails with {@link Transient}: at most `tries` times in a row without `progress()` growing.
 */
export async function retrying<T>(
  http: HubHttp,
  attempt: () => Promise<T>,
  { tries = 5, progress = () => 0 }: { tries?: number; progress?: () => number } = {},
): Promise<T> {
  let best = progress();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(http.signal);
      if (!(error instanceof Transient)) throw error;
      if (progress() > best) {
        best = progress();
        failures = 1;
      }
      const most = Math.min(tries, error.tries ?? tries);
      if (failures >= most)
        throw new WeightscopeError(
          'NETWORK',
          `${error.message}${most > 1 ? `, ${most} times in a row` : ''}; check the connection and run again: what has come is kept.`,
          { cause: error },
        );
      await http.wait(Math.min(error.retryAfter ?? 500 * 2 ** failures, 60_000), http.signal);
      throwIfAborted(http.signal);
    }
  }
}

const named = (request: HubRequest) => (request.what ? `${request.what} of ${request.repo}` : request.repo);
const isHub = (http: HubHttp, url: URL) => new URL(http.endpoint).origin === url.origin;

function headersFor(http: HubHttp, url: URL, given: Record<string, string> | undefined): Record<string, string> {
  return {
    'accept-encoding': 'identity', // sizes and ranges are those of the file
    'user-agent': 'weightscope',
    ...given,
    ...(http.token && isHub(http, url) ? { authorization: `Bearer ${http.token}` } : {}),
  };
}

function copyLinked(from: Headers, to: Headers) {
  for (const name of LINKED) {
    const value = from.get(name);
    if (value !== null && !to.has(name)) to.set(name, value);
  }
}

/** The error for a status that is not a success. */
async function refusal(http: HubHttp, request: HubRequest, url: URL, response: Response): Promise<Error> {
  await response.body?.cancel();
  const { status } = response;
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new Transient(`${url.host} answered ${status} for ${named(request)}`, {
      retryAfter: seconds > 0 ? seconds * 1000 : undefined,
    });
  }
  if (!isHub(http, url))
    return new WeightscopeError(
      'NETWORK',
      `${url.host}, where the hub sent us for ${named(request)}, answered ${status}; run again.`,
    );
  const reason = response.headers.get('x-error-code') ?? '';
  const page = `${http.endpoint}/${request.repo}`;
  if (reason === 'GatedRepo' || (status === 403 && reason === ''))
    return new WeightscopeError(
      'UNAUTHORIZED',
      `The model ${request.repo} is gated (the hub answered ${status}): accept its licence at ${page} and set HF_TOKEN to a token of that account.`,
    );
  if (reason === 'RevisionNotFound')
    return new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected ${named(request)} on the hub, but it has no such revision; see ${page}.`,
    );
  if (status === 404 && (reason === 'EntryNotFound' || (reason === '' && request.what)))
    return new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected ${named(request)} on the hub, but it is not there; check the spelling at ${page}.`,
    );
  if (status === 404 || reason === 'RepoNotFound')
    return new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `The hub has no model ${request.repo}, or it is private: check the spelling, and set HF_TOKEN if it is private.`,
    );
  if (status === 401 || status === 403)
    return new WeightscopeError(
      'UNAUTHORIZED',
      http.token
        ? `The hub refused the token for ${named(request)} (it answered ${status}): check HF_TOKEN, or log in again.`
        : `The hub wants a token for ${named(request)} (it answered ${status}): accept the licence at ${page} if it has one, and set HF_TOKEN.`,
    );
  return new WeightscopeError(
    'NETWORK',
    `The hub answered ${status} for ${named(request)}, which was not expected; see ${page}.`,
  );
}

/** Sorts what `fetch` throws: a wrong host or nobody listening will not pass, everything else may. */
function networkError(request: HubRequest, error: unknown): Error {
  if (error instanceof WeightscopeError) return error;
  if (error instanceof Transient)
    return error.message.startsWith('no byte')
      ? new Transient(`${capital(error.message)} of ${named(request)}`, { cause: error })
      : error;
  const code = errorCode(error);
  if (code === 'ENOTFOUND' || code === 'ECONNREFUSED')
    return new WeightscopeError(
      'NETWORK',
      `The hub at ${new URL(request.url).host} cannot be reached (${code}) for ${named(request)}: check the connection and HF_ENDPOINT, or the path if a file was meant.`,
      { cause: error },
    );
  // Names are not resolved for a moment, or for as long as there is no network: who has none is not kept waiting.
  if (code === 'EAI_AGAIN')
    return new Transient(
      `The address of ${new URL(request.url).host} cannot be found (${code}) for ${named(request)}`,
      { cause: error, tries: 2 },
    );
  return new Transient(`The connection was lost for ${named(request)} (${code ?? (error as Error).message})`, {
    cause: error,
  });
}

const capital = (text: string) => text[0].toUpperCase() + text.slice(1);

function errorCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'string') return at.code;
  return undefined;
}
