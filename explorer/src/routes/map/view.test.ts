import { expect, test } from 'vitest';
import { parseMapSearch } from './search.ts';
import { across, down, inside, moved, numbersOf, under, WHOLE, zoomed } from './view.ts';

test('what is under the pointer stays under it when one zooms, and goes with it when one drags', () => {
  const at = under(WHOLE, 600, 150, 420);
  const near = zoomed(WHOLE, 600, 3, 150, 420);
  expect(across(near, 600, at.x)).toBeCloseTo(150, 9);
  expect(down(near, 600, at.y)).toBeCloseTo(420, 9);
  const there = moved(near, 600, 30, -12);
  expect(across(there, 600, at.x)).toBeCloseTo(180, 9);
  expect(down(there, 600, at.y)).toBeCloseTo(408, 9);
  expect(zoomed(WHOLE, 600, 0.1).zoom).toBe(WHOLE.zoom);
});

test('a lasso holds what is within it', () => {
  const line = [
    [0, 0],
    [10, 0],
    [10, 10],
    [5, 2],
    [0, 10],
  ] as const;
  expect([inside(line, 1, 1), inside(line, 5, 8), inside(line, 9, 6), inside(line, 11, 5)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(inside([], 0, 0)).toBe(false);
});

test('numbers come back from base64, the expression from the address', () => {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(Float32Array.of(1.5, -2).buffer)));
  expect([...numbersOf(base64)]).toEqual([1.5, -2]);
  expect(parseMapSearch({ x: ' tok:" king" ' })).toEqual({ x: 'tok:" king"' });
  expect(parseMapSearch({ x: '' })).toEqual({});
});
