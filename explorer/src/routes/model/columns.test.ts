import { expect, test } from 'vitest';
import { colourScale, histogramOf, strength } from './columns.ts';

test('an outlier does not bleach a scale; signs have a pole each', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
  const scale = colourScale([...values, 1e6]);
  expect(scale.signed).toBe(false);
  expect(scale.high).toBeLessThan(1.1);
  expect(strength(scale, 1e6)).toBe(1);
  const signed = colourScale([-2, -1, 0, 1]);
  expect(signed).toEqual({ low: -2, high: 2, signed: true, beyond: { low: 0, high: 0 } });
  expect([-2, 0, 1, 5].map((value) => strength(signed, value))).toEqual([-1, 0, 0.5, 1]);
  expect(strength(colourScale([3, 3]), 3)).toBe(0.5);
  expect(colourScale([])).toMatchObject({ low: 0, high: 0, signed: false });
});

test('a histogram loses nothing', () => {
  const counts = histogramOf([-5, 0, 0.1, 0.5, 1, 7], 0, 1, 2);
  expect(counts).toEqual([3, 3]);
});

test('a scale says how many values have the colour of an end that they lie beyond', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
  expect(colourScale([...values, -1e6, 1e6, 1e7]).beyond).toEqual({ low: 10, high: 10 });
  const signed = colourScale([...values.map((value) => value - 0.5), -7]);
  expect(signed).toMatchObject({ low: -0.491, beyond: { low: 10 } });
  expect([colourScale([1, 2, 3]).beyond, colourScale([]).beyond]).toEqual([
    { low: 0, high: 0 },
    { low: 0, high: 0 },
  ]);
});
