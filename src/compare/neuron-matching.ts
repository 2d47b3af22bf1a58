import type { Engine, Matrix } from '../engine/engine.ts';
import type { Model } from '../model/types.ts';
import { bestAssignment } from './assignment.ts';
import { type Chosen, layerVectors, operandA, operandB } from './operands.ts';
import type { Moments } from './space.ts';

/** The vectors of a layer of A, each with the one of B that it is matched with, one to one. */
export interface MatchedLayer {
  a: number;
  b: number;
  /** [index in A, index in B, their correlation], by index in A. */
  pairs: [number, number, number][];
  /** Mean correlation of matched vectors. */
  mean: number;
  /** The share of matched vectors that have one index in both. */
  onDiagonal: number;
}

/** Correlations of all vectors of two layers, fp32 [rows, columns], and which vectors these are. */
export async function correlations(
  engine: Engine,
  models: { a: Model; b: Model },
  moments: Moments,
  chosen: { a: Chosen; b: Chosen },
  layers: { a: number; b: number },
  signal?: AbortSignal,
): Promise<{ table: Matrix; a: Uint32Array; b: Uint32Array } | undefined> {
  const a = await layerVectors(models.a, layers.a, chosen.a, signal);
  const b = await layerVectors(models.b, layers.b, chosen.b, signal);
  if (!a || !b) return undefined;
  const left = await operandA(engine, a.vectors, moments, signal);
  const right = await operandB(engine, b.vectors, moments, signal);
  return { table: await engine.matmul(left.rows, right.rows, { signal }), a: a.index, b: b.index };
}

/** Matches the vectors of two layers one to one, so that the sum of correlations is largest. */
export async function matchLayer(
  engine: Engine,
  models: { a: Model; b: Model },
  moments: Moments,
  chosen: Chosen,
  layers: { a: number; b: number },
  signal?: AbortSignal,
): Promise<MatchedLayer> {
  const found = await correlations(engine, models, moments, { a: chosen, b: chosen }, layers, signal);
  const { table, a, b } = found!;
  const pairs: [number, number, number][] = [];
  for (const [i, j] of bestAssignment(table.data, table.rows, table.columns).entries())
    if (j >= 0) pairs.push([a[i], b[j], table.data[i * table.columns + j]]);
  const mean = pairs.reduce((sum, [, , correlation]) => sum + correlation, 0) / pairs.length;
  return { ...layers, pairs, mean, onDiagonal: pairs.filter(([i, j]) => i === j).length / pairs.length };
}
