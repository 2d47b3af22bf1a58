import { expect, test } from 'vitest';
import { moved } from './roving.ts';

test('arrows move by one and stop at the edges', () => {
  const at = { row: 0, column: 2 };
  expect(moved(at, 'ArrowLeft', 2, 3)).toEqual({ row: 0, column: 1 });
  expect(moved(at, 'ArrowRight', 2, 3)).toEqual(at);
  expect(moved(at, 'ArrowUp', 2, 3)).toEqual(at);
  expect(moved(at, 'ArrowDown', 2, 3)).toEqual({ row: 1, column: 2 });
  expect(moved(at, 'Home', 2, 3)).toEqual({ row: 0, column: 0 });
  expect(moved(at, 'End', 2, 3)).toEqual(at);
  expect(moved(at, 'Enter', 2, 3)).toBeUndefined();
});
