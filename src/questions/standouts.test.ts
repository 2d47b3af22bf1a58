import { expect, test } from 'vitest';
import { byLayer, entriesOf, extremes, partsOf } from './standouts.ts';

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
