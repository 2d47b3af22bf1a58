import { defaultEngine } from '../engine/select.ts';
import type { Model } from '../model/types.ts';
import { rowsKept } from './applied.ts';
import { embedding, embeddingOf, norm, rowNorms } from './embedding.ts';
import { byPlace, type ScoredNeuron } from './neuron-vectors.ts';
import { normaliser } from './normalisers.ts';
import { neuronName } from './parameters.ts';
import { partsOf } from './parts.ts';
import { marginOf, previewOf } from './preview.ts';
import { type Ends, neuronsOf, type TokenPlaceOptions } from './token-places.ts';
import type { NeuronPart } from './types.ts';

/** A neuron of a token, and how far the token stands out within it. */
export interface SharedNeuron extends ScoredNeuron {
  /**
   * The size of `score` divided by the length of all scores that the neuron lists (an atlas's `reading_norm`): 1 where
   * this token is all that it lists.
   */
  share: number;
  /** Of a preview: for 95 % of neurons the exact share is within share ± shareMargin. */
  shareMargin?: number;
}

/** As much as an atlas of the usual size lists. */
export interface ListSizes {
  /** How many neurons of each end, those of the largest scores, are put in order; default 50, and at least `k`. */
  columns?: number;
  /** How many tokens of each end a neuron's length is of; default 100. */
  top?: number;
}

/**
 * The neurons of `tokenNeurons` in order of `share`: of those of the largest scores the ones first in which the token
 * stands out, so that neurons which are loud for every token do not come before them. As an atlas of the same sizes
 * answers. Reads all layers once. Throws `OUT_OF_RANGE`.
 */
export async function neuronsByShare(
  model: Model,
  token: number,
  options: TokenPlaceOptions & ListSizes & { parts?: readonly NeuronPart[] } = {},
): Promise<Partial<Record<NeuronPart, Ends<SharedNeuron>>>> {
  const { parts = partsOf(model.dimensions.gated), k = 20, columns = 50 } = options;
  const found: Partial<Record<NeuronPart, Ends<SharedNeuron>>> = {};
  for (const part of parts) {
    const vectors = new Map<string, Float32Array>();
    const { top, bottom } = await neuronsOf(
      model,
      token,
      part,
      { ...options, k: Math.max(k, columns) },
      ({ data, columns: width, name }, index) => {
        for (const i of index) vectors.set(`${name} ${i}`, data.slice(i * width, (i + 1) * width));
      },
    );
    const { experts } = model.dimensions;
    const nameOf = ({ layer, expert, neuron }: ScoredNeuron) =>
      `${neuronName(model, layer, part, experts > 0 ? expert : undefined)} ${neuron}`;
    const names = [...new Set([...top, ...bottom].map(nameOf))];
    const lengths = await listedLengths(
      model,
      token,
      part,
      names.map((name) => vectors.get(name)!),
      options,
    );
    const lengthOf = new Map(names.map((name, i) => [name, lengths[i]!]));
    const ofEnd = (neurons: readonly ScoredNeuron[]) =>
      byShare(neurons, (one) => lengthOf.get(nameOf(one))!.length, k).map((one) => {
        const { relative } = lengthOf.get(nameOf(one))!;
        return relative ? { ...one, shareMargin: marginOf(one.share, ...relative) } : one;
      });
    found[part] = { top: ofEnd(top), bottom: ofEnd(bottom) };
  }
  return found;
}

/**
 * The first `k` in order of their shares; scores of one end, largest size first. Where neurons are few, an end has
 * scores of the other sign too: they come last.
 */
export function byShare<T extends ScoredNeuron>(
  neurons: readonly T[],
  lengthOf: (neuron: T) => number,
  k: number,
): (T & { share: number })[] {
  const sign = Math.sign(neurons[0]?.score ?? 0) || 1;
  return neurons
    .map((one) => ({ ...one, share: lengthOf(one) > 0 ? Math.abs(one.score) / lengthOf(one) : 0 }))
    .sort(
      (a, b) =>
        sign * (Math.sign(b.score) * b.share - Math.sign(a.score) * a.share) ||
        sign * (b.score - a.score) ||
        byPlace(a, b),
    )
    .slice(0, k);
}

interface ListedLength {
  length: number;
  /** Of a preview: which part of itself the token's score may be off by, and the length, were all off to one side. */
  relative?: [score: number, length: number];
}

/** Of each vector the length of its largest and smallest scores, as its reading lists them. */
async function listedLengths(
  model: Model,
  token: number,
  part: NeuronPart,
  vectors: readonly Float32Array[],
  { normalize = 'freq', top: listed = 100, ...options }: TokenPlaceOptions & ListSizes,
): Promise<ListedLength[]> {
  if (vectors.length === 0) return [];
  const kind = `ff.${part}` as const;
  const which = embeddingOf(kind, options.embedding);
  const { signal } = options;
  const columns = vectors[0]!.length;
  const data = new Float32Array(vectors.length * columns);
  for (const [i, vector] of vectors.entries()) data.set(vector, i * columns);
  const engine = options.engine ?? (await defaultEngine());
  const f = normalize === 'freq' ? await normaliser(model, kind, options) : undefined;
  const preview = previewOf(f);
  const { top, bottom } = await engine.topRows(
    { data, rows: vectors.length, columns, name: `${part}s of a token` },
    await embedding(model, which, signal),
    {
      k: listed,
      ends: 'both',
      divisor: f ?? (normalize === 'cosine' ? await rowNorms(model, which, signal) : undefined),
      mask: await rowsKept(model, kind, 'tokens', options),
      signal,
    },
  );
  return vectors.map((vector, i) => {
    const of = <T extends 'score' | 'index'>(what: T) =>
      [top!, bottom!].flatMap((end) => [...end[what].subarray(i * end.k, (i + 1) * end.k)]);
    const scores = of('score');
    const length = norm(scores) / (normalize === 'cosine' ? norm(vector) || 1 : 1);
    if (!preview || length === 0) return { length };
    const tokens = of('index');
    const off = norm(scores.map((score, at) => score * preview.relative[tokens[at]!]!));
    return { length, relative: [preview.relative[token]!, off / length] };
  });
}
