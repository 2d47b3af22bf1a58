import { expect, test } from 'vitest';
import { along } from './null-band.tsx';

test('the mean is in the middle, both sides are alike, and what is further away lies further out', () => {
  expect(along(0)).toBe(0);
  expect(along(-3)).toBe(-along(3));
  const places = [0, 1, 2, 5, 20, 100, 200].map(along);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(along(1e9)).toBe(1);
});
