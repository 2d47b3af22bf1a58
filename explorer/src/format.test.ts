import { expect, test } from 'vitest';
import { formatCount, formatDuration, formatScore, formatSpread, plural, scoreFormat } from './format.ts';

test('scores have three digits and a true minus', () => {
  expect([114.2, 62, 5.516, 0.04321, -3.6, 0, -0.0000001, 2415.7].map(formatScore)).toEqual([
    '114',
    '62.0',
    '5.52',
    '0.0432',
    '−3.60',
    '0.00',
    '−0.00000010',
    '2,416',
  ]);
  expect(formatScore(Number.NaN)).toBe('–');
});

test('a mean has the decimals that its deviation tells', () => {
  expect(formatSpread(-0.0237, 0.151)).toBe('−0.02 ± 0.15');
  expect(formatSpread(0.000061, 0.000122)).toBe('0.00006 ± 0.00012');
  expect(formatSpread(0, 0)).toBe('0.0 ± 0.0');
});

test('a column has the decimals of its largest number, and no minus zero', () => {
  const format = scoreFormat([5.5, -3.25, 0.001]);
  expect([5.5, -3.25, -0.001].map(format)).toEqual(['5.50', '−3.25', '0.00']);
  expect(scoreFormat([])(1)).toBe('1.00');
});

test('counts, times and plurals', () => {
  expect(formatCount(2415919104)).toBe('2,415,919,104');
  expect([plural(1, 'neuron'), plural(1536, 'neuron')]).toEqual(['1 neuron', '1,536 neurons']);
  expect([0.2, 12.4, 180, 4800].map(formatDuration)).toEqual(['1 s', '12 s', '3 min', '1 h 20 min']);
});
