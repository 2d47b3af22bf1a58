import { expect, test } from 'vitest';
import { parseTokenSearch } from './search.ts';

test('a shared address gives its view back, and what it says wrongly is left out', () => {
  expect(parseTokenSearch({ q: ' king', by: 'meaning' })).toEqual({ q: ' king', by: 'meaning' });
  expect(parseTokenSearch({ q: 1984 })).toEqual({ q: '1984' });
  expect(parseTokenSearch({ q: '', by: 'prefix' })).toEqual({});
  expect(parseTokenSearch({ q: 'x'.repeat(1000) }).q).toHaveLength(200);
});
