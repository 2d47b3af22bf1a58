import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { ask, createClient } from '../../src/client.ts';
import { environment, main, temporary } from './run-cli.ts';

/** Starts the built program and waits for the address that it prints. */
async function explore(args: string[]) {
  const env = environment({ WEIGHTSCOPE_CACHE: temporary() });
  const child = spawn(process.execPath, [main, 'explore', ...args, '--port', '0'], { env });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('The API:')) break;
  }
  const url = new URL(/http:\S+/.exec(lines.join('\n'))![0]);
  return { child, ended, lines, url, token: url.searchParams.get('token')! };
}

it('serves the sample at once while its atlas is on its way, and ends when it is interrupted', async () => {
  const { child, ended, url, token } = await explore(['sample']);
  expect((await fetch(new URL('/api/models', url))).status).toBe(401);
  const entered = await fetch(url, { redirect: 'manual' });
  expect([entered.status, entered.headers.get('location')]).toEqual([303, '/']);
  const cookie = entered.headers.get('set-cookie')!.split(';')[0];
  const page = await fetch(new URL('/', url), { headers: { cookie } });
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);

  const client = createClient(url.origin, { token });
  const { models } = await ask(client.api.models.$get({ query: {} }));
  expect(models).toMatchObject([{ id: 'sample', live: true, atlas: null, building: { done: expect.any(Number) } }]);
  const neuron = client.api.models[':model'].neurons[':layer'][':neuron'];
  const param = { model: 'sample', layer: '4', neuron: '100' };
  const { parts } = await ask(neuron.$get({ param, query: { k: 3, parts: 'value' } }));
  expect(parts.value!.top.map(({ label }) => label)).toEqual(['·Prince', '·Kings', '·King']);
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  await expect(fetch(url)).rejects.toThrow();
});
