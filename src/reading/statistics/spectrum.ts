import type { Matrix } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { WeightscopeError } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { scaledRows } from '../embedding.ts';
import { headVectors, PARTS } from '../factors.ts';
import { squared, toFourth } from '../powers.ts';
import type { HeadMatrix, ReadOptions } from '../types.ts';
import { mismatchedFits } from './fit.ts';
import {
  dense,
  gramOf,
  orthonormal,
  rounded,
  singular,
  squares,
  times,
  timesTransposed,
  transposed,
} from './linear.ts';
import { against, rotatedTrace, type Tested } from './nulls.ts';
import { normalTail } from './tails.ts';

export interface SpectrumOptions extends Pick<ReadOptions, 'foldNorm' | 'signal'> {
  /** `false`: the fit without its place among those of other heads' halves, which must be read for that. */
  others?: boolean;
  /** Neighbours closer than this share of the largest singular value are not told apart; default 0.01. */
  gap?: number;
}

/** One or more singular values that cannot be told apart: of one there is a direction, of several only their span. */
export interface SingularSpan {
  /** Singular values [start, end), from 0. */
  start: number;
  end: number;
}

/** A head's W_VO = W_V W_O or W_QK = W_Q W_Kᵀ [d, d] by its singular values. */
export interface HeadSpectrum {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  /** The min(r, d) largest singular values, descending, zeros included. */
  values: number[];
  /**
   * Directions [values, d]: row i of `left` is what is read (`vo`) or the query, of `right` what is written or the key.
   */
  left: Matrix;
  right: Matrix;
  /** All values that are not 0, in order. */
  spans: SingularSpan[];
  /** (Σs²)² / Σs⁴: how many directions carry the matrix. */
  effectiveRank: number;
  /**
   * |W|²: do its two halves fit each other? `random`: against heads whose d_head inner directions are turned at random;
   * `others`: against first halves of heads of this model with second halves of others, which rotary dimensions and the
   * like let fit too. p is that of fitting as well or better.
   */
  fit: Tested;
}

/**
 * Singular values and directions of a head's d x d matrix W₁ᵀ W₂, from an r x r problem: W₁ᵀ = Q₁R₁, W₂ᵀ = Q₂R₂,
 * R₁R₂ᵀ = U S Vᵀ, left = Q₁U, right = Q₂V, in fp64. Each pair of directions is fixed up to a common sign: the largest
 * entry of `left` is made positive. By Wedin's theorem rounding of size ε s₁ turns a direction by up to ε s₁ / gap,
 * hence `gap`: below it, only the span of the directions means anything. Throws `OUT_OF_RANGE`, `ARGUMENT_INVALID`.
 */
export async function headSpectrum(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: SpectrumOptions = {},
): Promise<HeadSpectrum> {
  const { gap = 0.01 } = options;
  if (!(gap >= 0 && gap < 1)) {
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected \`gap\` to be 0 or more and below 1, got ${gap}.`);
  }
  const { one, two, u, s, v } = await decomposed(model, layer, head, matrix, options);
  const left = transposed(times(one.q, u));
  const right = transposed(times(two.q, v));
  for (let i = 0; i < s.length; i++) {
    const [x, y] = [left, right].map(({ data, columns }) => data.subarray(i * columns, (i + 1) * columns));
    const largest = x.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) ? entry : best), 0);
    for (const row of largest < 0 ? [x, y] : []) for (let j = 0; j < row.length; j++) row[j] = -row[j];
  }
  const power = (of: (x: number) => number) => s.reduce((sum, x) => sum + of(x), 0);
  const inner = (r: typeof one.r) => ({ trace: squares(r), square: squares(gramOf(r)) });
  const value = power(squared);
  const turned = rotatedTrace(inner(one.r), inner(two.r), one.r.columns);
  const random = against(value, turned);
  const mismatched = options.others === false ? undefined : await mismatchedFits(model, matrix, options);
  return {
    layer,
    head,
    matrix,
    values: s,
    left: rounded(left, `left directions of head ${layer}:${head}`),
    right: rounded(right, `right directions of head ${layer}:${head}`),
    spans: spansOf(s, gap),
    effectiveRank: value === 0 ? 0 : squared(value) / power(toFourth),
    fit: {
      value,
      random: { ...random, p: normalTail(random.z) },
      ...(mismatched && { others: mismatched.against(random.z, turned) }),
    },
  };
}

/** The singular values alone. */
export async function singularValues(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: Pick<ReadOptions, 'foldNorm' | 'signal'> = {},
): Promise<number[]> {
  return (await decomposed(model, layer, head, matrix, options)).s;
}

async function decomposed(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: Pick<ReadOptions, 'foldNorm' | 'signal'>,
) {
  const { first, second } = PARTS[matrix];
  const one = orthonormal(dense(await headVectors(model, layer, head, first, options)));
  const two = orthonormal(dense(await headVectors(model, layer, head, second, options)));
  return { one, two, ...singular(timesTransposed(one.r, two.r)) };
}

/** Neighbours closer than `gap` times the largest value belong to one span; values that are 0 by rounding to none. */
export function spansOf(values: readonly number[], gap: number): SingularSpan[] {
  const spans: SingularSpan[] = [];
  const largest = values[0] ?? 0;
  const zero = largest * values.length * 2 ** -50;
  for (const [i, value] of values.entries()) {
    if (value <= zero) break;
    const last = spans.at(-1);
    if (last && values[i - 1] - value < gap * largest) last.end = i + 1;
    else spans.push({ start: i, end: i + 1 });
  }
  return spans;
}

/**
 * How much of each row of E lies in the span of some directions [n, d] (orthonormal rows): |E_i Qᵀ|, fp64 [V]. The
 * reading of a span of near-equal singular values: unlike its single directions it does not depend on rounding.
 */
export async function spanScores(
  e: Matrix,
  directions: Matrix,
  options: Pick<ReadOptions, 'engine' | 'signal'> = {},
): Promise<Float64Array> {
  const [scores] = await allSpanScores(e, [directions], options);
  return scores;
}

/** Rows of E multiplied at a time. */
const BLOCK = 4096;

/** {@link spanScores} of several spans in one pass over E. */
export async function allSpanScores(
  e: Matrix,
  spans: readonly Matrix[],
  options: Pick<ReadOptions, 'engine' | 'signal'> = {},
): Promise<Float64Array[]> {
  const scores = spans.map(() => new Float64Array(e.rows));
  if (spans.length === 0) return scores;
  const engine = options.engine ?? (await defaultEngine());
  const all = stacked(spans);
  for (let from = 0; from < e.rows; from += BLOCK) {
    const part = scaledRows(e, undefined, from, Math.min(from + BLOCK, e.rows));
    const { data } = await engine.matmul(part, all, { signal: options.signal });
    for (let row = 0, at = 0; row < part.rows; row++) {
      for (const [i, { rows }] of spans.entries()) {
        let sum = 0;
        for (const end = at + rows; at < end; at++) sum += squared(data[at]);
        scores[i][from + row] = Math.sqrt(sum);
      }
    }
  }
  return scores;
}

/** All rows in one matrix, one behind the other. */
export function stacked(matrices: readonly Matrix[]): Matrix {
  const columns = matrices[0].columns;
  const rows = matrices.reduce((sum, m) => sum + m.rows, 0);
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const m of matrices) {
    data.set(m.data, at);
    at += m.data.length;
  }
  return { data, rows, columns, name: 'singular directions' };
}
