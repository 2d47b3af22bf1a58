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

test('and and or between words are what people type for AND and OR', () => {
  expect(said('cat or dog or horse')).toEqual([['word cat'], ['word dog'], ['word horse']]);
  expect(said('king and queen or "or"')).toEqual([['word king', 'word queen'], ['exact or']]);
  expect(said('cat | dog || cow & pig && "|"')).toEqual([
    ['word cat'],
    ['word dog'],
    ['word cow', 'word pig', 'exact |'],
  ]);
  expect(said('|')).toEqual([['word |']]);
  expect(said('cat* or /og$/ AND cow')).toEqual([['prefix cat'], ['regex og$', 'word cow']]);
});

test('they are words where nothing stands between which they could be', () => {
  expect(said('or')).toEqual([['word or']]);
  expect(said('or not')).toEqual([['word or', 'word not']]);
  expect(said('not or')).toEqual([['word not', 'word or']]);
  expect(said('but, and, or')).toEqual([['word but'], ['word and'], ['word or']]);
  expect(said('but OR or OR and')).toEqual([['word but'], ['word or'], ['word and']]);
  expect(said('and or or')).toEqual([['word and'], ['word or']]);
});
