import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModel, readNeuron } from '../node.ts';
import { Session } from './session.node.ts';

const run = () => ({ signal: new AbortController().signal, progress: () => {} });

it('opens, asks and closes models by ids that are given once', async () => {
  const session = new Session();
  const first = await session.open({ location: 'sample' }, run());
  const second = await session.open({ location: 'sample', name: 'again/sample' }, run());
  expect([first.id, second.id]).toEqual(['sample', 'sample-2']);
  const asked = { model: 'sample', layer: 4, neuron: 100, k: 3 };
  const answer = (await session.ask('neuron', asked, run())) as { parts: unknown };
  const { parts } = await readNeuron(await openModel('sample'), 4, 100, { k: 3, chance: false });
  expect(answer.parts).toEqual(JSON.parse(JSON.stringify(parts)));
  const { main, facts } = session.frames({ question: 'neuron', asked, answer });
  expect(main.label).toHaveLength(9);
  expect(facts.neuron).toEqual([100]);
  expect(session.html({ question: 'neuron', asked, answer })).toContain('neuron 4:100 of sample');
  await session.close('sample');
  await expect(session.ask('neuron', asked, run())).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  const third = await session.open({ location: 'sample' }, run());
  expect(third.id).toBe('sample-3');
  await session.close(second.id);
  await session.close(third.id);
  await expect(session.ask('neuron', asked, run())).rejects.toThrow('got "sample", and none is open');
});

it('removes a temporary folder when its model is closed', async () => {
  const session = new Session();
  const folder = mkdtempSync(join(tmpdir(), 'weightscope-test-'));
  const { id } = await session.open({ location: 'sample', temporary: folder }, run());
  expect(session.temporary).toEqual([folder]);
  await session.close(id);
  expect(existsSync(folder)).toBe(false);
  expect(session.temporary).toEqual([]);
});

it('answers any path of the API, and says what is wrong with a code', async () => {
  const session = new Session();
  const { status, type, body } = await session.get('/api/models', run().signal);
  expect([status, type, JSON.parse(body).models]).toEqual([200, 'application/json', []]);
  expect((await session.get('/api/nothing', run().signal)).status).toBe(404);
  await expect(session.ask('tomato', {}, run())).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(session.open({ location: 'no/such/file.gguf' }, run())).rejects.toMatchObject({
    code: 'SOURCE_NOT_FOUND',
  });
  await expect(session.open({ location: 'sample', atlas: 'x', minus: 'sample' }, run())).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
  });
  await expect(session.open({ location: 'sample', atlas: 'sample' }, run())).rejects.toMatchObject({
    code: 'ATLAS_MISMATCH',
  });
});

it('titles an answer that does not say what it is of', async () => {
  const session = new Session();
  await session.open({ location: 'sample' }, run());
  const asked = { model: 'sample', layer: 1, neuron: 2, part: 'key' };
  const answer = await session.ask('neuronNumbers', asked, run());
  expect(session.html({ question: 'neuronNumbers', asked, answer })).toContain(
    'The numbers of one of its vectors · 1:2 · sample',
  );
  await session.close('sample');
});
