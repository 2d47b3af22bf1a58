import { expect, test } from 'vitest';
import { firstOf } from './first-of.ts';

test('cards of a model have a title each, and the matrix that was measured', () => {
  const highest = [0.91, 0.88, 0.5].map((value, index) => ({ layer: 3, index, value }));
  const cards = firstOf({ what: 'copying of VO', part: 'vo', highest, lowest: [] }, 'head', 2);
  expect(cards.map(({ title }) => title)).toEqual([
    'highest copying of VO, 0.910',
    'second highest copying of VO, 0.880',
  ]);
  expect(cards.map(({ matrix }) => matrix)).toEqual(['vo', 'vo']);
  expect(firstOf({ what: 'fit of QK', part: 'qk', highest, lowest: [] }, 'head', 1)[0].matrix).toBe('qk');
  expect(firstOf(undefined, 'neuron', 2)).toEqual([]);
});
