import { afterEach, describe, expect, it } from 'vitest';
import { askWithProgress } from '../client.ts';
import { type Explored, openServed } from './explore.node.ts';
import { type Listening, listen } from './listen.node.ts';

const at = (path: string) => new URL(`../../test/fixtures/${path}`, import.meta.url).pathname;
const LLAMA = at('architectures/llama/model.gguf');
const GPT2 = at('architectures/gpt2/model.gguf');
const [BASE, ADAPTER] = [at('adapters/lora-patterns/base'), at('adapters/lora-patterns/adapter')];

let served: Explored;
let server: Listening;
afterEach(async () => {
  await server?.close();
  await served?.close();
});

async function start(names: string[], mayOpen = true): Promise<void> {
  served = await openServed(names, { mayOpen });
  server = await listen(served, { port: 0 });
}

interface Told {
  status: number;
  code?: string;
  message?: string;
  id?: string;
}

async function post(body: unknown, headers: Record<string, string> = {}): Promise<Told> {
  const answer = await fetch(`${server.origin}/api/models`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { error, id } = (await answer.json()) as { error?: { code: string; message: string }; id?: string };
  return { status: answer.status, ...error, ...(id !== undefined && { id }) };
}

const ids = () => served.models.map(({ id }) => id);

describe('opening another model while the server runs', () => {
  it('opens a place once, tells its id, and answers for it like for any other', async () => {
    await start([LLAMA]);
    expect(await post({ place: GPT2 })).toEqual({ status: 200, id: 'model.gguf-2' });
    expect(await post({ place: ` ${GPT2} ` })).toEqual({ status: 200, id: 'model.gguf-2' });
    expect(ids()).toEqual(['model.gguf', 'model.gguf-2']);
    const headers = { Authorization: `Bearer ${server.token}` };
    const { opens, models } = await (await fetch(`${server.origin}/api/models`, { headers })).json();
    expect([opens, models[1].type]).toEqual([true, 'gpt2']);
    expect((await fetch(`${server.origin}/api/models/model.gguf-2/neurons/0/1?k=3`, { headers })).status).toBe(200);
  });

  it('says how far it is, to who takes events', async () => {
    await start([LLAMA]);
    const said: string[] = [];
    const { token } = server;
    const progress = (_: number, what: string) => said.push(what);
    const answer = await askWithProgress(`${server.origin}/api/models`, { token, body: { place: GPT2 }, progress });
    expect(answer).toEqual({ id: 'model.gguf-2' });
    expect(said[0]).toBe('waiting');
    await expect(
      askWithProgress(`${server.origin}/api/models`, { token, body: { place: '/nowhere' } }),
    ).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('puts an adapter into the weights of the model it is opened for, by the look of its folder or as it is said', async () => {
    await start([BASE]);
    expect(await post({ place: ADAPTER, base: 'base' })).toEqual({ status: 200, id: 'adapter' });
    expect(await post({ place: ADAPTER, base: 'base', adapter: true })).toEqual({ status: 200, id: 'adapter' });
    expect(served.models[1].model).toMatchObject({ derived: true });
    // Of a sum there is no place that could be opened anew.
    const other = await post({ place: ADAPTER, base: 'adapter' });
    expect([other.status, other.code]).toEqual([404, 'MODEL_UNKNOWN']);
    const none = await post({ place: ADAPTER });
    expect(none).toMatchObject({ code: 'MODEL_UNKNOWN', message: expect.stringContaining('got none; open the base') });
    expect(ids()).toEqual(['base', 'adapter']);
  });

  it('refuses in a sentence what is no place, no model or no question, and opens nothing', async () => {
    await start([LLAMA]);
    for (const [body, code] of [
      [{ place: '' }, 'ARGUMENT_INVALID'],
      [{ place: '   ' }, 'ARGUMENT_INVALID'],
      [{ place: 'x'.repeat(2001) }, 'ARGUMENT_INVALID'],
      [{ place: 'a\0b' }, 'ARGUMENT_INVALID'],
      [{ place: 7 }, 'ARGUMENT_INVALID'],
      [{}, 'ARGUMENT_INVALID'],
      [[], 'ARGUMENT_INVALID'],
      ['not json', 'ARGUMENT_INVALID'],
      [{ place: LLAMA, engine: 'wasm' }, 'ARGUMENT_INVALID'],
      [{ place: '/nowhere/at/all' }, 'SOURCE_NOT_FOUND'],
      [{ place: at('adapters') }, expect.any(String)],
    ] as const) {
      const told = await post(body);
      expect([told.status >= 400, told.code]).toEqual([true, code]);
      expect(told.message!.length).toBeLessThan(700);
      expect(told.message).not.toContain('``');
    }
    expect(ids()).toEqual(['model.gguf']);
  });

  it('asks for the page of this server or the token in a header: a page of another site opens nothing', async () => {
    await start([LLAMA]);
    const cookie = { Authorization: '', Cookie: `weightscope-${server.port}=${server.token}` };
    const asked = { place: GPT2 };
    const refused = { status: 403, code: 'HOST_REFUSED' };
    expect(await post(asked, { ...cookie, Origin: 'https://elsewhere.example' })).toMatchObject(refused);
    expect(await post(asked, { ...cookie, Origin: 'null' })).toMatchObject(refused);
    expect(await post(asked, { Origin: 'https://elsewhere.example' })).toMatchObject(refused);
    expect(await post(asked, { Authorization: 'Bearer no' })).toMatchObject({ status: 401 });
    // What a form of another site could send without being asked for leave.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect(await post(asked, { 'Content-Type': type })).toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(ids()).toEqual(['model.gguf']);
    expect(await post(asked, { ...cookie, Origin: server.origin })).toMatchObject({ status: 200 });
  });

  it('takes a cookie only with an Origin', async () => {
    await start([LLAMA]);
    const { openAsked } = await import('./opening.ts');
    const { Hono } = await import('hono');
    const { onProblem } = await import('./problems.ts');
    const app = new Hono<import('./answer.ts').Env>();
    app.onError(onProblem);
    app.post('/api/models', (c) => openAsked(c, server.state));
    const body = JSON.stringify({ place: GPT2 });
    const headers = { 'Content-Type': 'application/json', Cookie: 'weightscope-1=x' };
    const answer = await app.request('/api/models', { method: 'POST', headers, body });
    expect(answer.status).toBe(403);
  });

  it('opens nothing where that was not allowed, and says what to do', async () => {
    await start([LLAMA], false);
    const told = await post({ place: GPT2 });
    expect([told.status, told.code]).toEqual([404, 'ROUTE_UNKNOWN']);
    expect(told.message).toContain('--allow-open');
    expect(ids()).toEqual(['model.gguf']);
  });

  it('opens sixteen at most', async () => {
    await start([LLAMA]);
    while (served.models.length < 16)
      served.models.push({ id: `m${served.models.length}`, name: 'x', model: undefined });
    expect(await post({ place: GPT2 })).toMatchObject({ status: 429, code: 'TOO_BUSY' });
    expect(ids()).toHaveLength(16);
  });
});
