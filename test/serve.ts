import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

export interface StaticServer {
  url: string;
  /** Bytes sent for paths that end so, e.g. to see how much of a checkpoint was read. */
  sent(suffix: string): number;
  /** Paths that were asked for, with how often. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/**
 * A plain HTTP server on loopback with byte ranges, like most static hosts; `headers` are added to every answer.
 * Without `ranges` it sends files whole, as `python -m http.server` does.
 */
export async function serveFolder(
  folder: string,
  headers: Record<string, string> = {},
  { ranges = true }: { ranges?: boolean } = {},
): Promise<StaticServer> {
  const sent = new Map<string, number>();
  const asked = new Map<string, number>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname));
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    const found = statSync(file, { throwIfNoEntry: false });
    const size = found?.isFile() ? found.size : undefined;
    if (size === undefined) {
      response.writeHead(404, headers).end();
      return;
    }
    const range = ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null;
    const start = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Math.min(Number(range[2]) + 1, size) : size;
    response.writeHead(range ? 206 : 200, {
      ...headers,
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': end - start,
      ...(ranges && { 'accept-ranges': 'bytes' }),
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
    });
    if (request.method === 'HEAD' || end === start) {
      response.end();
      return;
    }
    sent.set(path, (sent.get(path) ?? 0) + end - start);
    createReadStream(file, { start, end: end - 1 }).pipe(response);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    sent: (suffix) => [...sent].reduce((sum, [path, bytes]) => sum + (path.endsWith(suffix) ? bytes : 0), 0),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
