import { expect, it } from 'vitest';
import { meant, nearest } from './nearest.ts';

it.each([
  ['smaple', 'sample'],
  ['frq', 'freq'],
  ['SAMPLE', 'sample'],
  ['ff.vlue', 'ff.value'],
  ['gpt2', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
])('takes %s for %s', (typed, name) => {
  expect(nearest(typed, ['freq', 'ff.value', 'sample', 'vocabulary'])).toBe(name);
});

it('asks whether a near name is meant', () => {
  expect(meant('frq', ['freq'])).toBe(' (is `freq` meant?)');
  expect(meant('head', ['freq'])).toBe('');
});
