import { expect, it } from 'vitest';
import { titleOf } from './title.ts';

it.each([
  ['/m/sample/neuron/4/100', 'neuron 4:100 · sample · weightscope'],
  ['/m/sample/head/1/5', 'head 1:5 · sample · weightscope'],
  ['/m/sample/token', 'token · sample · weightscope'],
  ['/m/my%20model', 'my model · weightscope'],
  ['/compare', 'compare · weightscope'],
  ['/board', 'board · weightscope'],
  ['/open', 'open · weightscope'],
  ['/', 'weightscope'],
])('%s is called %s', (path, title) => {
  expect(titleOf(path)).toBe(title);
});
