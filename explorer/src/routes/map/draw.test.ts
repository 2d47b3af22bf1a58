import { expect, test } from 'vitest';
import { within } from './draw.ts';

test('a word near the edge of the map is moved until all of it is seen', () => {
  expect(within(10, 60, 300)).toBe(30);
  expect(within(150, 60, 300)).toBe(150);
  expect(within(295, 60, 300)).toBe(270);
  expect(within(5, 400, 300)).toBe(150);
});
