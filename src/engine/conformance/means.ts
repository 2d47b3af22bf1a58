import type { Engine, Matrix } from '../engine.ts';
import { adding, type ConformanceCase, close, fail } from './compare.ts';
import { generator, matrix } from './data.ts';

/** Approximate means. */
export const means: ConformanceCase[] = [];
const add = adding(means);

const sameMeans = async (engine: Engine, oracle: Engine, x: Matrix, e: Matrix, served?: boolean): Promise<void> => {
  const [got, expected] = [await engine.columnMeans(x, e, { approximate: true }), await oracle.columnMeans(x, e)];
  if (got.error !== undefined && !(got.error <= 5e-5)) fail(`Expected an error of at most 5e-5, got ${got.error}.`);
  if (served === false && got.error !== undefined) fail(`Expected exact means, got an error of ${got.error}.`);
  for (const of of ['relu', 'abs'] as const) close(got[of], expected[of], of, got.error === undefined ? 1e-6 : 1e-4);
};

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
