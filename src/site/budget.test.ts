import { expect, it } from 'vitest';
import type { Model } from '../model/types.ts';
import { openModel } from '../node.ts';
import { checkBudget, memoryNeed } from './budget.ts';

/** A model of a shape, of which only headers are known. */
function shaped(vocab: number, hidden: number, neurons: number, gated: boolean, bytes = 2): Model {
  const table = { count: vocab, width: hidden, tensors: ['e'] };
  return {
    name: 'a model',
    parameters: new Map([['unembed', table]]),
    tensors: new Map([['e', { start: 0, end: vocab * hidden * bytes }]]),
    dimensions: { hidden, neurons, gated },
  } as unknown as Model;
}

it.each([
  ['gpt2-medium', shaped(50_257, 1024, 4096, false, 4)],
  ['SmolLM2-360M', shaped(49_152, 960, 2560, true)],
  ['Qwen2.5-0.5B', shaped(151_936, 896, 4864, true)],
])('takes %s', (_, model) => {
  expect(() => checkBudget(model)).not.toThrow();
});

it.each([
  ['Llama-3.2-1B', shaped(128_256, 2048, 8192, true)],
  ['gemma-2-2b', shaped(256_000, 2304, 9216, true)],
])('refuses %s, saying what it needs and what to do', (_, model) => {
  expect(() => checkBudget(model)).toThrow(
    expect.objectContaining({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/2\.0 GB.*needs about [3-9].*explore/),
    }),
  );
});

it('counts the sample at a few hundred megabytes', async () => {
  const model = await openModel('sample');
  expect(memoryNeed(model)).toBeGreaterThan(3e8);
  expect(memoryNeed(model)).toBeLessThan(5e8);
  expect(() => checkBudget(model, 1e8)).toThrow('a page may take');
});
