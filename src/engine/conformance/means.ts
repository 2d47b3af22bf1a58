import type { Engine, Matrix } from '../engine.ts';
import { adding, type ConformanceCase, close, fail } from './compare.ts';
import { type Generator, generator, matrix, scaleRows } from './data.ts';

/** Means at the edges of what fp32 sums can do, and approximate ones. */
export const means: ConformanceCase[] = [];
const add = adding(means);

const exactly = async (engine: Engine, oracle: Engine, x: Matrix, e: Matrix): Promise<void> => {
  const [got, expected] = [await engine.columnMeans(x, e), await oracle.columnMeans(x, e)];
  if (got.error !== undefined) fail(`Expected exact means, got an error of ${got.error}.`);
  for (const of of ['relu', 'abs'] as const) close(got[of], expected[of], of);
};

add('means of squares, where they are asked for', async (engine, oracle) => {
  const g = generator(34);
  for (const [n, m, d, size] of [
    [3, 5, 7, 1],
    [300, 300, 40, 1],
    [1100, 513, 130, 1e-3],
    [70, 9, 4, 1e18],
  ]) {
    const [x, e] = [matrix(g, n, d, 'X'), matrix(g, m, d, 'E')];
    for (let i = 0; i < x.data.length; i++) x.data[i] *= size;
    const plain = await engine.columnMeans(x, e);
    if (plain.squares) fail('Expected no squares, which were not asked for.');
    const [got, expected] = [
      await engine.columnMeans(x, e, { squares: true }),
      await oracle.columnMeans(x, e, { squares: true }),
    ];
    for (const of of ['relu', 'abs'] as const) {
      close(got[of], expected[of], of);
      close(got.squares?.[of] ?? new Float64Array(), expected.squares![of], `squares of ${of}`, 1e-5);
    }
  }
});

const filled = (rows: number, columns: number, value: number): Matrix => ({
  data: new Float32Array(rows * columns).fill(value),
  rows,
  columns,
});

add('means of numbers whose products leave fp32', async (engine, oracle) => {
  const g = generator(30);
  for (const value of [1e20, -1e20, 3e38, 1e-23, 1e-30, 1e-45]) {
    await exactly(engine, oracle, filled(300, 4, value), filled(5, 4, Math.abs(value)));
  }
  for (const [low, high] of [
    [1e-30, 1e-20],
    [1e-38, 1e38],
    [1e-45, 1e-40],
    [1e15, 1e30],
  ]) {
    for (const n of [3, 300]) {
      const [x, e] = [matrix(g, n, 40, 'X'), matrix(g, 90, 40, 'E')];
      scaleRows(g, x, low, high);
      scaleRows(g, e, low, high);
      await exactly(engine, oracle, x, e);
    }
  }
  // Only the tiny rows of x see some rows of e, and what underflows is all that these have.
  const [x, e] = [matrix(g, 280, 8, 'X'), matrix(g, 20, 8, 'E')];
  for (let i = 0; i < 280; i++) for (let t = 0; t < 8; t++) x.data[i * 8 + t] *= t < 4 === i < 140 ? 1e-24 : 0;
  for (let j = 0; j < 20; j++) for (let t = 0; t < 8; t++) e.data[j * 8 + t] *= t < 4 ? 0 : 1e-21;
  for (let i = 0; i < 140; i++) x.data[i * 8] = 1;
  await exactly(engine, oracle, x, e);
});

/** Rows near one direction, `apart` from it, and rows of e of which every other one is orthogonal to that direction. */
const alongOne = (g: Generator, n: number, m: number, d: number, apart: number): [Matrix, Matrix] => {
  const [c, x, e] = [matrix(g, 1, d, '').data, matrix(g, n, d, 'X'), matrix(g, m, d, 'E')];
  for (let i = 0; i < x.data.length; i++) x.data[i] = c[i % d] + apart * x.data[i];
  const square = c.reduce((sum, value) => sum + value * value, 0);
  for (let j = 0; j < m; j += 2) {
    let product = 0;
    for (let t = 0; t < d; t++) product += c[t] * e.data[j * d + t];
    for (let t = 0; t < d; t++) e.data[j * d + t] -= (product / square) * c[t];
  }
  return [x, e];
};

add('means where errors of fp32 products do not average out', async (engine, oracle) => {
  const g = generator(31);
  for (const apart of [0, 1e-7, 1e-4, 0.01]) {
    for (const [n, m, d] of [
      [300, 60, 64],
      [2000, 20, 300],
    ]) {
      await exactly(engine, oracle, ...alongOne(g, n, m, d, apart));
    }
  }
  // Rows that are equal but for their last numbers, and rows with one sum in all products but a few.
  const [x, e] = [matrix(g, 600, 70, 'X'), matrix(g, 40, 70, 'E')];
  for (let i = 1; i < 600; i++) x.data.copyWithin(i * 70, 0, 66);
  await exactly(engine, oracle, x, e);
});

const sameMeans = async (engine: Engine, oracle: Engine, x: Matrix, e: Matrix, served?: boolean): Promise<void> => {
  const [got, expected] = [await engine.columnMeans(x, e, { approximate: true }), await oracle.columnMeans(x, e)];
  if (got.error !== undefined && !(got.error <= 5e-3)) fail(`Expected an error of at most 5e-3, got ${got.error}.`);
  if (served === false && got.error !== undefined) fail(`Expected exact means, got an error of ${got.error}.`);
  for (const of of ['relu', 'abs'] as const) {
    close(got[of], expected[of], of, got.error === undefined ? 1e-6 : 1e-4);
    // What is said holds for every row.
    close(got[of], expected[of], of, got.error ?? 1e-6);
  }
};

add('approximate means: rows that see only what rounding lost most of', async (engine, oracle) => {
  const g = generator(32);
  const [d, m] = [64, 1000];
  const [x, e] = [matrix(g, 2000, d, 'X'), matrix(g, m, d, 'E')];
  // x is small on half of its dimensions, and one row of e in a hundred lives there, none among 64 at equal distances.
  for (let i = 0; i < x.data.length; i++) if (i % d >= 32) x.data[i] *= 0.01;
  for (let j = 7; j < m; j += 100) e.data.fill(0, j * d, j * d + 32);
  await sameMeans(engine, oracle, x, e);
  for (const tiny of [1e-3, 1e-5]) {
    await sameMeans(engine, oracle, { ...x, data: x.data.map((v, i) => (i % d >= 32 ? v * tiny : v)) }, e);
  }
  // What rounding loses is the same in all rows.
  const rows = Float32Array.from({ length: 2000 * d }, (_, i) => x.data[i % d]);
  await sameMeans(engine, oracle, { ...x, data: rows }, e);
});

add(
  'approximate means: within 1e-4, at odd sizes, with zero rows, sizes far apart and single large entries',
  async (engine, oracle) => {
    const g = generator(16);
    for (const [n, m, d] of [
      [256, 1, 1],
      [1000, 65, 7],
      [1537, 241, 40],
      [601, 97, 129],
    ]) {
      const [x, e] = [matrix(g, n, d, 'X'), matrix(g, m, d, 'E')];
      await sameMeans(engine, oracle, x, e);
      for (let i = 0; i < n; i++)
        for (let t = 0; t < d; t++) x.data[i * d + t] *= i % 5 === 0 ? 0 : 10 ** ((i % 7) - 3);
      for (let j = 0; j < m; j++)
        for (let t = 0; t < d; t++) e.data[j * d + t] *= j % 4 === 1 ? 0 : 10 ** ((j % 13) - 6);
      await sameMeans(engine, oracle, x, e);
      for (let i = 0; i < n; i += 2) x.data[i * d + (i % d)] = 1000;
      for (let j = 0; j < m; j += 3) e.data[j * d + (j % d)] = -1000;
      await sameMeans(engine, oracle, x, e);
      await sameMeans(engine, oracle, { ...x, data: x.data.map(() => 1) }, { ...e, data: e.data.map(() => -3) });
    }
  },
);

add(
  'approximate means: what is said holds for rows that are exact, beside rows without an error',
  async (engine, oracle) => {
    // Of negative products alone nothing is left for relu, so that row is made exactly; all others are zero.
    const x = { data: Float32Array.from(matrix(generator(18), 856, 1, 'X').data, Math.abs), rows: 856, columns: 1 };
    const e = { data: Float32Array.from({ length: 9 }, (_, row) => (row === 3 ? -1.197 : 0)), rows: 9, columns: 1 };
    await sameMeans(engine, oracle, x, e);
  },
);

add('approximate means: exact ones where 16 bits cannot serve', async (engine, oracle) => {
  const g = generator(17);
  const d = 30;
  const [x, e] = [matrix(g, 600, d, 'X'), matrix(g, 90, d, 'E')];
  await sameMeans(engine, oracle, matrix(g, 100, d, 'X'), e, false);
  await sameMeans(engine, oracle, { ...x, data: x.data.map((value) => value * 1e15) }, e, false);
  await sameMeans(engine, oracle, { ...x, data: x.data.map((value) => value * 1e-30) }, e, false);
  // One dimension takes all bits, and the other matrix does not have it.
  const lost = { ...x, data: x.data.map((value, i) => (i % d === 0 ? 1e5 : value)) };
  await sameMeans(engine, oracle, lost, { ...e, data: e.data.map((value, i) => (i % d === 0 ? 0 : value)) }, false);
});
