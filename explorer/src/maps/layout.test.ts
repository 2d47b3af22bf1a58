import { expect, test } from 'vitest';
import { decodeRows, framed, layOut, type Method } from './layout.ts';

/** Two bundles of directions at right angles, with a little noise of a fixed sequence. */
function bundles(each: number, width: number): Float32Array {
  let state = 7;
  const noise = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
  return Float32Array.from({ length: 2 * each * width }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return (column === (row < each ? 0 : 1) ? 3 : 0) + 0.4 * noise();
  });
}

const last = (rows: Float32Array, width: number, method: Method, dimensions: 2 | 3, seed: number) =>
  [...layOut({ rows, width, method, dimensions, seed })].at(-1)!;

test.each(['tsne', 'umap'] as const)('%s keeps what is alike together, and repeats itself', (method) => {
  const rows = bundles(20, 8);
  for (const dimensions of [2, 3] as const) {
    const { points, done } = last(rows, 8, method, dimensions, 11);
    expect(done).toBe(1);
    expect(points.length).toBe(40 * dimensions);
    expect(Math.max(...points.map(Math.abs))).toBeCloseTo(1, 5);
    const distance = (i: number, j: number) =>
      Math.hypot(
        ...Array.from({ length: dimensions }, (_, c) => points[i * dimensions + c]! - points[j * dimensions + c]!),
      );
    let [within, across] = [0, 0];
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 20; j++) {
        within += distance(i, j);
        across += distance(i, j + 20);
      }
    }
    expect(across).toBeGreaterThan(2 * within);
    expect(last(rows, 8, method, dimensions, 11).points).toEqual(points);
  }
});

test.each([0, 1, 2, 3])('%i rows have a map too', (count) => {
  const { points } = last(bundles(2, 4).subarray(0, count * 4), 4, 'tsne', 2, 1);
  expect(points.length).toBe(count * 2);
  expect([...points].every(Number.isFinite)).toBe(true);
});

test('a frame is centred and keeps proportions', () => {
  expect([
    ...framed(
      [
        [0, 10],
        [4, 12],
      ],
      2,
    ),
  ]).toEqual([-1, -0.5, 1, 0.5]);
  expect([...framed([[5, 5]], 2)]).toEqual([0, 0]);
});

test('rows come as little-endian fp32 in base64', () => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat32(0, 1.5, true);
  new DataView(bytes.buffer).setFloat32(4, -2, true);
  expect([...decodeRows(btoa(String.fromCharCode(...bytes)))]).toEqual([1.5, -2]);
});
