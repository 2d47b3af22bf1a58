import { expect, test } from 'vitest';
import { parseHeadSearch } from './search.ts';

test('a shared address gives its view back', () => {
  const search = {
    matrix: 'vo',
    end: 'lowest',
    beyond: -12.5,
    exclude: 'fuzzy',
    order: 'other',
    list: 50_000,
    id: 540,
    side: 'second',
    pair: '540-1234',
  } as const;
  expect(parseHeadSearch(search)).toEqual(search);
  expect(parseHeadSearch({ ...search, beyond: '75', id: '540', list: '1000' })).toEqual({
    ...search,
    beyond: 75,
    id: 540,
    list: 1000,
  });
});

test('what an address says wrongly is left out', () => {
  const wrong = {
    matrix: 'qk',
    end: 'top',
    beyond: 'x',
    exclude: 'all',
    order: 'vo',
    list: 7,
    id: -1,
    side: 'first',
    pair: '540-',
  };
  expect(parseHeadSearch(wrong)).toEqual({});
  expect(parseHeadSearch({ beyond: '', id: 1.5, list: 200 })).toEqual({});
});
