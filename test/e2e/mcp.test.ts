import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, it } from 'vitest';
import { environment, fixtures, json, main, weightscope } from './run-cli.ts';

it('serves the sample to a client of the official SDK, and ends with it', async () => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [main, 'mcp', 'sample'],
    env: environment(),
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  const { pid } = transport;
  const asked = { model: 'sample', layer: 4, neuron: 100, k: 2, parts: 'value', onlyAlnum: true };
  const { content } = await client.callTool({ name: 'neuron', arguments: asked });
  const { parts } = JSON.parse((content as { text: string }[])[0].text);
  expect(parts.value.top.map(({ token }: { token: string }) => token)).toEqual([' Prince', ' Kings']);
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toEqual(
    expect.arrayContaining(['weightscope://docs/start', 'weightscope://docs/glossary']),
  );
  await client.close();
  await expect.poll(() => isRunning(pid!)).toBe(false);
});

it.each([
  ['--adapter', ['base', '--adapter', 'adapter'], 'with'],
  ['--minus', ['merged', '--minus', 'base'], 'minus'],
])('serves what %s makes of a checkpoint, as the command reads it', async (_, [model, flag, other], word) => {
  const [opened, second] = [model, other].map((name) => join(fixtures, 'adapters/lora', name));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [main, 'mcp', opened, flag, second],
    env: environment(),
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  const text = async (name: string, asked: Record<string, unknown>) =>
    JSON.parse(((await client.callTool({ name, arguments: asked })).content as { text: string }[])[0].text);
  const [{ id, name }] = (await text('models', {})).models;
  expect(name).toBe(`${opened} ${word} ${second}`);
  const { parts } = await text('neuron', { model: id, layer: 1, neuron: 8, k: 3, parts: 'value', normalize: 'cosine' });
  const plain = await json(
    'neuron',
    opened,
    '1',
    '8',
    flag,
    second,
    '-k',
    '3',
    '--part',
    'value',
    '--normalize',
    'cosine',
  );
  expect(parts.value.top).toEqual(plain.parts.value.top);
  await client.close();
});

it('ends where there is nobody to ask', async () => {
  const child = spawn(process.execPath, [main, 'mcp', 'sample'], { env: environment(), stdio: 'ignore' });
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
});

it('says what is wrong with what it is started with', async () => {
  const { status, stdout, stderr } = await weightscope(['mcp', 'no-such-model']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain('no-such-model');
});

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
