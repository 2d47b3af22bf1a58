import { expect, test } from 'vitest';
import { withoutOverlap } from './labels.ts';
import { dragged, look } from './rotation.ts';

test('of labels that would cover each other the first is written', () => {
  const at = (x: number, y: number) => ({ x, y, width: 10, height: 4 });
  expect(withoutOverlap([at(0, 0), at(5, 0), at(10, 0), at(5, 3), at(5, 4)])).toEqual([true, false, true, false, true]);
});

test('a quarter turn brings the right side to the back', () => {
  const [seen] = look(Float32Array.of(1, 0, 0), { turn: Math.PI / 2, tilt: 0 });
  expect(seen!.x).toBeCloseTo(0, 6);
  expect(seen!.depth).toBeCloseTo(-1, 6);
  const [same] = look(Float32Array.of(0.5, 0.25, 0), { turn: 0, tilt: 0 });
  expect([same!.x, same!.y, same!.depth]).toEqual([0.5, 0.25, 0]);
});

test('turning keeps distances to the middle; what is near is drawn larger', () => {
  const points = Float32Array.of(0, 0, 1, 0.1, 0, 1, 0, 0, -1, 0.1, 0, -1);
  const [a, b, c, d] = look(points, { turn: 0, tilt: 0 });
  expect(b!.x - a!.x).toBeGreaterThan(d!.x - c!.x);
});

test('a drag cannot tilt past the poles', () => {
  expect(dragged({ turn: 0, tilt: 0 }, 100, 10_000)).toEqual({ turn: 1, tilt: Math.PI / 2 });
});
