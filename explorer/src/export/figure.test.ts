import { expect, test } from 'vitest';
import type { ModelInfo } from '../api/types.ts';
import { captionOf, type Figure, factsOf, readingLine } from './figure.ts';

const model = {
  id: 'sample',
  name: 'sample',
  type: 'llama',
  layers: 6,
  fingerprint: '0123456789abcdef0123',
} as ModelInfo;
const figure: Figure = {
  title: 'Head 1:5: pairs of QK',
  what: 'the 68 strongest of 200 listed pairs',
  axes: 'width of a line: score',
  legend: [{ tone: 'read', label: 'query token to key token' }],
  normalised: 'freq',
  svg: () => undefined,
};
const origin = { model, version: '0.1.0', search: { filters: 'ascii' }, link: 'http://127.0.0.1:1/m/sample' };

test('a figure says what it shows, its axes, its normaliser and filters, its model and fingerprint', () => {
  expect(factsOf(figure, origin)).toEqual([
    'the 68 strongest of 200 listed pairs',
    'width of a line: score',
    'normalised by freq · norm not folded in · only tokens that pass: ASCII',
    'sample, llama, 6 layers · fingerprint 0123456789abcdef · weightscope 0.1.0',
  ]);
});

test('numbers that no normaliser touches name none', () => {
  const { normalised: _, ...plain } = figure;
  expect(factsOf(plain, origin).join()).not.toContain('normalised');
});

test('the caption is the same in sentences, with the colours by name and an address that others can follow', () => {
  const caption = captionOf(figure, origin);
  expect(caption).toMatch(/^Head 1:5: pairs of QK\. The 68 strongest/);
  // The name of a model is not the beginning of a sentence.
  expect(caption).toContain('. Model sample, llama');
  const greys = [
    { tone: 'neutral', label: 'listed' },
    { tone: 'edge', label: 'all others' },
  ];
  expect(captionOf({ ...figure, legend: greys }, origin)).toContain('Strong grey: listed; faint grey: all others');
  expect(caption).toMatch(/Teal: query token to key token\.$/);
  expect(captionOf(figure, { ...origin, link: 'https://example.org/m/sample' })).toMatch(
    /Teal: query token to key token\. https:\/\/example\.org\/m\/sample$/,
  );
});

test('how scores were made, in a line', () => {
  expect(readingLine({ filters: 'english,no-special' }, 'freq', 'same')).toBe(
    'normalised by freq · norm not folded in · only tokens that pass: English, no special · same words left out',
  );
  expect(readingLine({}, 'freq', 'fuzzy')).toMatch(/ · all tokens · same and similar words left out$/);
  expect(readingLine({}, 'cosine')).toBe('normalised by cosine · norm not folded in · all tokens');
  expect(readingLine({ normalize: 'none', fold: true, embedding: 'own' }, 'freq')).toBe(
    'not normalised · norm folded in · each side by its own embedding · all tokens',
  );
});
