import { expect, test } from 'vitest';
import { joinFilters, oneOf, parseReadingSearch, splitFilters, wholeNumber } from './reading-search.ts';

test('a search keeps what it knows, in one order, and drops defaults and the rest', () => {
  expect(
    parseReadingSearch({ normalize: 'cosine', fold: true, filters: 'no-brackets,ascii,nonsense', other: 1 }),
  ).toEqual({
    normalize: 'cosine',
    fold: true,
    filters: 'ascii,no-brackets',
  });
  expect(parseReadingSearch({ normalize: 'freq', fold: false, filters: '' })).toEqual({});
  expect(parseReadingSearch({ normalize: 'zscore', filters: 3 })).toEqual({});
});

test('filters survive the way into the URL and back', () => {
  expect(splitFilters(joinFilters(['no-special', 'english']))).toEqual(['english', 'no-special']);
  expect(splitFilters(joinFilters([]))).toEqual([]);
});

test('numbers outside their range are not taken', () => {
  expect([wholeNumber(24, 1, 100), wholeNumber('24', 1, 100)]).toEqual([24, 24]);
  for (const bad of [0, 101, 1.5, '', 'x', null, undefined, Number.NaN, {}]) {
    expect(wholeNumber(bad, 1, 100)).toBeUndefined();
  }
});

test('a choice is one of the choices', () => {
  expect(oneOf('vo', ['vo', 'qk'])).toBe('vo');
  expect(oneOf('xx', ['vo', 'qk'])).toBeUndefined();
});
