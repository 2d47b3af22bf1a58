import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, it } from 'vitest';
import { environment, main, weightscope } from './run-cli.ts';

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
