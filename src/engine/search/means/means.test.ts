import { describe, expect, test } from 'vitest';
import { type Generator, generator, matrix } from '../../conformance/data.ts';
import type { ColumnMeans, Matrix } from '../../engine.ts';
import { referenceEngine } from '../../reference/reference.ts';
import { instantiate } from '../../wasm/instantiate.ts';
import { compile, MAX_BYTES, newMemory } from '../../wasm/module.ts';
import { localSession, type Sessions } from '../session.ts';
import type { TaskName } from '../tasks.ts';
import { columnMeans } from './means.ts';

const { module } = await compile(false, false);
/** Plain SIMD128 on this thread; `ran` gets the rows of e that tasks of fp32, fp64 and single products were about. */
const sessions = (ran: { f32: number; f64: number; each: number }): Sessions => ({
  lanes: 1,
  maxBytes: MAX_BYTES,
  open: async (bytes, scratch) => {
    const session = localSession(instantiate(module, newMemory(bytes, false)), scratch);
    return {
      ...session,
      run: (name, next, result, options) =>
        session.run(name, () => counted(name, next(), ran), result, options) as Promise<void>,
    };
  },
});
const counted = <T extends { args: unknown } | undefined>(name: TaskName, task: T, ran: Record<string, number>): T => {
  const args = task?.args as { products: string; columns: number; from: number; to: number } | undefined;
  if (args && name === 'columns') ran[args.products] += args.columns;
  if (args && name === 'pairSums') ran.each += args.to - args.from;
  return task;
};

const worst = (got: ColumnMeans, expected: ColumnMeans): number =>
  Math.max(
    ...(['relu', 'abs'] as const).flatMap((of) =>
      Array.from(got[of], (v, i) => (v === expected[of][i] ? 0 : Math.abs(v / expected[of][i] - 1))),
    ),
  );

/** Means with fp32 products from the first on, and how many rows of e each kind of products was for. */
const fast = async (x: Matrix, e: Matrix) => {
  const ran = { f32: 0, f64: 0, each: 0 };
  const got = await columnMeans(sessions(ran), x, e, {}, 0);
  return { error: worst(got, await referenceEngine().columnMeans(x, e)), ran };
};

describe('means of fp32 products are checked, and made again in fp64 where they may be wrong', () => {
  const changed = (x: Matrix, value: (value: number, row: number, column: number) => number): Matrix => ({
    ...x,
    data: x.data.map((v, i) => value(v, Math.floor(i / x.columns), i % x.columns)),
  });
  const orthogonal = (e: Matrix, c: Float32Array): Matrix => {
    const d = e.columns;
    const square = c.reduce((sum, v) => sum + v * v, 0);
    return changed(e, (v, row, t) => {
      let product = 0;
      for (let s = 0; s < d; s++) product += c[s] * e.data[row * d + s];
      return v - (product / square) * c[t];
    });
  };
  const shapes: [string, (g: Generator, x: Matrix, e: Matrix) => [Matrix, Matrix]][] = [
    ['rows of x that are equal', (_, x, e) => [changed(x, (_, __, t) => x.data[t]), e]],
    [
      'rows of x near one direction, rows of e orthogonal to it',
      (g, x, e) => {
        const c = matrix(g, 1, x.columns, '').data;
        return [changed(x, (v, _, t) => c[t] + 0.01 * v), orthogonal(e, c)];
      },
    ],
    [
      'one such row of e among zeros and others',
      (g, x, e) => {
        const c = matrix(g, 1, x.columns, '').data;
        const odd = orthogonal(e, c);
        return [
          changed(x, (v, _, t) => c[t] + 0.01 * v),
          changed(e, (v, row, t) => (row === 5 ? odd.data[5 * e.columns + t] : row % 2 ? v : 0)),
        ];
      },
    ],
    [
      'partial sums that are large and cancel',
      (g, x, e) => {
        const c = matrix(g, 1, x.columns, '').data;
        const half = x.columns / 2;
        return [
          changed(x, (v, _, t) => c[t % half] + 0.01 * v),
          changed(e, (v, row, t) => (row % 3 ? v : (t < half ? 1 : -1) * c[t % half])),
        ];
      },
    ],
    ['one row of x that is all there is', (_, x, e) => [changed(x, (v, row) => (row === 7 ? 1e4 * v : v)), e]],
    [
      'rows of x in a hundred copies each',
      (_, x, e) => [changed(x, (_, row, t) => x.data[(row % 20) * x.columns + t]), e],
    ],
    [
      'rows that share all but their last numbers',
      (_, x, e) => [changed(x, (v, _, t) => (t < 120 ? x.data[t] : v)), e],
    ],
    [
      'nothing but positive scores, and nothing but negative ones',
      (_, x, e) => [changed(x, Math.abs), changed(e, (v, row) => (row % 2 ? Math.abs(v) : -Math.abs(v)))],
    ],
    ['zeros', (_, x, e) => [changed(x, () => 0), e]],
  ];
  for (const [name, make] of shapes) {
    test(name, async () => {
      const g = generator(40);
      const { error } = await fast(...make(g, matrix(g, 2000, 128, 'X'), matrix(g, 70, 128, 'E')));
      expect(error).toBeLessThan(1e-6);
    });
  }

  test('four rows of e whose errors are of one sign, among 600 whose errors average out', async () => {
    const [d, half] = [128, 64];
    const g = generator(42);
    // Rows of x are equal in their first half; of the second half two numbers are equal, but others in each row.
    const c = matrix(g, 1, half, '').data.map((v) => v / 256);
    const x = changed(matrix(g, 6000, d, 'X'), (v, _, t) => (t < half ? c[t] : v));
    for (let i = 0; i < x.rows; i++) x.data[i * d + half + 1] = x.data[i * d + half];
    const e = matrix(g, 600, d, 'E');
    for (let row = 0; row < e.rows; row++) {
      const own = e.data.subarray(row * d, (row + 1) * d);
      if (row % 150 === 50) {
        // Nothing but the first half, and a score that is small beside its partial sums.
        own.fill(0, half);
        let [sum, squares] = [0, 0];
        for (let t = 0; t < half - 1; t++) {
          sum += c[t] * own[t];
          squares += sum ** 2;
        }
        own[half - 1] = (Math.sqrt(squares) * 0.0135 - sum) / c[half - 1];
      } else if (row % 10 === 5) {
        // Nothing but the two numbers: scores as small beside what is added, but errors of either sign.
        own.fill(0);
        [own[half], own[half + 1]] = [0.7, -0.68];
      }
    }
    const { error, ran } = await fast(x, e);
    expect(error).toBeLessThan(1e-6);
    // 64 of e with all of x, 600 with some, and those that are made again.
    expect(ran.f64).toBeLessThan(64 + 600 + 20);
  });

  test('ordinary rows keep their fp32 products', async () => {
    const g = generator(41);
    const { error, ran } = await fast(matrix(g, 3000, 64, 'X'), matrix(g, 300, 64, 'E'));
    expect(error).toBeLessThan(5e-7);
    // All of e in one pass, in which some of x are summed apart both ways, and 64 again with all.
    expect(ran).toEqual({ f32: 300, f64: 64, each: 0 });
  });
});
