import { expect, it } from 'vitest';
import { shownInWords } from './shown.ts';

it('says how far out the listed tokens lie among the row’s own scores, without the name of what chance gives', () => {
  const scores = { tokens: 16_384, mean: 0.5, sd: 2, skew: 0, kurtosis: 0, min: -9, max: 22, edges: [], counts: [] };
  expect(shownInWords(50, 8.5, scores)).toBe('top 50 of 16,384, from 4.00 sd up');
  expect(shownInWords(12_000, -0.5, scores)).toBe('top 12,000 of 16,384, from −0.500 sd up');
  expect(shownInWords(0, undefined, scores)).toBe('');
});
