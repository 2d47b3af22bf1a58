import { expect, test } from 'vitest';
import { matrixOf, parseHeadSearch } from './search.ts';

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

test('a head opens on what it writes, and an address that names a matrix on that', () => {
  expect([{}, { matrix: 'vo' }, { matrix: 'qk' }].map((one) => matrixOf(parseHeadSearch(one)))).toEqual([
    'vo',
    'vo',
    'qk',
  ]);
  // QK was what an address without a name meant: pairs, tokens and thresholds of it were shared so.
  for (const old of [{ pair: '540-1234' }, { id: 540 }, { beyond: 75 }])
    expect(parseHeadSearch(old)).toEqual({ matrix: 'qk', ...old });
});

test('what an address says wrongly is left out', () => {
  const wrong = {
    matrix: 'q',
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
