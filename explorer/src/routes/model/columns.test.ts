import { expect, test } from 'vitest';
import { byLayer, colourScale, entriesOf, extremes, histogramOf, partsOf, strength } from './columns.ts';

const STATISTIC = {
  kind: 'heads' as const,
  name: 'copying',
  source: 'live' as const,
  layer: [0, 0, 1, 1, 1],
  index: [0, 1, 0, 1, 0],
  part: ['vo', 'vo', 'vo', 'vo', 'qk'],
  value: [0.5, null, -0.25, 1, 9],
  summary: [],
};

test('values stand by layer and index, one part at a time', () => {
  expect(partsOf(STATISTIC)).toEqual(['vo', 'qk']);
  expect(byLayer(STATISTIC, 'vo')).toEqual([
    [0.5, null],
    [-0.25, 1],
  ]);
  expect(byLayer(STATISTIC, 'qk')).toEqual([[], [9]]);
  expect(entriesOf(byLayer(STATISTIC, 'vo'))).toEqual([
    { layer: 0, index: 0, value: 0.5 },
    { layer: 1, index: 0, value: -0.25 },
    { layer: 1, index: 1, value: 1 },
  ]);
});

test('with experts the first stands for its layer', () => {
  const statistic = {
    ...STATISTIC,
    layer: [0, 0],
    index: [0, 0],
    part: ['value', 'value'],
    value: [1, 2],
    expert: [0, 1],
  };
  expect(byLayer(statistic, 'value')).toEqual([[1]]);
});

test('extremes come most extreme first', () => {
  const { highest, lowest } = extremes(
    entriesOf([
      [1, 5, -3],
      [4, -9],
    ]),
    2,
  );
  expect(highest.map(({ value }) => value)).toEqual([5, 4]);
  expect(lowest.map(({ value }) => value)).toEqual([-9, -3]);
});

test('an outlier does not bleach a scale; signs have a pole each', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
  const scale = colourScale([...values, 1e6]);
  expect(scale.signed).toBe(false);
  expect(scale.high).toBeLessThan(1.1);
  expect(strength(scale, 1e6)).toBe(1);
  const signed = colourScale([-2, -1, 0, 1]);
  expect(signed).toEqual({ low: -2, high: 2, signed: true });
  expect([-2, 0, 1, 5].map((value) => strength(signed, value))).toEqual([-1, 0, 0.5, 1]);
  expect(strength(colourScale([3, 3]), 3)).toBe(0.5);
  expect(colourScale([])).toEqual({ low: 0, high: 0, signed: false });
});

test('a histogram loses nothing', () => {
  const counts = histogramOf([-5, 0, 0.1, 0.5, 1, 7], 0, 1, 2);
  expect(counts).toEqual([3, 3]);
});
