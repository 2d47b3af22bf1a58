import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { eigenvalues } from './eigenvalues.ts';
import { type Dense, dense, orthonormal, root, singular, times, timesTransposed, transposed } from './linear.ts';
import { scoreMoments } from './moments.ts';
import { gaussian, sharedItems } from './nulls.ts';

const random = (rows: number, columns: number, seed = 1): Dense => ({
  data: gaussian(rows * columns, seed),
  rows,
  columns,
});
const rowsOf = ({ data, rows, columns }: Dense) =>
  Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

function expectClose(ours: ArrayLike<number>, theirs: ArrayLike<number>, tolerance = 1e-12): void {
  expect(ours.length).toBe(theirs.length);
  for (let i = 0; i < ours.length; i++)
    expect(Math.abs(ours[i] - theirs[i]), `entry ${i}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(theirs[i])),
    );
}

describe('small matrices', () => {
  it.each([
    [1, 1, 1],
    [3, 5, 4],
    [4, 2, 7],
    [5, 5, 1],
  ])('multiply %i x %i rows of length %i', (n, m, d) => {
    const [a, b] = [random(n, d), random(m, d, 2)];
    const expected = rowsOf(a).flatMap((x) => rowsOf(b).map((y) => x.reduce((sum, v, k) => sum + v * y[k], 0)));
    expectClose(timesTransposed(a, b).data, expected);
    expectClose(times(a, transposed(b)).data, expected);
  });

  it('are taken apart and put together again', () => {
    for (const w of [random(3, 8), random(8, 3), random(5, 5)]) {
      const { q, r } = orthonormal(w);
      expectClose(times(q, r).data, transposed(w).data);
      const identity = timesTransposed(transposed(q), transposed(q));
      expectClose(
        identity.data,
        Float64Array.from(identity.data, (_, i) => Number(i % (q.columns + 1) === 0)),
      );
      const { u, s, v } = singular(w);
      const scaledU = { ...u, data: u.data.map((x, i) => x * s[i % u.columns]) };
      expectClose(timesTransposed(scaledU, v).data, w.data);
      const gram = timesTransposed(w, w);
      const half = root(gram);
      expectClose(timesTransposed(half, half).data, gram.data, 1e-11);
    }
  });

  it('have the eigenvalues that are known', () => {
    const turn = dense({ data: [0, -1, 0, 1, 0, 0, 0, 0, 7], rows: 3, columns: 3 });
    const { real, imaginary } = eigenvalues(turn);
    const sorted = real.map((x, i) => [x, imaginary[i]]).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
    expectClose(sorted.flat(), [0, -1, 0, 1, 7, 0]);
  });
});

const PYTHON = process.env.WEIGHTSCOPE_PYTHON ?? '';
describe.skipIf(!PYTHON)(
  `against numpy and scipy, live${PYTHON ? '' : ' (skipped: set WEIGHTSCOPE_PYTHON to a python that has them)'}`,
  () => {
    it('gives the same eigenvalues, singular values, moments and chances', async () => {
      const [square, wide] = [random(64, 64, 3), random(64, 100, 4)];
      const e = { data: Float32Array.from(gaussian(500, 5), (x) => x ** 3), rows: 500, columns: 1 };
      const input = JSON.stringify({ square: rowsOf(square), wide: rowsOf(wide), scores: [...e.data] });
      const script = fileURLToPath(new URL('fixtures/live.py', import.meta.url));
      const theirs = JSON.parse(execFileSync(PYTHON, [script], { input, encoding: 'utf8' }));
      const { real, imaginary } = eigenvalues(square);
      // Conjugates differ in their imaginary parts' signs alone, and rounding may order them either way.
      const order = (values: number[][]) => values.map(([x, y]) => [x, Math.abs(y)]).sort((p, q) => p[0] - q[0]);
      expectClose(order(real.map((x, i) => [x, imaginary[i]])).flat(), order(theirs.eigenvalues).flat(), 1e-10);
      expectClose(singular(wide).s, theirs.singular, 1e-12);
      const x = { data: Float32Array.of(1), rows: 1, columns: 1 };
      const { skew, kurtosis } = await scoreMoments(x, e, { engine: referenceEngine() });
      expectClose([skew[0], kurtosis[0]], [theirs.skew, theirs.kurtosis], 1e-9);
      const { mean, sd } = sharedItems(20, 30, 300);
      expectClose([mean, sd], theirs.shared);
    });
  },
);
