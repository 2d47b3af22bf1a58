import type { Matrix } from '../../engine/engine.ts';
import { norm } from '../embedding.ts';
import { gaussian } from './nulls.ts';

/** Seeded directions, rows of length 1, each as likely as any other: normal numbers divided by their length. */
export function randomDirections(count: number, d: number, seed: number): Matrix {
  const data = Float32Array.from(gaussian(count * d, seed));
  for (let i = 0; i < count; i++) {
    const row = data.subarray(i * d, (i + 1) * d);
    const length = norm(row);
    for (let j = 0; j < d; j++) row[j] /= length;
  }
  return { data, rows: count, columns: d, name: 'random directions' };
}
