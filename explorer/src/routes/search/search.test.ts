import { expect, it } from 'vitest';
import { parseWordSearch } from './search.ts';

it('keeps words, part and sign, and nothing that it does not know', () => {
  expect(parseWordSearch({ q: 'cat OR dog', part: 'qk', sign: '-' })).toEqual({
    q: 'cat OR dog',
    part: 'qk',
    sign: '-',
  });
  expect(parseWordSearch({ q: 1984, part: 'value', sign: '+' })).toEqual({ q: '1984' });
  expect(parseWordSearch({ q: '  ', part: 3 })).toEqual({});
  expect(parseWordSearch({ sql: 'SELECT 1' })).toEqual({ sql: 'SELECT 1' });
});
