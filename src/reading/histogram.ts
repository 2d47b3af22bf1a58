import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { appliedOf, rowsKept, stage } from './applied.ts';
import { embedding, embeddingOf } from './embedding.ts';
import { neuronVector } from './neuron-vectors.ts';
import { partsOf } from './parts.ts';
import { cubed, squared, toFourth, toThreeHalves } from './powers.ts';
import { divisorOf } from './rank.ts';
import { scoresOf } from './scores.ts';
import type { Applied, NeuronPart, Normalize, ReadOptions } from './types.ts';

/** A distribution in equal bins. */
export interface Histogram {
  /** bins + 1 edges, ascending: bin i is edges[i] <= score < edges[i + 1], the last one including its end. */
  edges: number[];
  counts: number[];
  /** Scores counted. */
  tokens: number;
  mean: number;
  /** Divides by the number of scores. */
  sd: number;
  /** m₃ / m₂^1.5 and m₄ / m₂² - 3; 0 where all scores are equal. */
  skew: number;
  kurtosis: number;
  min: number;
  max: number;
}

export interface NeuronHistograms {
  model: string;
  layer: number;
  neuron: number;
  normalize: Normalize;
  applied: Applied;
  parts: Partial<Record<NeuronPart, Histogram>>;
}

export interface HistogramOptions extends ReadOptions {
  parts?: readonly NeuronPart[];
  expert?: number;
  /** Default 80. */
  bins?: number;
}

/**
 * The distribution of a neuron's scores over all tokens (those that the filters leave): what the ends of which a
 * reading lists. Same scores as {@link readNeuron}. Throws `OUT_OF_RANGE`, `ARGUMENT_INVALID`.
 */
export async function neuronHistograms(
  model: Model,
  layer: number,
  neuron: number,
  options: HistogramOptions = {},
): Promise<NeuronHistograms> {
  const { normalize = 'freq', bins = 80, parts = partsOf(model.dimensions.gated) } = options;
  const used: (Float64Array | undefined)[] = [];
  const read: NeuronHistograms['parts'] = {};
  for (const part of parts) {
    const kind = `ff.${part}` as const;
    const x = await neuronVector(model, layer, neuron, part, options);
    const { f, divisor } = await divisorOf(model, x, { normalize, kind }, options);
    const e = await embedding(model, embeddingOf(kind, options.embedding), options.signal);
    const mask = await rowsKept(model, kind, 'tokens', options);
    const scores = await scoresOf(x, e, divisor, stage(options, `scores of ${part}`));
    read[part] = histogram(mask ? scores.filter((_, id) => mask[id]) : scores, bins);
    used.push(f);
  }
  const applied = await appliedOf(model, options, { kinds: parts.map((part) => `ff.${part}` as const), layer, used });
  return { model: model.name, layer, neuron, normalize, applied, parts: read };
}

/**
 * Of any numbers; no numbers give no counts and moments of 0. Throws `ARGUMENT_INVALID` unless `bins` is 1 to 10,000.
 */
export function histogram(values: Float64Array, bins: number): Histogram {
  if (!Number.isInteger(bins) || bins < 1 || bins > 10_000)
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected \`bins\` to be a whole number, 1 to 10000, got ${bins}.`);
  const n = values.length;
  if (n === 0) return { edges: [], counts: [], tokens: 0, mean: 0, sd: 0, skew: 0, kurtosis: 0, min: 0, max: 0 };
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / n;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? max : min + ((max - min) * i) / bins));
  const counts = new Array<number>(bins).fill(0);
  let [m2, m3, m4] = [0, 0, 0];
  for (const value of values) {
    const c = value - mean;
    m2 += c * c;
    m3 += cubed(c);
    m4 += toFourth(c);
    let bin = max > min ? Math.min(bins - 1, Math.floor(((value - min) / (max - min)) * bins)) : 0;
    // The quotient is rounded: the edges have the last word.
    while (bin > 0 && value < edges[bin]) bin--;
    while (bin < bins - 1 && value >= edges[bin + 1]) bin++;
    counts[bin]++;
  }
  const variance = m2 / n;
  const flat = variance <= 1e-26 * (min * min + max * max);
  const skew = flat ? 0 : m3 / n / toThreeHalves(variance);
  const kurtosis = flat ? 0 : m4 / n / squared(variance) - 3;
  return { edges, counts, tokens: n, mean, sd: Math.sqrt(variance), skew, kurtosis, min, max };
}
