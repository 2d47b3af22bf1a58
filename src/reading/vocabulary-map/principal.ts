import type { Matrix, RunOptions } from '../../engine/engine.ts';
import { pacer } from '../../engine/pause.ts';
import { squared } from '../powers.ts';
import { seeded } from '../random.ts';

/** Rounds of subspace iteration: the map needs the directions' span, not their last digits. */
const ROUNDS = 4;

/**
 * The first `count` principal components of the directions of a matrix's rows, [rows, count]: each row is divided by
 * its length and the mean row taken away. By subspace iteration from a seeded start; a row of zeros stays at zero.
 */
export async function principalComponents(e: Matrix, count: number, run: RunOptions = {}): Promise<Matrix> {
  const { rows, columns: width } = e;
  const k = Math.min(count, width, rows);
  const pause = pacer(run);
  const { scale, mean } = await directions(e, pause);
  let basis = orthonormal(randomRows(k, width), k, width);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(k * width);
    for (let i = 0; i < rows; i++) {
      const along = projected(e, i, scale[i], mean, basis, k);
      for (let j = 0; j < k; j++) {
        const weight = along[j];
        const at = j * width;
        for (let d = 0; d < width; d++) next[at + d] += weight * (e.data[i * width + d] * scale[i] - mean[d]);
      }
      if (i % 256 === 0) await pause((round + i / rows) / (ROUNDS + 1));
    }
    basis = orthonormal(next, k, width);
  }
  const data = new Float32Array(rows * k);
  for (let i = 0; i < rows; i++) {
    if (scale[i] > 0) data.set(projected(e, i, scale[i], mean, basis, k), i * k);
    if (i % 256 === 0) await pause((ROUNDS + i / rows) / (ROUNDS + 1));
  }
  return { data, rows, columns: k, name: 'principal components' };
}

/** One over each row's length (0 for a row of zeros), and the mean of the rows of length 1. */
async function directions({ data, rows, columns }: Matrix, pause: (done: number) => Promise<void>) {
  const scale = new Float64Array(rows);
  const mean = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let d = 0; d < columns; d++) square += squared(data[i * columns + d]);
    scale[i] = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let d = 0; d < columns; d++) mean[d] += (data[i * columns + d] * scale[i]) / rows;
    if (i % 1024 === 0) await pause(0);
  }
  return { scale, mean };
}

function projected(e: Matrix, row: number, scale: number, mean: Float64Array, basis: Float64Array, k: number) {
  const width = e.columns;
  const along = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += (e.data[row * width + d] * scale - mean[d]) * basis[j * width + d];
    along[j] = sum;
  }
  return along;
}

function randomRows(k: number, width: number): Float64Array {
  const random = seeded(1);
  return Float64Array.from({ length: k * width }, () => random() - 0.5);
}

/** Gram and Schmidt over k rows, twice for each row, so that nearly equal ones stay apart. */
function orthonormal(rows: Float64Array, k: number, width: number): Float64Array {
  for (let j = 0; j < k; j++) {
    const row = rows.subarray(j * width, (j + 1) * width);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < j; i++) {
        const other = rows.subarray(i * width, (i + 1) * width);
        let dot = 0;
        for (let d = 0; d < width; d++) dot += row[d] * other[d];
        for (let d = 0; d < width; d++) row[d] -= dot * other[d];
      }
    }
    let square = 0;
    for (let d = 0; d < width; d++) square += squared(row[d]);
    const length = Math.sqrt(square);
    for (let d = 0; d < width; d++) row[d] = length > 0 ? row[d] / length : 0;
  }
  return rows;
}
