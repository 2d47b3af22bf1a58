import { Matrix as Dense, SingularValueDecomposition } from 'ml-matrix';
import { expect, test } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { seeded } from '../random.ts';
import { layOut } from './layout.ts';
import { vocabularyMap } from './map.ts';
import { principalComponents } from './principal.ts';

test('principal components are those of a singular value decomposition, up to sign', async () => {
  const [rows, columns] = [60, 7];
  const random = seeded(3);
  // Axes of unlike strength, so that the components are determined.
  const data = Float32Array.from({ length: rows * columns }, (_, i) => (random() - 0.5) * 8 ** -(i % columns));
  const { data: found } = await principalComponents({ data, rows, columns }, 2);
  const dense = new Dense(
    Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns))),
  );
  for (let i = 0; i < rows; i++) dense.setRow(i, dense.getRowVector(i).div(dense.getRowVector(i).norm()));
  const mean = dense.mean('column');
  for (let i = 0; i < rows; i++) dense.setRow(i, Dense.sub(dense.getRowVector(i), Dense.rowVector(mean)));
  const svd = new SingularValueDecomposition(dense);
  for (const j of [0, 1]) {
    const own = Array.from({ length: rows }, (_, i) => found[2 * i + j]);
    const right = svd.rightSingularVectors.getColumnVector(j);
    const theirs = dense.mmul(right).to1DArray();
    const sign = Math.sign(own.reduce((sum, value, i) => sum + value * theirs[i], 0));
    for (let i = 0; i < rows; i++) expect(sign * own[i]).toBeCloseTo(theirs[i], 3);
  }
});

test('a layout keeps groups of neighbours together and apart from others, and is the same each time', async () => {
  const [groups, size, k] = [3, 12, 5];
  const n = groups * size;
  const random = seeded(5);
  const start = Float32Array.from({ length: 2 * n }, () => random() - 0.5);
  const index = Uint32Array.from({ length: n * k }, (_, at) => {
    const i = Math.floor(at / k);
    const group = Math.floor(i / size);
    return group * size + ((i - group * size + 1 + (at % k)) % size);
  });
  const points = await layOut(start, { k, index });
  const distance = (i: number, j: number) =>
    Math.hypot(points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]);
  const mean = (alike: boolean): number => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        if ((Math.floor(i / size) === Math.floor(j / size)) !== alike) continue;
        sum += distance(i, j);
        count++;
      }
    }
    return sum / count;
  };
  expect(mean(true) * 2).toBeLessThan(mean(false));
  expect(points.every((value) => value >= -1 && value <= 1)).toBe(true);
  expect(await layOut(start, { k, index })).toEqual(points);
});

test('a model has one map with a point for each row of E, made once, and begun anew after it was given up', async () => {
  const model = tinyModel();
  const engine = referenceEngine();
  await expect(vocabularyMap(model, { engine, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
  });
  const points = await vocabularyMap(model, { engine });
  expect(points.length).toBe(2 * model.dimensions.vocab);
  expect(points.every(Number.isFinite)).toBe(true);
  expect(await vocabularyMap(model, { engine })).toBe(points);
});
