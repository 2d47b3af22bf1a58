import type { Matrix } from '../engine/engine.ts';
import type { Model } from '../model/types.ts';
import { Kept } from './kept.ts';
import { parameter } from './parameters.ts';

const embeddings = new Kept<Matrix>();
const norms = new Kept<Float64Array>();

/** E [V, d]: the matrix vectors are read with. Read once per model and kept with it. */
export function embedding(model: Model, which: 'unembed' | 'embed' = 'unembed', signal?: AbortSignal): Promise<Matrix> {
  return embeddings.get(model, which, signal, async () => {
    const source = parameter(model, which);
    return { data: await source.read(0, source.count, signal), rows: source.count, columns: source.width, name: which };
  });
}

/** |E_i| for every row, fp64 [V]; 1 for a row of zeros, whose scores are 0 whatever they are divided by. */
export function rowNorms(
  model: Model,
  which: 'unembed' | 'embed' = 'unembed',
  signal?: AbortSignal,
): Promise<Float64Array> {
  return norms.get(model, which, signal, async () => {
    const e = await embedding(model, which, signal);
    return Float64Array.from(
      { length: e.rows },
      (_, i) => norm(e.data.subarray(i * e.columns, (i + 1) * e.columns)) || 1,
    );
  });
}

/** Euclidean length, summed in fp64. */
export function norm(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  return Math.sqrt(sum);
}

/** Rows [start, end) of E, row i divided by `divisor[i]`: in fp64, rounded once to fp32. */
export function scaledRows(e: Matrix, divisor: Float64Array | undefined, start: number, end: number): Matrix {
  const d = e.columns;
  const rows = e.data.subarray(start * d, end * d);
  const shape = { rows: end - start, columns: d, name: e.name };
  if (!divisor) return { data: rows, ...shape };
  const data = new Float32Array(rows.length);
  for (let i = start, at = 0; i < end; i++) {
    const by = divisor[i];
    for (const stop = at + d; at < stop; at++) data[at] = rows[at] / by;
  }
  return { data, ...shape };
}
