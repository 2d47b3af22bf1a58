import { spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { ask, createClient } from '../../src/client.ts';
import { environment, lexi, main, temporary, weightscope } from './run-cli.ts';

/** Starts the built program and waits for the address that it prints. */
async function explore(args: string[], cwd?: string) {
  const env = environment({ WEIGHTSCOPE_CACHE: temporary() });
  const child = spawn(process.execPath, [main, 'explore', ...args, '--port', '0'], { env, cwd });
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
  const { child, ended, url, token, lines } = await explore(['sample']);
  expect(lines.join('\n')).toMatch(/^The atlas of sample is being made in .*atlases/m);
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

it('says in a line how to make an atlas of a model, or where one lies', async () => {
  const folder = temporary();
  const about = async () => {
    const { child, ended, lines } = await explore([lexi], folder);
    child.kill('SIGINT');
    await ended;
    return lines.join('\n');
  };
  expect(await about()).toMatch(
    /^To search \S+ by word, make an atlas: weightscope atlas build \S+ -o (\S+-atlas), then weightscope explore \S+ \1\.$/m,
  );
  const built = ['atlas', 'build', lexi, '-o', join(folder, 'here'), '--what', 'directions', '--top', '3'];
  expect((await weightscope(built)).status).toBe(0);
  expect(await about()).toMatch(/^An atlas of \S+ is in here: weightscope explore \S+ here opens both\.$/m);
  // A folder that came out of somebody's archive has no say over the terminal.
  renameSync(join(folder, 'here'), join(folder, 'x\u{1b}]0;y\u{7}'));
  expect(await about()).toContain('is in x\\u{1B}]0;y\\u{7}: weightscope explore');
});

it('answers 200 readers at once, all the same, and ends in the middle of work', async () => {
  const { child, ended, url, token } = await explore(['sample']);
  const headers = { authorization: `Bearer ${token}` };
  const at = (path: string) => new URL(`/api/models/sample/${path}`, url);
  const one = at('neurons/4/100?k=3&normalize=none&parts=value');
  const answers = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const response = await fetch(one, { headers });
      return `${response.status} ${await response.text()}`;
    }),
  );
  // One client may have 64 questions waiting; the others of its own are told so, and none is dropped.
  const answered = answers.filter((answer) => answer.startsWith('200 '));
  expect(answered.length).toBeGreaterThanOrEqual(64);
  expect(new Set(answered).size).toBe(1);
  for (const answer of answers) expect(answer).toMatch(/^200 .*"value"|^429 .*TOO_BUSY/s);
  // All pairs of a head above 0 are half of 268 million: that goes on for long.
  const long = fetch(at('heads/1/5?matrix=vo&above=0&excludeFuzzy=true'), { headers }).then(
    (response) => response.text(),
    () => 'ended',
  );
  // Others are answered while it runs; then it is interrupted.
  expect((await fetch(new URL('/api/models', url), { headers })).status).toBe(200);
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(await long).toBe('ended');
});

it('warns where other machines can connect', async () => {
  const env = environment({ WEIGHTSCOPE_CACHE: temporary() });
  const child = spawn(process.execPath, [main, 'explore', lexi, '--host', '0.0.0.0', '--port', '0'], { env });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const warned =
    /^Other machines can connect: whoever has this address can ask, and nothing on the way is encrypted\.$/;
  let found = false;
  for await (const line of createInterface({ input: child.stdout })) {
    found = warned.test(line);
    if (found) break;
  }
  child.kill('SIGINT');
  expect([found, await ended]).toEqual([true, 130]);
});
