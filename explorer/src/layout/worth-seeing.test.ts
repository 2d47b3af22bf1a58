import { expect, test } from 'vitest';
import { highest } from './worth-seeing.ts';

test('the place of the highest value, and none where nothing is defined', () => {
  const column = { layer: [0, 0, 1, 1], index: [0, 1, 0, 1], value: [null, 0.5, 2, 2] };
  expect(highest(column)).toEqual({ layer: 1, index: 0 });
  expect(highest({ layer: [0], index: [0], value: [null] })).toBeUndefined();
});
