import { expect, test } from 'vitest';
import { columnsOf, rankedRows, withMargin } from './table.ts';

test('a row whose score is a preview’s says so, as a table has no room for notes', () => {
  const rows = rankedRows({ top: [{ id: 1, score: 2, margin: 0.5 }], bottom: [{ id: 3, score: -1, margin: 0.25 }] });
  expect(rows[0]).toEqual({ end: 'top', rank: 1, id: 1, score: 2, preview_margin: 0.5 });
  expect(columnsOf(rows, withMargin(rows, ['id', 'score'])).columns).toEqual({
    id: [1, 3],
    score: [2, -1],
    preview_margin: [0.5, 0.25],
  });
  const exact = rankedRows({ top: [{ id: 1, score: 2 }], bottom: [] });
  expect(withMargin(exact, ['id', 'score'])).toEqual(['id', 'score']);
});
