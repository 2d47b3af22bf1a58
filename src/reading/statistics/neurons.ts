import type { Matrix } from '../../engine/engine.ts';
import type { Model } from '../../model/types.ts';
import { rowsKept, stage } from '../applied.ts';
import { embedding, embeddingOf, norm, rowNorms } from '../embedding.ts';
import { Kept } from '../kept.ts';
import { normaliser } from '../normalisers.ts';
import { leftOutNotes } from '../notes.ts';
import { checkIndex, neuronName, parameter, readVectors } from '../parameters.ts';
import { partsOf } from '../parts.ts';
import type { NeuronPart, Normalize, ReadOptions } from '../types.ts';
import { DrawnNull, type Tail } from './drawn.ts';
import { MOMENTS, type Moment, type Moments, scoreMoments } from './moments.ts';
import { type Null, nullOf, zScore } from './nulls.ts';
import { randomDirections } from './random-directions.ts';
import { cosineTail } from './tails.ts';

export interface NeuronStatisticsOptions extends ReadOptions {
  /** Which expert's neurons, in a model with experts; default 0. */
  expert?: number;
  /** Neurons [from, to); default all of the layer. */
  from?: number;
  to?: number;
  /** Whose scores' moments to compute, each a product with all of E; default `value`, as Gurnee et al. do. */
  moments?: readonly NeuronPart[];
  /** Moments over so many seeded tokens instead of all: estimates. */
  sample?: number;
  /** Random directions that z and p are measured against; default 4,096. */
  draws?: number;
  seed?: number;
}

/** One number per neuron, its z and its p. */
export interface TestedColumn {
  value: Float64Array;
  z: Float64Array;
  p: Float64Array;
}

export interface PartStatistics {
  /** Euclidean length. */
  norm: Float64Array;
  moments?: Moments;
  /** Of each moment against random directions of the same norm. */
  z?: Moments;
  /**
   * The same as probabilities: of a larger kurtosis and max, of a smaller min, of a mean, sd and skew as far off on
   * either side.
   */
  p?: Moments;
}

/** Statistics of neurons [from, to) of a layer, one number per neuron in each array. */
export interface NeuronStatistics {
  model: string;
  layer: number;
  expert?: number;
  from: number;
  to: number;
  normalize: Normalize;
  parts: Partial<Record<NeuronPart, PartStatistics>>;
  /** Which tokens are left out of the moments; absent where none are. */
  notes?: string[];
  /**
   * Cosines, 0 where a vector is 0; z against random directions, whose cosine has mean 0 and deviation 1 / √d; p
   * two-sided; all exact.
   */
  keyValue: TestedColumn;
  /** In gated MLPs. */
  upValue?: TestedColumn;
}

/**
 * Norms, cosines and vocabulary moments of a layer's neurons. High kurtosis with positive skew marks prediction
 * neurons, with negative skew suppression neurons (Gurnee et al. 2024). `normalize` defaults to `none`,
 * as there; with `freq` and `cosine` the divided scores are what is summed. Throws `OUT_OF_RANGE`.
 */
export async function neuronStatistics(
  model: Model,
  layer: number,
  options: NeuronStatisticsOptions = {},
): Promise<NeuronStatistics> {
  const { normalize = 'none', expert, foldNorm, signal, from = 0 } = options;
  checkIndex(layer, model.dimensions.layers, 'layer');
  const names = partsOf(model.dimensions.gated);
  const count = parameter(model, neuronName(model, layer, 'value', expert)).count;
  const to = options.to ?? count;
  checkIndex(from, count, 'from');
  checkIndex(to - 1, count, 'to - 1');
  const rows = new Map<NeuronPart, Matrix>();
  const parts: NeuronStatistics['parts'] = {};
  for (const part of names) {
    const source = parameter(model, neuronName(model, layer, part, expert));
    const x = await readVectors(
      model,
      { layer, kind: `ff.${part}`, source },
      { start: from, end: to, foldNorm, signal },
    );
    rows.set(part, x);
    parts[part] = { norm: eachRow(x, norm) };
    if ((options.moments ?? ['value']).includes(part))
      Object.assign(parts[part], await testedMoments(model, x, part, parts[part].norm, { ...options, normalize }));
  }
  const up = rows.get('up');
  const scored = names.filter((part) => parts[part]?.moments);
  const notes = await leftOutNotes(
    model,
    scored.map((part) => `ff.${part}` as const),
    options,
  );
  return {
    model: model.name,
    layer,
    ...(expert !== undefined && { expert }),
    from,
    to,
    normalize,
    parts,
    ...(notes.length > 0 && { notes }),
    keyValue: cosines(rows.get('key')!, rows.get('value')!),
    ...(up && { upValue: cosines(up, rows.get('value')!) }),
  };
}

function cosines(a: Matrix, b: Matrix): TestedColumn {
  const d = a.columns;
  const value = Float64Array.from({ length: a.rows }, (_, i) => {
    const [x, y] = [a, b].map(({ data }) => data.subarray(i * d, (i + 1) * d));
    const norms = norm(x) * norm(y);
    return norms === 0 ? 0 : x.reduce((sum, v, j) => sum + v * y[j], 0) / norms;
  });
  return {
    value,
    z: value.map((cosine) => cosine * Math.sqrt(d)),
    p: value.map((cosine) => cosineTail(cosine, d)),
  };
}

const eachRow = ({ data, rows, columns }: Matrix, of: (row: Float32Array) => number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => of(data.subarray(i * columns, (i + 1) * columns)));

type Scored = NeuronStatisticsOptions & { normalize: Normalize };

/** Moments, their z and their p against random directions of the vector's norm. */
async function testedMoments(
  model: Model,
  x: Matrix,
  part: NeuronPart,
  norms: Float64Array,
  options: Scored,
): Promise<{ moments: Moments; z: Moments; p: Moments }> {
  const unit = await unitNulls(model, part, options);
  const moments = await momentsOf(model, x, part, options);
  // Cosine scores are those of a vector of length 1, whatever its own.
  const length = options.normalize === 'cosine' ? norms.map((n) => (n === 0 ? 0 : 1)) : norms;
  if (options.normalize === 'cosine')
    for (const name of MOMENTS)
      if (scales(name)) moments[name] = moments[name].map((value, i) => value / (norms[i] || 1));
  const by = (name: Moment, i: number) => (scales(name) ? length[i] : 1);
  const each = (of: (name: Moment, value: number, i: number) => number): Moments =>
    Object.fromEntries(MOMENTS.map((name) => [name, moments[name].map((value, i) => of(name, value, i))])) as Moments;
  return {
    moments,
    z: each((name, value, i) => {
      const { mean, sd } = unit[name];
      return zScore(value, { mean: mean * by(name, i), sd: sd * by(name, i) });
    }),
    // A vector of zeros has no direction to compare.
    p: each((name, value, i) => (length[i] === 0 ? 1 : unit[name].drawn.p(value / by(name, i), TAILS[name]))),
  };
}

/** What is looked for: prediction neurons have a high kurtosis, and extremes that are far out. */
const TAILS: Record<Moment, Tail> = {
  mean: 'both',
  sd: 'both',
  skew: 'both',
  kurtosis: 'upper',
  min: 'lower',
  max: 'upper',
};

/** Which moments grow with the vector's norm. */
const scales = (name: Moment): boolean => name !== 'skew' && name !== 'kurtosis';

type UnitNull = Null & { drawn: DrawnNull };

const kept = new Kept<Record<Moment, UnitNull>>();

/** Moments of seeded random directions of length 1: made once per model and way of scoring. */
function unitNulls(model: Model, part: NeuronPart, options: Scored): Promise<Record<Moment, UnitNull>> {
  const { normalize, draws = 4096, seed = 1, sample, embedding: which, foldNorm, approximate, filters } = options;
  const kind = normalize === 'freq' || which === 'own' ? part : '';
  const key = JSON.stringify([normalize, kind, draws, seed, sample, which, foldNorm, approximate, filters]);
  return kept.get(model, key, options.signal, async () => {
    const d = (await embedding(model, embeddingOf(`ff.${part}`, which), options.signal)).columns;
    const moments = await momentsOf(model, randomDirections(draws, d, seed), part, options);
    // The opposite of a direction is as likely, and turns the signs of its mean and skew.
    const symmetric = (name: Moment) => ({ symmetric: name === 'mean' || name === 'skew' });
    return Object.fromEntries(
      MOMENTS.map((name) => [name, { ...nullOf(moments[name]), drawn: new DrawnNull(moments[name], symmetric(name)) }]),
    ) as Record<Moment, UnitNull>;
  });
}

async function momentsOf(model: Model, x: Matrix, part: NeuronPart, options: Scored): Promise<Moments> {
  const { normalize, sample, engine, signal } = options;
  const which = embeddingOf(`ff.${part}`, options.embedding);
  const e = await embedding(model, which, signal);
  const divisor =
    normalize === 'freq'
      ? await normaliser(model, `ff.${part}`, options)
      : normalize === 'cosine'
        ? await rowNorms(model, which, signal)
        : undefined;
  const run = stage(options, `scores of ${x.name}`);
  return scoreMoments(x, e, {
    ...run,
    engine,
    divisor,
    sample,
    mask: await rowsKept(model, `ff.${part}`, 'tokens', options),
  });
}
