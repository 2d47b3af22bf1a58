import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { httpFolder, httpSource } from './http.ts';
import type { HttpOptions } from './request.ts';

const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251);
let server: Server;
let base: string;
let requests: IncomingMessage[] = [];
let waits: number[] = [];
/** Answers the request with this number (from 0) instead of the file server; undefined: as usual. */
let instead: (index: number, response: ServerResponse, request: IncomingMessage) => boolean = () => false;
let etag = '"one"';

const options: HttpOptions = {
  wait: async (seconds) => {
    waits.push(seconds);
  },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    if (instead(requests.length - 1, response, request)) return;
    const file = decodeURIComponent(new URL(request.url!, base).pathname);
    if (file === '/plain') response.writeHead(200, { etag }).end(content);
    else if (file === '/large') response.writeHead(200, { 'content-length': 2 ** 40 }).write('x');
    else if (file === '/endless') endless(response);
    else if (file === '/empty') response.writeHead(416, { 'content-range': 'bytes */0' }).end();
    else if (file === '/private') response.writeHead(401).end();
    else if (file === '/page.json') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    else if (['/file', '/dir/a b.json', '/dir/file'].includes(file)) range(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  requests = [];
  waits = [];
  instead = () => false;
  etag = '"one"';
});

function range(request: IncomingMessage, response: ServerResponse): void {
  const [start, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range!)!.slice(1).map(Number);
  const part = content.subarray(start, last + 1);
  response.writeHead(206, { etag, 'content-range': `bytes ${start}-${start + part.length - 1}/${content.length}` });
  response.end(part);
}

function endless(response: ServerResponse): void {
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
  };
  response.on('drain', more);
  more();
}

describe('httpSource', () => {
  test('reads ranges; the first request brings size, version and the first bytes', async () => {
    const source = await httpSource(`${base}/file`, options);
    expect([source.byteLength, source.version]).toEqual([200_000, '"one"-200000']);
    expect(await source.slice(10, 300)).toEqual(content.subarray(10, 300));
    expect(requests.length).toBe(1);
    expect(await source.slice(150_000, 200_000)).toEqual(content.subarray(150_000));
    expect(requests[1].headers.range).toBe('bytes=150000-199999');
    await expectError(source.slice(0, 200_001), 'OUT_OF_RANGE', /within the 200000 bytes/);
    expect((await source.slice(7, 7)).length).toBe(0);
    expect((await source.slice(200_000, 200_000)).length).toBe(0);
    expect(requests.length).toBe(2);
  });

  test('sends the headers with each request', async () => {
    const source = await httpSource(`${base}/file`, { ...options, headers: { Authorization: 'Bearer x' } });
    await source.slice(100_000, 100_001);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer x', 'Bearer x']);
  });

  test('a server without ranges: small files are taken whole, large ones refused', async () => {
    const source = await httpSource(`${base}/plain`, options);
    expect(await source.slice(100_000, 200_000)).toEqual(content.subarray(100_000));
    expect(requests.length).toBe(1);
    await expectError(
      httpSource(`${base}/large`, options),
      'NETWORK',
      /answers range requests .* more than 64 MB; download/,
    );
    await expectError(httpSource(`${base}/endless`, options), 'NETWORK', /more than 64 MB/);
  });

  test('an empty file has no bytes', async () => {
    expect((await httpSource(`${base}/empty`, options)).byteLength).toBe(0);
  });

  test('where the size is hidden it is asked for', async () => {
    instead = (_, response, { method }) => {
      if (method === 'HEAD') response.writeHead(200, { 'content-length': content.length }).end();
      else response.writeHead(206).end(content.subarray(0, 65536));
      return true;
    };
    expect((await httpSource(`${base}/file`, options)).byteLength).toBe(200_000);
  });

  test('what may pass is tried again, with growing waits or as the server asks', async () => {
    instead = (index, response, request) => {
      if (index === 0) response.writeHead(503).end();
      else if (index === 1) response.writeHead(429, { 'retry-after': '7' }).end();
      else if (index === 2) request.socket.destroy();
      return index < 3;
    };
    expect((await httpSource(`${base}/file`, options)).byteLength).toBe(200_000);
    expect(waits).toEqual([0.5, 7, 2]);
  });

  test('an answer that breaks off or is too short is asked for again', async () => {
    const source = await httpSource(`${base}/file`, options);
    const head = { etag, 'content-range': 'bytes 100000-100099/200000' };
    instead = (index, response) => {
      if (index === 1) response.writeHead(206, { ...head, 'content-length': 100 }).write('x', () => response.destroy());
      else if (index === 2) response.writeHead(206, head).end('x');
      return index <= 2;
    };
    expect(await source.slice(100_000, 100_100)).toEqual(content.subarray(100_000, 100_100));
    expect(waits).toEqual([0.5, 1]);
  });

  test('it gives up after four attempts, naming the reason', async () => {
    instead = (_, response) => !!response.writeHead(500).end();
    await expectError(
      httpSource(`${base}/file`, options),
      'NETWORK',
      /in 4 attempts: the server answered with status 500/,
    );
    expect(requests.length).toBe(4);
    await expectError(httpSource('http://127.0.0.1:1/file', options), 'NETWORK', /cannot be reached/);
  });

  test.each(['EAI_AGAIN', 'ENOTFOUND'])('a name that is not resolved (%s) is tried once more', async (code) => {
    const unresolved = async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(`getaddrinfo ${code} a.b`), { code }) });
    };
    const source = httpSource('https://a.b/file', { ...options, fetch: unresolved });
    await expectError(
      source,
      'NETWORK',
      new RegExp(`in 2 attempts: the server cannot be reached .getaddrinfo ${code}`),
    );
    expect(waits).toEqual([0.5]);
  });

  test('too long an answer is refused', async () => {
    const source = await httpSource(`${base}/file`, options);
    instead = (_, response) =>
      !!response.writeHead(206, { etag, 'content-range': 'bytes 100000-100009/200000' }).end(content);
    await expectError(source.slice(100_000, 100_010), 'NETWORK', /sent more than 10 bytes/);
  });

  test('a file that changes is noticed', async () => {
    const source = await httpSource(`${base}/file`, options);
    etag = '"two"';
    await expectError(source.slice(100_000, 100_001), 'SOURCE_CHANGED', /changed while in use/);
    instead = (_, response) => !!response.writeHead(416).end();
    await expectError(source.slice(100_000, 100_001), 'SOURCE_CHANGED', /became shorter/);
  });

  test('what lasts is said at once', async () => {
    await expectError(httpSource(`${base}/none`, options), 'SOURCE_NOT_FOUND', /status 404/);
    await expectError(httpSource(`${base}/private`, options), 'UNAUTHORIZED', /status 401.*access token/);
    await expectError(httpSource('not a url', options), 'ARGUMENT_INVALID', /Expected a URL/);
    expect(requests.length).toBe(2);
  });

  test('can be cancelled', async () => {
    await expectError(httpSource(`${base}/file`, { ...options, signal: AbortSignal.abort() }), 'ABORTED', /cancelled/);
    const source = await httpSource(`${base}/file`, options);
    const controller = new AbortController();
    instead = () => {
      controller.abort();
      return true; // no answer
    };
    await expectError(source.slice(100_000, 100_001, controller.signal), 'ABORTED', /cancelled/);
  });
});

describe('httpFolder', () => {
  test('opens what is there, below the URL and with its query', async () => {
    const folder = httpFolder(`${base}/dir?token=x`, options);
    const source = await folder.open('a b.json');
    expect(source?.byteLength).toBe(200_000);
    expect(requests[0].url).toBe('/dir/a%20b.json?token=x');
    expect(await folder.open('none.json')).toBeUndefined();
    expect(await folder.list()).toBeUndefined();
    await expectError(folder.open('../file'), 'ARGUMENT_INVALID', /inside the folder/);
  });

  test('a web page instead of a file is no file', async () => {
    expect(await httpFolder(base, options).open('page.json')).toBeUndefined();
  });

  test('a refusal is not an absence', () =>
    expectError(httpFolder(base, options).open('private'), 'UNAUTHORIZED', /status 401/));

  test('a server that stalls is left after a while, before its answer and within it', async () => {
    instead = (_, response) => {
      void response;
      return true;
    };
    const patient = { ...options, timeout: 20 };
    await expectError(
      httpSource(`${base}/file`, patient),
      'NETWORK',
      /4 attempts: the server does not answer for 0.02 s/,
    );
    instead = (_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-65535/200000' }).write('x');
      return true;
    };
    await expectError(httpSource(`${base}/file`, patient), 'NETWORK', /sent nothing for 0.02 seconds after 1 bytes/);
  });
});
