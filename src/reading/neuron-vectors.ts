import type { Matrix } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { stage } from './applied.ts';
import { norm } from './embedding.ts';
import {
  checkIndex,
  expertOf,
  hasSharedExpert,
  neuronName,
  parameter,
  parametersOf,
  placesInWords,
  readVectors,
} from './parameters.ts';
import { partsOf } from './parts.ts';
import { neuronText } from './place.ts';
import type { NeuronPart, ReadOptions } from './types.ts';

export interface NeuronPlace {
  layer: number;
  /** 0 without experts; the shared one is counted after the others. */
  expert: number;
  neuron: number;
}

type VectorOptions = Pick<ReadOptions, 'foldNorm' | 'signal'> & { expert?: number };

/** One vector of a neuron, fp32 [d]. Throws `OUT_OF_RANGE`, `ARGUMENT_INVALID` (`up` without gated MLPs). */
export async function neuronVector(
  model: Model,
  layer: number,
  neuron: number,
  part: NeuronPart,
  options: VectorOptions = {},
): Promise<Float32Array> {
  return (await neuronRow(model, layer, neuron, part, options)).data;
}

/** The same as a matrix [1, d], which has the name of what it was read from. */
export async function neuronRow(
  model: Model,
  layer: number,
  neuron: number,
  part: NeuronPart,
  { expert, foldNorm, signal }: VectorOptions = {},
): Promise<Matrix> {
  const { layers, experts } = model.dimensions;
  const places = () => placesInWords(model, 'neurons');
  checkIndex(layer, layers, 'layer', places);
  if (experts > 0 || expert !== undefined)
    checkIndex(expert ?? 0, experts + ((expert ?? 0) >= experts && hasSharedExpert(model) ? 1 : 0), 'expert');
  const source = parameter(model, neuronName(model, layer, part, expert));
  if (expert && expertOf(model, source.name) === undefined)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected no \`expert\` for layer ${layer} of ${model.name}, whose feed-forward part has none, got ${expert}.`,
    );
  checkIndex(neuron, source.count, 'neuron', places);
  const range = { start: neuron, end: neuron + 1, foldNorm, signal };
  return readVectors(model, { layer, kind: `ff.${part}`, source }, range);
}

export interface NeuronShape {
  norms: Partial<Record<NeuronPart, number>>;
  /** 0 where a vector is 0. */
  cosines: { keyValue: number; keyUp?: number; upValue?: number };
}

/** Lengths of a neuron's vectors and the cosines between them, in fp64. */
export async function neuronShape(
  model: Model,
  layer: number,
  neuron: number,
  options: VectorOptions = {},
): Promise<NeuronShape> {
  const vectors: Partial<Record<NeuronPart, Float32Array>> = {};
  for (const part of partsOf(model.dimensions.gated))
    vectors[part] = await neuronVector(model, layer, neuron, part, options);
  const { key, up, value } = vectors;
  return {
    norms: Object.fromEntries(Object.entries(vectors).map(([part, x]) => [part, norm(x)])),
    cosines: {
      keyValue: cosine(key!, value!),
      ...(up && { keyUp: cosine(key!, up), upValue: cosine(up, value!) }),
    },
  };
}

/** x · y / (|x| |y|) in fp64; 0 where one is 0. */
export function cosine(x: Float32Array, y: Float32Array): number {
  const lengths = norm(x) * norm(y);
  return lengths === 0 ? 0 : x.reduce((sum, a, i) => sum + a * y[i], 0) / lengths;
}

export interface SimilarNeuron extends NeuronPlace {
  cosine: number;
}

/**
 * The neurons whose vectors point most nearly the same way: the exact cosine of their `part` with this neuron's, over
 * all layers (and experts), itself left out. Reads that part of every layer, one at a time.
 */
export async function similarNeurons(
  model: Model,
  layer: number,
  neuron: number,
  options: VectorOptions & Pick<ReadOptions, 'engine' | 'progress'> & { part?: NeuronPart; k?: number } = {},
): Promise<SimilarNeuron[]> {
  const { part = 'value', expert = 0, k = 20, foldNorm, signal } = options;
  const own = await neuronVector(model, layer, neuron, part, { ...options, expert: options.expert });
  const x = {
    data: own,
    rows: 1,
    columns: own.length,
    name: `${part} of neuron ${neuronText({ layer, neuron, expert })}`,
  };
  const length = norm(own) || 1;
  const best = await bestOfLayers(
    model,
    part,
    options,
    async (rows) => {
      const engine = options.engine ?? (await defaultEngine());
      const divisor = Float64Array.from(
        { length: rows.rows },
        (_, i) => (norm(rows.data.subarray(i * rows.columns, (i + 1) * rows.columns)) || 1) * length,
      );
      return (await engine.topRows(x, rows, { k: k + 1, divisor, signal })).top!;
    },
    foldNorm,
  );
  return best
    .filter((other) => other.layer !== layer || other.neuron !== neuron || other.expert !== expert)
    .sort((a, b) => b.score - a.score || byPlace(a, b))
    .slice(0, k)
    .map(({ score, ...place }) => ({ ...place, cosine: score }));
}

export type ScoredNeuron = NeuronPlace & {
  score: number;
  /** Of a preview: for 95 % of tokens the exact score is within score ± margin. */
  margin?: number;
};

export const byPlace = (a: NeuronPlace, b: NeuronPlace): number =>
  a.layer - b.layer || a.expert - b.expert || a.neuron - b.neuron;

/** What `rank` finds among the vectors of one part, over all layers and experts, one at a time in memory. */
export async function bestOfLayers(
  model: Model,
  part: NeuronPart,
  options: Pick<ReadOptions, 'signal' | 'progress'>,
  rank: (rows: Awaited<ReturnType<typeof readVectors>>) => Promise<{ index: Uint32Array; score: Float64Array }>,
  foldNorm?: boolean,
): Promise<ScoredNeuron[]> {
  const kind = `ff.${part}` as const;
  const run = stage(options, `${part}s of all layers`);
  const found: ScoredNeuron[] = [];
  for (let layer = 0; layer < model.dimensions.layers; layer++) {
    const sources = parametersOf(model, layer, kind);
    for (const source of sources) {
      const rows = await readVectors(model, { layer, kind, source }, { foldNorm, signal: options.signal });
      const { index, score } = await rank(rows);
      const expert = expertOf(model, source.name) ?? 0;
      for (let i = 0; i < index.length; i++) found.push({ layer, expert, neuron: index[i], score: score[i] });
    }
    run.progress?.((layer + 1) / model.dimensions.layers);
  }
  return found;
}
