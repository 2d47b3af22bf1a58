import { expect, test } from 'vitest';
import { parseTerms } from './terms.ts';

const said = (query: string) => parseTerms(query).map((all) => all.map(({ kind, text }) => `${kind} ${text}`));

test('a list with commas is what people type for one of several words', () => {
  const animals = [['word cat'], ['word dog'], ['word horse']];
  for (const query of [
    'cat, dog, horse',
    'cat,dog,horse',
    'cat, dog, horse,',
    'cat, OR dog, horse',
    'cat OR dog OR horse',
  ])
    expect(said(query), query).toEqual(animals);
  expect(said('" cat", dog*, /rse$/, cow')).toEqual([['exact  cat'], ['prefix dog'], ['regex rse$'], ['word cow']]);
  expect(said('cat dog, horse')).toEqual([['word cat', 'word dog'], ['word horse']]);
});

test('a comma that is looked for stays one', () => {
  expect(said(',')).toEqual([['word ,']]);
  expect(said('king , queen')).toEqual([['word king', 'word ,', 'word queen']]);
  expect(said('),')).toEqual([['word ),']]);
  expect(said('"king,"')).toEqual([['exact king,']]);
});
