import { ApiError, errorFields, request } from './client.ts';

/** One server-sent event. */
export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * Splits a stream of text into server-sent events (WHATWG HTML, 9.2.6); feed it pieces as they come. Comments and ids are
 * passed over.
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

export interface Progress {
  /** 0 to 1. */
  done: number;
  what: string;
}

/**
 * GETs an answer that takes long: the server sends `progress` events and then one `result` (or `error`). Aborting the signal
 * closes the connection, at which the server stops working.
 */
export async function getWithProgress<T>(
  url: string,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {},
): Promise<T> {
  const response = await request(url, signal, 'text/event-stream');
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return (await response.json()) as T;
  let result: { value: T } | undefined;
  const parse = eventParser(({ event, data }) => {
    const value: unknown = JSON.parse(data);
    if (event === 'progress') onProgress?.(value as Progress);
    else if (event === 'result') result = { value: value as T };
    else if (event === 'error') {
      const { code, message } = errorFields(value);
      throw new ApiError(code ?? 'HTTP', message ?? 'The server stopped with an error.', 200);
    }
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) parse(piece.value);
  if (!result) throw new ApiError('SERVER_GONE', 'The server stopped before it had answered.', 0);
  return result.value;
}
