import { WeightscopeError } from '../errors.ts';
import { checkFileName, checkRange } from './range.ts';
import { type HttpOptions, readBody, retrying, send, TooLong, Transient } from './request.ts';
import type { Source, SourceFolder } from './source.ts';

/** The first request asks for so much: its answer tells the size, and most headers and small files are read by it. */
const FIRST_BYTES = 1 << 16;
/** A server that does not know ranges sends the whole file: smaller ones are kept in memory, larger ones refused. */
const MAX_WHOLE_BYTES = 64 << 20;

/**
 * A URL, read by range requests. Its version is the ETag, or else the time of modification and the size; each answer is
 * compared with the first, so that a file that changed meanwhile is noticed (`SOURCE_CHANGED`). (`If-Range` would do
 * the same, but makes browsers ask another origin for permission first.)
 * Throws `SOURCE_NOT_FOUND`, `UNAUTHORIZED`, and `NETWORK` when it keeps failing.
 */
export async function httpSource(url: string | URL, options: HttpOptions = {}): Promise<Source> {
  return (await openUrl(parseUrl(url).href, options)).source;
}

/**
 * The files below a URL, e.g. `https://example.org/model/`; a query in it is sent with each file. Names cannot be
 * listed. A file is absent when the server answers 404 or 410, or answers a name that is not .html with a web page.
 */
export function httpFolder(baseUrl: string | URL, options: HttpOptions = {}): SourceFolder {
  const base = parseUrl(baseUrl);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return {
    name: base.href,
    async open(name) {
      checkFileName(name);
      const url = new URL(name.split('/').map(encodeURIComponent).join('/'), base);
      url.search = base.search;
      try {
        const { source, isPage } = await openUrl(url.href, options);
        return isPage && !/\.html?$/i.test(name) ? undefined : source;
      } catch (error) {
        if (error instanceof WeightscopeError && error.code === 'SOURCE_NOT_FOUND') return undefined;
        throw error;
      }
    },
    async list() {
      return undefined;
    },
  };
}

function parseUrl(url: string | URL): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected a URL such as https://example.org/model/, got ${url}.`, {
      cause,
    });
  }
}

async function openUrl(url: string, options: HttpOptions): Promise<{ source: Source; isPage: boolean }> {
  const { head, byteLength, version, isPage } = await firstAnswer(url, options);
  const source: Source = {
    name: url,
    byteLength,
    version,
    async slice(start, end, asked) {
      // What stops opening stops what opening reads, too.
      const signal = asked ?? options.signal;
      checkRange(source, start, end, signal);
      if (start === end) return new Uint8Array();
      if (end <= head.length) return head.subarray(start, end);
      return retrying(url, options, signal, async () => {
        const response = await request(url, options, signal, start, end);
        const now = versionOf(response, totalOf(response) ?? byteLength);
        if (response.status !== 206 || now !== version) {
          await response.body?.cancel();
          throw new WeightscopeError('SOURCE_CHANGED', `The file at ${url} changed while in use; open it again.`);
        }
        const bytes = await readBody(response, end - start, url, options);
        if (bytes.length !== end - start) throw new Transient(`sent ${bytes.length} of ${end - start} bytes`);
        return bytes;
      });
    },
  };
  return { source, isPage };
}

/** Size and version of the file, and its first bytes: all of them where the server knows no ranges. */
function firstAnswer(url: string, options: HttpOptions) {
  return retrying(url, options, options.signal, async () => {
    const response = await request(url, options, options.signal, 0, FIRST_BYTES);
    const isPage = /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
    if (response.status === 416) {
      // No byte 0: the file is empty.
      await response.body?.cancel();
      return { head: new Uint8Array(), byteLength: 0, version: versionOf(response, 0), isPage };
    }
    if (response.status === 206) {
      const head = await readBody(response, FIRST_BYTES, url, options);
      const byteLength =
        totalOf(response) ?? (head.length < FIRST_BYTES ? head.length : await sizeByHead(url, options));
      if (head.length !== Math.min(FIRST_BYTES, byteLength))
        throw new Transient(`sent ${head.length} bytes of ${byteLength}`);
      return { head, byteLength, version: versionOf(response, byteLength), isPage };
    }
    if (Number(response.headers.get('content-length') ?? 0) > MAX_WHOLE_BYTES) {
      await response.body?.cancel();
      throw withoutRanges(url);
    }
    const head = await readBody(response, MAX_WHOLE_BYTES, url, options).catch((error) => {
      throw error instanceof TooLong ? withoutRanges(url) : error;
    });
    return { head, byteLength: head.length, version: versionOf(response, head.length), isPage };
  });
}

function withoutRanges(url: string): WeightscopeError {
  return new WeightscopeError(
    'NETWORK',
    `Expected a server that answers range requests for ${url}, but it sends the whole file of more than ${MAX_WHOLE_BYTES >> 20} MB; download it and open the file.`,
  );
}

/** For servers whose Content-Range the browser hides from other origins. */
async function sizeByHead(url: string, options: HttpOptions): Promise<number> {
  const response = await send(url, { method: 'HEAD', headers: options.headers, signal: options.signal }, options);
  const length = response.headers.get('content-length');
  if (!response.ok || length === null)
    throw new WeightscopeError(
      'NETWORK',
      `Expected the size of ${url}, but the server does not tell it; download the file and open it.`,
    );
  return Number(length);
}

/** An answer with status 200, 206 or 416; other statuses are errors, lasting or {@link Transient}. */
async function request(url: string, options: HttpOptions, signal: AbortSignal | undefined, start: number, end: number) {
  const headers = { ...options.headers, Range: `bytes=${start}-${end - 1}` };
  const response = await send(url, { headers, signal }, options);
  const { status } = response;
  if (status === 200 || status === 206 || (status === 416 && start === 0)) {
    const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
    if (status !== 206 || !range || Number(range[1]) === start) return response;
  }
  await response.body?.cancel();
  if (status === 206) throw new Transient('sent another range than was asked for');
  if (status === 401 || status === 403)
    throw new WeightscopeError(
      'UNAUTHORIZED',
      `The server refuses ${url} (status ${status}); check the address and the access token.`,
    );
  if (status === 404 || status === 410)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected a file at ${url}, but the server has none (status ${status}).`,
    );
  if (status === 416)
    throw new WeightscopeError('SOURCE_CHANGED', `The file at ${url} became shorter while in use; open it again.`);
  if (status === 408 || status === 429 || status >= 500)
    throw new Transient(`answered with status ${status}`, { wait: secondsToWait(response) });
  throw new WeightscopeError('NETWORK', `Expected bytes from ${url}, but the server answered with status ${status}.`);
}

/** Size of the whole file, from `Content-Range: bytes 0-65535/1234567`. */
function totalOf(response: Response): number | undefined {
  const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

function versionOf(response: Response, byteLength: number): string {
  return `${response.headers.get('etag') ?? response.headers.get('last-modified') ?? ''}-${byteLength}`;
}

function secondsToWait(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return seconds >= 0 ? seconds : undefined;
}
