import type { Engine, Matrix, RunOptions } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { sampleIndices, seeded, shuffled } from '../reading/random.ts';
import type { Dense } from '../reading/statistics/linear.ts';
import { matchLayers } from './assignment.ts';
import { type Chosen, layerVectors, normalised, stacked } from './operands.ts';
import type { Space } from './space.ts';

/**
 * What the same vectors give where the vocabularies are paired at random, and how seldom they give as much as was
 * found.
 */
export interface AlignmentNull {
  draws: number;
  seed: number;
  /**
   * The test looks at so many tokens, and so many vectors of a layer at most, drawn with the seed before any
   * comparison.
   */
  size: number;
  sample: number;
  /** Mean of |correlation| over all layers and draws. */
  mean: number;
  /** Per pair of layers (as `means` of the reading): the p-value of its mean. */
  p: number[][];
  /** Of the mean over all pairs of layers: do the models have to do with each other at all? */
  pMean: number;
  /** Of the share of matched layers on the diagonal: do layers of one number belong together? */
  pDiagonal: number;
}

const TOKENS = 4096;
const VECTORS = 64;

/**
 * The null hypothesis: which token of B is paired with which of A says nothing, so that all n! pairings of the two
 * vocabularies are equally likely given both models' weights. Under it the found value and those of `draws` random
 * pairings are exchangeable, hence p = (1 + how many draws are at least as large) / (1 + draws) is exact: P(p <= t) <=
 * t, with equality where 1 / (1 + draws) divides t and no values are equal. In feature space the vectors' numbers are
 * paired at random in the same way.
 */
export async function alignmentNull(
  engine: Engine,
  models: { a: Model; b: Model },
  space: Space,
  chosen: Chosen,
  { draws, seed, signal, progress }: RunOptions & { draws: number; seed: number },
): Promise<AlignmentNull> {
  const random = seeded(seed ^ 0x5bd1e995);
  const rows = sampleIndices(Math.min(TOKENS, space.size), space.size, random);
  const size = rows.length;
  const tables = { a: centred(columnsAt(space, 'a', rows)), b: centred(columnsAt(space, 'b', rows)) };
  const sample = { ...chosen, sample: Math.min(VECTORS, chosen.sample ?? VECTORS) };
  const [a, b] = [await sampled(models.a, sample, signal), await sampled(models.b, sample, signal)];
  // Only the pairing changes from draw to draw: each side's vectors keep the variances of their scores.
  const [ownA, ownB] = [await covariance(engine, tables.a, signal), await covariance(engine, tables.b, signal)];
  const left = await normalised(engine, a.vectors, ownA, signal);
  const right = await normalised(engine, b.vectors, ownB, signal);

  const cellsOf = async (paired: Matrix): Promise<number[][]> => {
    throwIfAborted(signal);
    // [dB, dA]: the products of A's rows with its rows are x C_AB.
    const c = await engine.matmul(paired, tables.a, { signal });
    const scaled = { ...c, data: c.data.map((x) => x / size) };
    const projected = await engine.matmul(left.rows, scaled, { signal });
    return absoluteMeans(await engine.matmul(projected, right.rows, { signal }), a.starts, b.starts);
  };
  const found = await cellsOf(tables.b);
  const reached = found.map((row) => row.map(() => 1));
  const statistic = { mean: meanOf(found), diagonal: onDiagonal(found, a.layers, b.layers) };
  let [reachedMean, reachedDiagonal, sum] = [1, 1, 0];
  for (let draw = 0; draw < draws; draw++) {
    const cells = await cellsOf(permuted(tables.b, shuffled(size, random)));
    for (const [i, row] of cells.entries()) for (const [j, x] of row.entries()) if (x >= found[i][j]) reached[i][j]++;
    const mean = meanOf(cells);
    sum += mean;
    if (mean >= statistic.mean) reachedMean++;
    if (onDiagonal(cells, a.layers, b.layers) >= statistic.diagonal) reachedDiagonal++;
    progress?.((draw + 1) / draws);
  }
  return {
    draws,
    seed,
    size,
    sample: sample.sample,
    mean: sum / draws,
    p: reached.map((row) => row.map((count) => count / (draws + 1))),
    pMean: reachedMean / (draws + 1),
    pDiagonal: reachedDiagonal / (draws + 1),
  };
}

/** A sample of the vectors of every layer that has some, one layer after the other; `starts` has the end as well. */
async function sampled(model: Model, chosen: Chosen, signal?: AbortSignal) {
  const [parts, layers, starts]: [Matrix[], number[], number[]] = [[], [], [0]];
  for (let layer = 0; layer < model.dimensions.layers; layer++) {
    const found = await layerVectors(model, layer, chosen, signal);
    if (!found) continue;
    parts.push(found.vectors);
    layers.push(layer);
    starts.push(starts[starts.length - 1] + found.vectors.rows);
  }
  return { vectors: stacked(parts), layers, starts };
}

/** Some rows of a side's table as columns. */
function columnsAt(space: Space, side: 'a' | 'b', rows: readonly number[]): Matrix {
  const [first] = rows;
  const { rows: d, name } = space.columns(side, first, first + 1);
  const data = new Float32Array(d * rows.length);
  for (const [at, row] of rows.entries()) {
    const column = space.columns(side, row, row + 1);
    for (let i = 0; i < d; i++) data[i * rows.length + at] = column.data[i];
  }
  return { data, rows: d, columns: rows.length, name };
}

/** Each row less its mean. */
function centred({ data, rows, columns, name }: Matrix): Matrix {
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    let mean = 0;
    for (let j = i * columns; j < (i + 1) * columns; j++) mean += data[j] / columns;
    for (let j = i * columns; j < (i + 1) * columns; j++) out[j] = data[j] - mean;
  }
  return { data: out, rows, columns, name };
}

async function covariance(engine: Engine, x: Matrix, signal?: AbortSignal): Promise<Dense> {
  const { data, rows, columns } = await engine.matmul(x, x, { signal });
  return { data: Float64Array.from(data, (value) => value / x.columns), rows, columns };
}

/** The same columns in another order, one for all rows. */
function permuted({ data, rows, columns, name }: Matrix, order: Uint32Array): Matrix {
  const out = new Float32Array(data.length);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) out[at] = data[i * columns + order[j]];
  return { data: out, rows, columns, name };
}

/** Means of |x| over blocks of a table. */
function absoluteMeans({ data, columns }: Matrix, startsA: readonly number[], startsB: readonly number[]): number[][] {
  return startsA.slice(1).map((endA, i) =>
    startsB.slice(1).map((endB, j) => {
      let sum = 0;
      for (let row = startsA[i]; row < endA; row++)
        for (let at = row * columns + startsB[j]; at < row * columns + endB; at++) sum += Math.abs(data[at]);
      return sum / ((endA - startsA[i]) * (endB - startsB[j]));
    }),
  );
}

const meanOf = (cells: readonly (readonly number[])[]): number => {
  const all = cells.flat();
  return all.reduce((sum, x) => sum + x, 0) / all.length;
};

const onDiagonal = (cells: number[][], layersA: readonly number[], layersB: readonly number[]): number =>
  matchLayers(cells).filter(([i, j]) => layersA[i] === layersB[j]).length;
