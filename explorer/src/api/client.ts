/** Requests to the server that served this page. */

/** What the server answers when it cannot do what was asked: a stable code and a sentence. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

/** Values of a query string; undefined and false are left out, true is written as `true`. */
export type Query = Record<string, string | number | boolean | undefined>;

export function path(parts: readonly (string | number)[], query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== false) search.set(name, String(value));
  }
  const text = search.toString();
  return `/api/${parts.map((part) => encodeURIComponent(part)).join('/')}${text && `?${text}`}`;
}

/** GETs JSON. Throws ApiError with the server's own sentence, or one about the connection. */
export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await (await request(url, signal, 'application/json')).json()) as T;
}

export async function request(url: string, signal: AbortSignal | undefined, accept: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept }, ...(signal && { signal }) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError('SERVER_GONE', 'The server does not answer. Is `weightscope explore` still running?', 0);
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const { code, message } = errorFields(body);
  return new ApiError(code ?? 'HTTP', message ?? `The server answered ${response.status}.`, response.status);
}

/** `{ error: { code, message } }` or `{ code, message }`. */
export function errorFields(body: unknown): { code?: string; message?: string } {
  if (typeof body !== 'object' || body === null) return {};
  const inner = 'error' in body && typeof body.error === 'object' && body.error !== null ? body.error : body;
  const { code, message } = inner as Record<string, unknown>;
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof message === 'string' && { message }),
  };
}
