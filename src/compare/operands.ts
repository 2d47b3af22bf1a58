import type { Engine, Matrix } from '../engine/engine.ts';
import type { Model } from '../model/types.ts';
import { parametersOf, readVectors, type VectorKind } from '../reading/parameters.ts';
import { sampleIndices, seeded } from '../reading/random.ts';
import { type Dense, rounded } from '../reading/statistics/linear.ts';
import type { Moments } from './space.ts';

/** Which vectors of a layer are compared. */
export interface Chosen {
  kind: VectorKind;
  foldNorm?: boolean;
  /** At most so many of a layer, drawn with `seed`; default all. */
  sample?: number;
  seed?: number;
}

/** Vectors of one layer: `index[i]` says which one row i is (with experts, counted through them all). */
export interface LayerVectors {
  readonly vectors: Matrix;
  readonly index: Uint32Array;
}

/** The vectors of one kind in one layer, those of all experts one after the other; undefined where there are none. */
export async function layerVectors(
  model: Model,
  layer: number,
  { kind, foldNorm, sample, seed = 0 }: Chosen,
  signal?: AbortSignal,
): Promise<LayerVectors | undefined> {
  const sources = parametersOf(model, layer, kind);
  if (sources.length === 0) return undefined;
  const parts = [];
  for (const source of sources) parts.push(await readVectors(model, { layer, kind, source }, { foldNorm, signal }));
  const vectors = parts.length === 1 ? parts[0] : stacked(parts);
  if (sample === undefined || sample >= vectors.rows)
    return { vectors, index: Uint32Array.from({ length: vectors.rows }, (_, i) => i) };
  const index = Uint32Array.from(sampleIndices(sample, vectors.rows, seeded(seed ^ Math.imul(layer + 1, 0x9e3779b9))));
  return { vectors: picked(vectors, index), index };
}

/** One side of a correlation: rows whose dot products with the other side's are correlations. */
export interface Operand {
  readonly rows: Matrix;
  /** How many vectors have the same score for every token, so that nothing correlates with them: their rows are 0. */
  readonly constant: number;
}

/**
 * With A's rows x C_AB / sqrt(x C_AA x) and B's rows y / sqrt(y C_BB y), the product of two rows is the correlation of
 * the scores of x and y over the paired tokens; scores themselves, n for each vector, are never made.
 */
export async function operandA(engine: Engine, x: Matrix, { aa, ab }: Moments, signal?: AbortSignal): Promise<Operand> {
  const { rows, constant } = await normalised(engine, x, aa, signal);
  return { rows: await engine.matmul(rows, turnedTo(ab, 'covariances'), { signal }), constant };
}

export const operandB = (engine: Engine, y: Matrix, { bb }: Moments, signal?: AbortSignal): Promise<Operand> =>
  normalised(engine, y, bb, signal);

/** Below this part of what its length would lead one to expect, a variance is what rounding left. */
const NO_VARIANCE = 1e-10;

/** Rows x / sqrt(x C x): their scores have variance 1. C is symmetric. */
export async function normalised(engine: Engine, x: Matrix, own: Dense, signal?: AbortSignal): Promise<Operand> {
  const d = x.columns;
  const product = await engine.matmul(x, rounded(own, 'covariances'), { signal });
  let expected = 0;
  for (let i = 0; i < d; i++) expected += own.data[i * d + i] / d;
  const data = new Float32Array(x.data.length);
  let constant = 0;
  for (let row = 0; row < x.rows; row++) {
    let [variance, square] = [0, 0];
    for (let i = row * d; i < (row + 1) * d; i++) {
      variance += x.data[i] * product.data[i];
      square += x.data[i] * x.data[i];
    }
    if (!(variance > NO_VARIANCE * square * expected)) {
      constant++;
      continue;
    }
    const by = Math.sqrt(variance);
    for (let i = row * d; i < (row + 1) * d; i++) data[i] = x.data[i] / by;
  }
  return { rows: { ...x, data }, constant };
}

/** The transpose in fp32: rows for the engine's a · bᵀ. */
export function turnedTo({ data, rows, columns }: Dense, name?: string): Matrix {
  const out = new Float32Array(data.length);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) out[j * rows + i] = data[at];
  return { data: out, rows: columns, columns: rows, name };
}

/** Rows `index[i]`. */
export function picked({ data, columns, name }: Matrix, index: ArrayLike<number>): Matrix {
  const out = new Float32Array(index.length * columns);
  for (let i = 0; i < index.length; i++)
    out.set(data.subarray(index[i] * columns, (index[i] + 1) * columns), i * columns);
  return { data: out, rows: index.length, columns, name };
}

/** Matrices of one width, one below the other. */
export function stacked(parts: readonly Matrix[]): Matrix {
  const [{ columns, name }] = parts;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows, columns, name };
}
