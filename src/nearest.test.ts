import { expect, it } from 'vitest';
import { areMeant, meant, nearest, related } from './nearest.ts';

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

it('finds names with a word in them, in it, or that begin alike, whatever spaces and hyphens are', () => {
  const names = ['logit', 'logit scale', 'Z', 'fold norm', 'layernorm', 'normaliser', 'q'];
  expect(related('logitlens', names)).toEqual(['logit', 'logit scale']);
  expect(related('foldnorm', names)).toEqual(['fold norm']);
  expect(related('norm', names)).toEqual(['fold norm', 'layernorm', 'normaliser']);
  expect(related('normalisation', names)).toEqual(['normaliser']);
  expect(related('logitt', names)).toEqual(['logit']);
  expect(['zq', 'x'.repeat(10_000), ''].map((word) => related(word, ['threshold', 'pair']))).toEqual([[], [], []]);
  expect(areMeant(['logit', 'q'])).toBe(' (is `logit` or `q` meant?)');
});
