import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { eigenvalues } from './eigenvalues.ts';
import { type Dense, times, transposed } from './linear.ts';
import { gaussian } from './nulls.ts';

const square = (n: number, data: ArrayLike<number>): Dense => ({ data: Float64Array.from(data), rows: n, columns: n });
const random = (n: number, seed: number): Dense => square(n, gaussian(n * n, seed));

const sorted = ({ real, imaginary }: { real: readonly number[]; imaginary: readonly number[] }) =>
  real.map((x, i): [number, number] => [x, imaginary[i]]);

/** Each of ours has one of theirs close by, and no two the same. */
function expectSame(m: Dense, expected: [number, number][], tolerance: number): void {
  const left = [...expected];
  for (const [x, y] of sorted(eigenvalues(m))) {
    const distances = left.map(([u, v]) => Math.hypot(x - u, y - v));
    const nearest = distances.indexOf(Math.min(...distances));
    expect(distances[nearest], `${x} + ${y}i among ${left.slice(0, 5).join(' ')}`).toBeLessThan(tolerance);
    left.splice(nearest, 1);
  }
  expect(left).toEqual([]);
}

describe('eigenvalues', () => {
  it.each([1, 2, 3, 4, 5, 8, 17, 64])('of random matrices of %i rows are those of ml-matrix', (n) => {
    for (let seed = 1; seed <= (n > 20 ? 3 : 20); seed++) {
      const m = random(n, seed);
      const rows = Matrix.from1DArray(n, n, m.data);
      const { realEigenvalues: real, imaginaryEigenvalues: imaginary } = new EigenvalueDecomposition(rows, {
        assumeSymmetric: false,
      });
      expectSame(m, sorted({ real, imaginary }), 1e-11 * n);
    }
  });

  it('are the same where rows and columns are of very different sizes', () => {
    // By powers of two, which round nothing: D⁻¹ M D has the eigenvalues of M.
    const n = 24;
    for (let seed = 1; seed < 6; seed++) {
      const m = random(n, seed);
      const size = (i: number) => 2 ** (((i * 31 + seed) % 55) - 27);
      const scaled = m.data.map((x, at) => (x * size(at % n)) / size(Math.floor(at / n)));
      expectSame(square(n, scaled), sorted(eigenvalues(m)), 1e-12);
    }
  });

  it('are not lost where one number is 10⁴⁰⁰ times another', () => {
    const entry = (i: number, j: number) => (i === 0 && j === 2 ? 1e200 : i === 2 && j === 0 ? 4e-200 : 0);
    const m = square(
      3,
      Array.from({ length: 9 }, (_, at) => entry(Math.floor(at / 3), at % 3)),
    );
    const two: [number, number][] = [2, -2, 0].map((x) => [x, 0]);
    expectSame(m, two, 1e-14);
  });

  it('of products of reflections, a diagonal and their inverse are the diagonal', () => {
    const n = 12;
    const d = Array.from({ length: n }, (_, i) => (i < 4 ? 3 : i - 7.5));
    for (let seed = 1; seed < 10; seed++) {
      const q = reflection(n, seed);
      const m = times(
        times(
          q,
          square(
            n,
            d.flatMap((x, i) => d.map((_, j) => (i === j ? x : 0))),
          ),
        ),
        transposed(q),
      );
      expectSame(
        m,
        d.map((x) => [x, 0]),
        1e-12,
      );
    }
  });

  it('of rotations are complex, of a cyclic shift the roots of unity', () => {
    expectSame(
      square(2, [0, -2, 2, 0]),
      [
        [0, 2],
        [0, -2],
      ],
      1e-14,
    );
    const n = 9;
    const shift = square(
      n,
      Array.from({ length: n * n }, (_, at) => Number((Math.floor(at / n) + 1) % n === at % n)),
    );
    const roots = Array.from({ length: n }, (_, k): [number, number] => {
      const angle = (2 * Math.PI * k) / n;
      return [Math.cos(angle), Math.sin(angle)];
    });
    expectSame(shift, roots, 1e-13);
  });

  it('of zeros and of triangular matrices are the diagonal', () => {
    expectSame(
      square(3, new Float64Array(9)),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      1e-300,
    );
    expectSame(
      square(3, [1, 5, 6, 0, 2, 7, 0, 0, 3]),
      [
        [1, 0],
        [2, 0],
        [3, 0],
      ],
      1e-14,
    );
    // One eigenvalue three times with one eigenvector: it is known to the cube root of rounding.
    expectSame(
      square(3, [2, 1, 0, 0, 2, 1, 0, 0, 2]),
      [
        [2, 0],
        [2, 0],
        [2, 0],
      ],
      1e-4,
    );
    expect(eigenvalues(square(0, []))).toEqual({ real: [], imaginary: [] });
  });

  it('keeps what is small beside the head of a column, and takes the largest and smallest finite numbers', () => {
    // Only the corner couples the first row with the last: without it the eigenvalues would be 1, 1, 1.
    const m = [1, 0, 1, 1, 1, 0, 1e-9, 1, 1];
    const { real, imaginary } = eigenvalues(square(3, m));
    const expected = companionRoots(m);
    for (const [i, x] of real.entries())
      expect(Math.min(...expected.map(([u, v]) => Math.hypot(u - x, v - imaginary[i])))).toBeLessThan(1e-13);
    const z = random(12, 4);
    const plain = eigenvalues(z);
    for (const by of [2 ** 1015, 2 ** -1000])
      expect(eigenvalues({ ...z, data: z.data.map((x) => x * by) }).real.map((x) => x / by)).toEqual(plain.real);
  });

  it('do not change the matrix, scale with it, and refuse what is no number', () => {
    const m = random(6, 3);
    const before = m.data.slice();
    const { real } = eigenvalues(m);
    expect(m.data).toEqual(before);
    for (const by of [2 ** 200, 2 ** -200])
      expect(
        eigenvalues(
          square(
            6,
            m.data.map((x) => x * by),
          ),
        ).real.map((x) => x / by),
      ).toEqual(real);
    expect(() => eigenvalues(square(4, new Float64Array(16).fill(Number.NaN)))).toThrow(/finite/);
  });
});

/** I - 2 v vᵀ / |v|². */
function reflection(n: number, seed: number): Dense {
  const v = gaussian(n, seed);
  const norm = v.reduce((sum, x) => sum + x * x, 0);
  return square(
    n,
    Array.from(
      { length: n * n },
      (_, at) => Number(Math.floor(at / n) === at % n) - (2 * v[Math.floor(at / n)] * v[at % n]) / norm,
    ),
  );
}

/** Roots of the characteristic polynomial of a 3 x 3 matrix, by Newton's method with deflation (Durand and Kerner). */
function companionRoots([a, b, c, d, e, f, g, h, i]: number[]): [number, number][] {
  const [p2, p1] = [-(a + e + i), a * e - b * d + a * i - c * g + e * i - f * h];
  const p0 = -(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g));
  let roots: [number, number][] = [
    [1.4, 0.3],
    [0.2, -1.1],
    [2.1, 0.9],
  ];
  for (let step = 0; step < 200; step++) {
    roots = roots.map(([x, y], at) => {
      const times = ([u, v]: number[], [s, t]: number[]): [number, number] => [u * s - v * t, u * t + v * s];
      const value = [p2, p1, p0].reduce<[number, number]>(
        (sum, p) => {
          const [u, v] = times(sum, [x, y]);
          return [u + p, v];
        },
        [1, 0],
      );
      const by = roots
        .filter((_, other) => other !== at)
        .reduce<[number, number]>((all, [u, v]) => times(all, [x - u, y - v]), [1, 0]);
      const size = by[0] ** 2 + by[1] ** 2;
      return [x - (value[0] * by[0] + value[1] * by[1]) / size, y - (value[1] * by[0] - value[0] * by[1]) / size];
    });
  }
  return roots;
}
