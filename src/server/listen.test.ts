import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TinyServed, tinyServed } from '../../test/served.ts';
import type { Engine } from '../engine/engine.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readHead } from '../reading/heads.ts';
import { type Listening, listen } from './listen.node.ts';

const TOKEN = 'a-token-of-tests-1234';
const MODELS = '/api/models';
let served: TinyServed;
let root: string;
let server: Listening;

beforeAll(async () => {
  served = await tinyServed();
  root = await mkdtemp(join(tmpdir(), 'weightscope-pages-'));
  await mkdir(join(root, 'page', 'assets'), { recursive: true });
  await writeFile(join(root, 'secret.txt'), 'classified');
  await writeFile(join(root, 'page', 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(root, 'page', 'assets', 'main-abc.js'), 'let x = 1;');
  await symlink(join(root, 'secret.txt'), join(root, 'page', 'link.txt'));
  server = await listen(served, { port: 0, token: TOKEN, page: join(root, 'page') });
});
afterAll(async () => {
  await server.close();
  await served.remove();
  await rm(root, { recursive: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A request with exactly these headers and this path, however odd. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  options: { method?: string; body?: string; port?: number } = {},
) {
  const { method = 'GET', body, port = server.port } = options;
  return new Promise<Answer>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const bearer = { Authorization: `Bearer ${TOKEN}` };
const codeOf = ({ body }: Answer) => JSON.parse(body.toString()).error?.code;

describe('the token', () => {
  it.each([
    ['none', {}],
    ['a wrong one', { Authorization: 'Bearer wrong' }],
    ['one that begins right', { Authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['one that goes on', { Authorization: `Bearer ${TOKEN}x` }],
    ['an empty one', { Authorization: 'Bearer ' }],
    ['another scheme', { Authorization: `Basic ${TOKEN}` }],
    ['a wrong cookie', { Cookie: 'weightscope-1=x' }],
  ])('is needed for everything: %s', async (_, headers) => {
    for (const path of [MODELS, '/api', '/api/openapi.json', '/', '/assets/main-abc.js', '/nothing']) {
      const answer = await raw(path, headers as Record<string, string>);
      expect([answer.status, codeOf(answer)]).toEqual([401, 'TOKEN_REQUIRED']);
      expect(answer.body.toString()).not.toContain(TOKEN);
    }
  });

  it('is asked for in words where a browser comes without it, in JSON where a program does', async () => {
    const page = await raw('/m/tiny', { Accept: 'text/html,application/xhtml+xml' });
    expect([page.status, page.headers['content-type']]).toEqual([401, 'text/html; charset=UTF-8']);
    expect(page.body.toString()).toContain('open the address that `weightscope explore` printed');
    expect(codeOf(await raw('/m/tiny', { Accept: '*/*' }))).toBe('TOKEN_REQUIRED');
  });

  it('is taken from the address once, then as a cookie that scripts and other sites do not have', async () => {
    const first = await raw(`/m/tiny/neuron/1/2?token=${TOKEN}&k=3`);
    expect([first.status, first.headers.location]).toEqual([303, '/m/tiny/neuron/1/2?k=3']);
    const [cookie] = first.headers['set-cookie']!;
    expect(cookie).toBe(`weightscope-${server.port}=${TOKEN}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict`);
    const Cookie = cookie.split(';')[0];
    expect((await raw(MODELS, { Cookie })).status).toBe(200);
    expect((await raw('/', { Cookie })).body.toString()).toContain('<title>page</title>');
  });

  it('in an address that is wrong is refused, even beside a right cookie', async () => {
    const Cookie = `weightscope-${server.port}=${TOKEN}`;
    const answer = await raw('/?token=wrong', { Cookie });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
  });

  it('never leads to another host', async () => {
    for (const path of ['//evil.example/', '/\\evil.example/', '//evil.example/%2e%2e']) {
      const { headers, status } = await raw(`${path}?token=${TOKEN}`);
      if (status !== 303) continue;
      const target = new URL(headers.location!, 'http://here');
      expect(target.host).toBe('here');
    }
  });

  it('is random where none is given, and not guessable', async () => {
    const others = await Promise.all([listen(served, { port: 0 }), listen(served, { port: 0 })]);
    expect(others[0].token).not.toBe(others[1].token);
    for (const other of others) {
      expect(other.token).toMatch(/^[\w-]{32}$/);
      expect(other.url).toBe(`http://127.0.0.1:${other.port}/?token=${other.token}`);
      await other.close();
    }
  });
});

describe('host and origin', () => {
  it.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost',
    '10.0.0.1:PORT',
    '127.0.0.1.evil.example:PORT',
  ])('refuses a Host of %s', async (host) => {
    const answer = await raw(MODELS, { ...bearer, Host: host.replace('PORT', `${server.port}`) });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'HOST_REFUSED']);
  });

  it.each(['127.0.0.1:PORT', 'localhost:PORT', 'LOCALHOST:PORT', '[::1]:PORT'])('answers to %s', async (host) => {
    expect((await raw(MODELS, { ...bearer, Host: host.replace('PORT', `${server.port}`) })).status).toBe(200);
  });

  it.each(['http://evil.example', 'https://127.0.0.1:PORT', 'http://127.0.0.1:1', 'null', '', 'http://localhost:PORT'])(
    'refuses an Origin of "%s"',
    async (origin) => {
      const answer = await raw(MODELS, { ...bearer, Origin: origin.replace('PORT', `${server.port}`) });
      expect([answer.status, codeOf(answer)]).toEqual([403, 'HOST_REFUSED']);
    },
  );

  it('answers its own page, and lets no other one read', async () => {
    const answer = await raw(MODELS, { ...bearer, Origin: `http://127.0.0.1:${server.port}` });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await raw(
      MODELS,
      { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'GET' },
      { method: 'OPTIONS' },
    );
    expect(preflight.status).toBe(403);
  });

  it('open to other machines answers to addresses in numbers and to its own name alone', async () => {
    const open = await listen(served, { port: 0, host: '0.0.0.0', token: TOKEN });
    const status = async (host: string) => (await raw(MODELS, { ...bearer, Host: host }, { port: open.port })).status;
    expect(await status(`192.168.1.7:${open.port}`)).toBe(200);
    expect(await status(`[fe80::1]:${open.port}`)).toBe(200);
    expect(await status(`evil.example:${open.port}`)).toBe(403);
    expect((await raw(MODELS, {}, { port: open.port })).status).toBe(401);
    await open.close();
  });
});

describe('what is sent', () => {
  it('has headers that keep a page to itself, errors too', async () => {
    for (const [path, headers] of [
      [MODELS, bearer],
      ['/', bearer],
      ['/api/none', bearer],
      [MODELS, {}],
    ] as const) {
      const answer = await raw(path, headers);
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      });
      const policy = answer.headers['content-security-policy'];
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/script-src[^;]* 'unsafe-/);
    }
  });

  it('has no body to bring, and none is read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await raw(MODELS, { ...bearer, 'Content-Length': '2' }, { method, body: '{}' });
      expect([method, answer.status, answer.body.toString()]).toEqual([
        method,
        404,
        expect.stringContaining('ROUTE_UNKNOWN'),
      ]);
    }
    const large = await raw(
      MODELS,
      { ...bearer, 'Content-Length': `${70_000}` },
      { method: 'POST', body: 'x'.repeat(70_000) },
    );
    expect([large.status, codeOf(large)]).toEqual([413, 'TOO_LARGE']);
    const chunked = await raw(MODELS, { ...bearer, 'Transfer-Encoding': 'chunked' }, { method: 'POST', body: 'x' });
    expect(chunked.status).toBe(413);
    expect((await raw(`/api/models?${'x'.repeat(40_000)}`, bearer)).status).toBe(431);
  });

  it('answers HEAD without a body', async () => {
    const { status, headers, body } = await raw('/api/models/tiny/neurons/0/1', bearer, { method: 'HEAD' });
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers.etag).toMatch(/^"\w+"$/);
  });
});

describe('the page’s files', () => {
  it('are sent with their types, compressed where that is understood', async () => {
    const plain = await raw('/assets/main-abc.js', bearer);
    expect(plain.body.toString()).toBe('let x = 1;');
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'private, max-age=31536000, immutable',
    });
    const zipped = await raw('/assets/main-abc.js', { ...bearer, 'Accept-Encoding': 'gzip, br' });
    expect(gunzipSync(zipped.body).toString()).toBe('let x = 1;');
    expect((await raw('/', bearer)).headers['cache-control']).toBe('private, no-cache');
  });

  it('are the page itself for a view, also of a model with a dot in its name', async () => {
    for (const path of ['/', '/m/tiny/neuron/1/2', '/m/model.gguf', '/compare'])
      expect((await raw(path, bearer)).body.toString()).toContain('<title>page</title>');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/link.txt',
    '/%00.txt',
    '/etc/passwd.txt',
  ])('are nothing but the files of the folder: %s', async (path) => {
    const answer = await raw(path, bearer);
    expect(answer.body.toString()).not.toContain('classified');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it('may be missing: a plain page then says so', async () => {
    const bare = await listen(served, { port: 0, token: TOKEN, page: join(root, 'nowhere') });
    const { body, status } = await raw('/', bearer, { port: bare.port });
    expect(status).toBe(200);
    expect(body.toString()).toContain('<a href="/api">');
    await bare.close();
  });
});

it('takes a free port where the one asked for is taken', async () => {
  const second = await listen(served, { port: server.port, token: TOKEN });
  expect(second.moved).toBe(true);
  expect(server.moved).toBe(false);
  expect(second.port).not.toBe(server.port);
  expect((await raw(MODELS, bearer, { port: second.port })).status).toBe(200);
  await second.close();
});

it('says so when it cannot listen', async () => {
  const failing = listen(served, { host: '203.0.113.1', port: 0 });
  await expect(failing).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

/** The reference engine, but its search for pairs first waits until it is let go, or stopped. */
function heldEngine() {
  const inner = referenceEngine();
  let running = 0;
  const seen = { most: 0, started: 0 };
  const stopped: AbortSignal[] = [];
  let began: () => void = () => {};
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const engine: Engine = {
    ...inner,
    async topPairs(a, b, options) {
      seen.started++;
      seen.most = Math.max(seen.most, ++running);
      began();
      try {
        await Promise.race([
          gate,
          new Promise((_, reject) => {
            options.signal?.addEventListener('abort', () => {
              stopped.push(options.signal!);
              reject(options.signal!.reason);
            });
          }),
        ]);
        return await inner.topPairs(a, b, options);
      } finally {
        running--;
      }
    },
  };
  const start = () =>
    new Promise<void>((resolve) => {
      began = resolve;
    });
  return { engine, seen, stopped, start, release: () => release() };
}

describe('clients', () => {
  it.each(['application/json', 'text/event-stream'])('that go away stop the engine (%s)', async (Accept) => {
    const held = heldEngine();
    const busy = await listen({ ...served, engine: held.engine }, { port: 0, token: TOKEN });
    const gone = new AbortController();
    const started = held.start();
    const url = `${busy.origin}/api/models/tiny/heads/1/1?matrix=vo`;
    const asked = fetch(url, { headers: { ...bearer, Accept }, signal: gone.signal }).then((response) =>
      response.text(),
    );
    await started;
    const waiting = fetch(`${busy.origin}/api/models/tiny/neurons/0/0?k=1`, { headers: bearer });
    gone.abort();
    await expect(asked).rejects.toThrow();
    // Its turn comes only when the first one's work has ended.
    expect((await waiting).status).toBe(200);
    expect(held.stopped).toHaveLength(1);
    expect(busy.state.queue.load).toEqual({ running: 0, waiting: 0 });
    await busy.close();
  });

  it('that go away while they wait leave the queue', async () => {
    const held = heldEngine();
    const busy = await listen({ ...served, engine: held.engine }, { port: 0, token: TOKEN });
    const started = held.start();
    const first = fetch(`${busy.origin}/api/models/tiny/heads/1/1`, { headers: bearer });
    await started;
    const gone = new AbortController();
    const left = fetch(`${busy.origin}/api/models/tiny/heads/1/2`, { headers: bearer, signal: gone.signal });
    await expect.poll(() => busy.state.queue.load.waiting).toBe(1);
    gone.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(() => busy.state.queue.load.waiting).toBe(0);
    held.release();
    expect((await first).status).toBe(200);
    expect(held.seen.started).toBe(2); // Both matrices of the first; nothing of the second.
    await busy.close();
  });

  it('twenty at once are all answered rightly, one piece of work at a time, with bounded memory', async () => {
    const held = heldEngine();
    const busy = await listen({ ...served, engine: held.engine }, { port: 0, token: TOKEN });
    const urls = Array.from({ length: 20 }, (_, i) => `heads/${i % 2}/${i % 4}?matrix=vo&k=3&above=${i / 100}`);
    const answers = urls.map(async (url) => {
      const response = await fetch(`${busy.origin}/api/models/tiny/${url}`, { headers: bearer });
      return response.json();
    });
    await expect.poll(() => busy.state.queue.load).toEqual({ running: 1, waiting: 19 });
    held.release();
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      const options = { engine: served.engine, matrices: ['vo'] as const, k: 3, above: i / 100 };
      expect(answer).toEqual(JSON.parse(JSON.stringify(await readHead(served.tiny, i % 2, i % 4, options))));
    }
    expect(held.seen.most).toBe(1);
    await busy.close();
  });

  it('keep no more than the last heads and a bounded share of their factors', async () => {
    const { state } = server;
    for (let i = 0; i < 40; i++) {
      const url = `/api/models/tiny/heads/${i % 2}/${i % 4}/scores?onlyFrom=king,${i}`;
      expect((await raw(url, bearer)).status).toBe(200);
    }
    expect(state.rankings.size).toBe(24);
    expect(state.factorCache.bytes).toBeLessThanOrEqual(256 * 2 ** 20);
  });

  it('one that asks for too much at once is told to wait', async () => {
    const held = heldEngine();
    const limits = { waitingPerClient: 2 };
    const busy = await listen({ ...served, engine: held.engine }, { port: 0, token: TOKEN, limits });
    const ask = (head: number) => raw(`/api/models/tiny/heads/0/${head}?matrix=vo`, bearer, { port: busy.port });
    const first = ask(0);
    await expect.poll(() => busy.state.queue.load.running).toBe(1);
    const waiting = [ask(1), ask(2)];
    await expect.poll(() => busy.state.queue.load.waiting).toBe(2);
    const refused = await ask(3);
    expect([refused.status, codeOf(refused), refused.headers['retry-after']]).toEqual([429, 'TOO_BUSY', '1']);
    // What takes no engine is answered all the same.
    expect((await raw(MODELS, bearer, { port: busy.port })).status).toBe(200);
    held.release();
    expect((await Promise.all([first, ...waiting])).map(({ status }) => status)).toEqual([200, 200, 200]);
    await busy.close();
  });

  it('that ask the database for too much stop it when they go away', async () => {
    const gone = new AbortController();
    const sql = encodeURIComponent('SELECT sum(a.range * b.range) AS n FROM range(10000000) a, range(1000000) b');
    const asked = fetch(`${server.origin}/api/models/both/atlas/sql?q=${sql}`, {
      headers: bearer,
      signal: gone.signal,
    });
    await expect.poll(() => server.state.sqlQueue.load.running).toBe(1);
    gone.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => server.state.sqlQueue.load.running).toBe(0);
    const after = await raw('/api/models/both/atlas/sql?q=SELECT%201%20AS%20one', bearer);
    expect(JSON.parse(after.body.toString()).rows).toEqual([{ one: 1 }]);
  });
});

describe('frames', () => {
  const card = '/m/tiny/neuron/0/1?embed=1';
  it('are refused for every page unless cards are allowed', async () => {
    for (const path of [card, '/m/tiny/neuron/0/1', '/']) {
      const { headers } = await raw(path, bearer);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-frame-options']).toBe('DENY');
    }
  });

  it('are allowed for cards alone, of pages of the same name, and never without the token', async () => {
    const framed = await listen(served, { port: 0, token: TOKEN, page: join(root, 'page'), embed: true });
    try {
      const ask = (path: string, headers: Record<string, string> = bearer) => raw(path, headers, { port: framed.port });
      for (const path of [card, '/m/tiny/head/0/1?matrix=vo&embed', '/m/tiny/token/5?embed=false']) {
        const { status, headers } = await ask(path);
        expect(status).toBe(200);
        expect(headers['content-security-policy']).toMatch(/frame-ancestors http:\/\/127\.0\.0\.1:\*$/);
        expect(headers['x-frame-options']).toBeUndefined();
      }
      const others = ['/', '/?embed', '/m/tiny?embed', '/m/tiny/neuron/0/1', '/compare?embed', '/api/models?embed'];
      for (const path of [...others, '/m/tiny/neuron/0/1?embeds=1', '/m/tiny/map?embed']) {
        const { headers } = await ask(path);
        expect(headers['content-security-policy'], path).toContain("frame-ancestors 'none'");
        expect(headers['x-frame-options'], path).toBe('DENY');
      }
      expect((await ask(card, {})).status).toBe(401);
    } finally {
      await framed.close();
    }
  });
});
