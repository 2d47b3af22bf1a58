import type { Engine, Matrix, RunOptions } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { embedding, leftOutRows } from '../reading/embedding.ts';
import type { Dense } from '../reading/statistics/linear.ts';
import type { EmbeddingName } from '../reading/types.ts';
import { preciseProduct } from './product.ts';
import type { SharedTokens } from './shared-tokens.ts';

/**
 * What vectors of two models are compared by: a table for each, [n, dA] and [n, dB], whose rows belong together. In
 * embedding space these are the rows of E of the shared tokens, so that a vector x stands for its n scores E x. In
 * feature space both are the n x n unit matrix, and x stands for its own numbers.
 */
export interface Space {
  /** The number of paired rows, n. */
  readonly size: number;
  readonly widthA: number;
  readonly widthB: number;
  /** Rows [start, end) of a side's table, one vector of `end - start` numbers per column: [width, end - start]. */
  columns(side: 'a' | 'b', start: number, end: number): Matrix;
}

/** Rows of a table that are worked on at a time. */
export const ROWS = 4096;

/**
 * Embedding space over the tokens that two models share. Tokens whose row is not finite on either side are left out.
 */
export async function embeddingSpace(
  models: { a: Model; b: Model },
  which: EmbeddingName,
  shared: SharedTokens,
  signal?: AbortSignal,
): Promise<Space> {
  const [a, b] = [await embedding(models.a, which, signal), await embedding(models.b, which, signal)];
  const gone = {
    a: new Set(await leftOutRows(models.a, which, signal)),
    b: new Set(await leftOutRows(models.b, which, signal)),
  };
  const kept: number[] = [];
  for (let i = 0; i < shared.a.length; i++) {
    if (shared.a[i] >= a.rows || shared.b[i] >= b.rows) continue;
    if (!gone.a.has(shared.a[i]) && !gone.b.has(shared.b[i])) kept.push(i);
  }
  if (kept.length < 3)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected at least 3 tokens that ${models.a.name} and ${models.b.name} share, found ${kept.length}: too few to compare by.`,
    );
  const [idsA, idsB] = [shared.a, shared.b].map((ids) => Uint32Array.from(kept, (i) => ids[i]));
  return {
    size: kept.length,
    widthA: a.columns,
    widthB: b.columns,
    columns: (side, start, end) => (side === 'a' ? turned(a, idsA, start, end) : turned(b, idsB, start, end)),
  };
}

/** Feature space: the numbers of the vectors themselves, of which both models must have as many. `ARGUMENT_INVALID`. */
export function featureSpace(a: Model, b: Model): Space {
  const [size, other] = [a.dimensions.hidden, b.dimensions.hidden];
  if (size !== other)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected models of one width to compare their vectors as they are, got ${size} (${a.name}) and ${other} (${b.name}); compare them in embedding space.`,
    );
  const columns = (_: 'a' | 'b', start: number, end: number): Matrix => {
    const data = new Float32Array(size * (end - start));
    for (let i = start; i < end; i++) data[i * (end - start) + i - start] = 1;
    return { data, rows: size, columns: end - start };
  };
  return { size, widthA: size, widthB: size, columns };
}

/** Means and covariances of a space's tables over their rows, fp64: what correlations of scores are made of. */
export interface Moments {
  readonly size: number;
  /** [dA], [dB]. */
  readonly meanA: Float64Array;
  readonly meanB: Float64Array;
  /** Covariances, divided by n: [dA, dA], [dB, dB], [dA, dB]. */
  readonly aa: Dense;
  readonly bb: Dense;
  readonly ab: Dense;
}

/** Sums of products of a space's tables, not centred: Aᵀ A, Bᵀ B, Aᵀ B, and the sums of their rows. */
export interface Sums {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly aa: Dense;
  readonly bb: Dense;
  readonly ab: Dense;
}

export async function sumsOf(engine: Engine, space: Space, run: RunOptions = {}): Promise<Sums> {
  const { size, widthA, widthB } = space;
  const zeros = (rows: number, columns: number): Dense => ({ data: new Float64Array(rows * columns), rows, columns });
  const sums = {
    a: new Float64Array(widthA),
    b: new Float64Array(widthB),
    aa: zeros(widthA, widthA),
    bb: zeros(widthB, widthB),
    ab: zeros(widthA, widthB),
  };
  for (let start = 0; start < size; start += ROWS) {
    const end = Math.min(size, start + ROWS);
    const [a, b] = [space.columns('a', start, end), space.columns('b', start, end)];
    addRowSums(sums.a, a);
    addRowSums(sums.b, b);
    add(sums.aa, await preciseProduct(engine, a, a, run));
    add(sums.bb, await preciseProduct(engine, b, b, run));
    add(sums.ab, await preciseProduct(engine, a, b, run));
    run.progress?.(end / size);
  }
  return sums;
}

export const momentsOf = async (engine: Engine, space: Space, run: RunOptions = {}): Promise<Moments> =>
  momentsFrom(await sumsOf(engine, space, run), space.size);

/** C_AB = Aᵀ B / n - m_A m_Bᵀ and its like. */
export function momentsFrom(sums: Sums, size: number): Moments {
  const [meanA, meanB] = [sums.a.map((x) => x / size), sums.b.map((x) => x / size)];
  const covariance = ({ data, rows, columns }: Dense, left: Float64Array, right: Float64Array): Dense => {
    const out = new Float64Array(data.length);
    for (let i = 0, at = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, at++) out[at] = data[at] / size - left[i] * right[j];
    return { data: out, rows, columns };
  };
  return {
    size,
    meanA,
    meanB,
    aa: covariance(sums.aa, meanA, meanA),
    bb: covariance(sums.bb, meanB, meanB),
    ab: covariance(sums.ab, meanA, meanB),
  };
}

/** Rows `ids[start]` to `ids[end - 1]` of a table as columns. */
function turned({ data, columns: d, name }: Matrix, ids: Uint32Array, start: number, end: number): Matrix {
  const n = end - start;
  const out = new Float32Array(d * n);
  for (let i = 0; i < n; i++) {
    const from = ids[start + i] * d;
    for (let j = 0; j < d; j++) out[j * n + i] = data[from + j];
  }
  return { data: out, rows: d, columns: n, name };
}

function addRowSums(sums: Float64Array, { data, columns }: Matrix): void {
  for (let i = 0, at = 0; i < sums.length; i++) for (let j = 0; j < columns; j++, at++) sums[i] += data[at];
}

function add(sum: Dense, { data }: Dense): void {
  for (let i = 0; i < data.length; i++) sum.data[i] += data[i];
}
