import { adding, type ConformanceCase, close, same, samePairs, sameRows, scoreAt, value } from './compare.ts';
import { generator, matrix } from './data.ts';

/** Sizes around vector widths, and nothing at all. */
export const sizes: ConformanceCase[] = [];
const add = adding(sizes);

for (const [n, m, d] of [
  [1, 1, 1],
  [3, 5, 7],
  [17, 31, 15],
  [64, 65, 16],
  [33, 129, 33],
  [130, 67, 63],
  [257, 255, 64],
  [70, 300, 65],
  [40, 90, 257],
  [19, 70, 576],
]) {
  add(`sizes around vector widths: [${n}, ${d}] and [${m}, ${d}]`, async (engine, oracle) => {
    const g = generator(n * 1000 + m + d);
    const [a, b] = [matrix(g, n, d, 'A'), matrix(g, m, d, 'B')];
    await samePairs(engine, oracle, a, b, { k: 20 });
    await samePairs(engine, oracle, a, b, { k: 20, end: 'bottom' });
    await samePairs(engine, oracle, a, b, { k: 0, above: await scoreAt(oracle, a, b, Math.floor((n * m) / 3)) });
    await sameRows(engine, oracle, a, b, { k: 9, ends: 'both', columns: { k: 4, ends: 'both' } });
    const [got, expected] = [await engine.columnMeans(a, b), await oracle.columnMeans(a, b)];
    close(got.relu, expected.relu, 'relu');
    close(got.abs, expected.abs, 'abs');
    same(value(await engine.matmul(a, b)), value(await oracle.matmul(a, b)), 'matmul');
  });
}

add('empty matrices and rows of length 0', async (engine, oracle) => {
  const g = generator(1);
  for (const [n, m, d] of [
    [0, 5, 4],
    [5, 0, 4],
    [0, 0, 4],
    [3, 4, 0],
  ]) {
    const [a, b] = [matrix(g, n, d, 'A'), matrix(g, m, d, 'B')];
    await samePairs(engine, oracle, a, b, { k: 3 });
    await sameRows(engine, oracle, a, b, { k: 3, ends: 'both', columns: { k: 2, ends: 'both' } });
    same(value(await engine.columnMeans(a, b)), value(await oracle.columnMeans(a, b)), 'means');
    same(value(await engine.matmul(a, b)), value(await oracle.matmul(a, b)), 'matmul');
  }
});
