import type { Matrix } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import type { Model } from '../model/types.ts';
import { stage } from './applied.ts';
import { checkToken, embedding, embeddingOf, rowNorms, scaledRows } from './embedding.ts';
import { type HeadPart, hasHeads, headCount, PARTS, sharedHead, sideDivisor } from './factors.ts';
import { bestOfLayers, byPlace, type ScoredNeuron } from './neuron-vectors.ts';
import { normaliser } from './normalisers.ts';
import { score } from './pairs.ts';
import { interactionsOf, parameter, readVectors } from './parameters.ts';
import { HEAD_MATRICES, partsOf } from './parts.ts';
import { marginsOf } from './preview.ts';
import type { HeadMatrix, NeuronPart, ReadOptions } from './types.ts';

/** `top`: largest scores, largest first. `bottom`: smallest first. */
export interface Ends<T> {
  top: T[];
  bottom: T[];
}

export interface TokenPlaceOptions extends Omit<ReadOptions, 'filters' | 'labels'> {
  /** How many at each end; default 20. */
  k?: number;
}

/**
 * The neurons for which one token scores highest and lowest, over all layers: `key` and `up` read it, `value` writes
 * it. The scores are those of {@link readNeuron} for this token. One product of the token's row of E with each layer's
 * vectors; `cosine` divides by both lengths. Throws `OUT_OF_RANGE`.
 */
export async function tokenNeurons(
  model: Model,
  token: number,
  options: TokenPlaceOptions & { parts?: readonly NeuronPart[] } = {},
): Promise<Partial<Record<NeuronPart, Ends<ScoredNeuron>>>> {
  const { parts = partsOf(model.dimensions.gated) } = options;
  const found: Partial<Record<NeuronPart, Ends<ScoredNeuron>>> = {};
  for (const part of parts) found[part] = await neuronsOf(model, token, part, options);
  return found;
}

/** The same for one part. `seen` is told of each layer's vectors which of them were best in it, while they are read. */
export async function neuronsOf(
  model: Model,
  token: number,
  part: NeuronPart,
  options: TokenPlaceOptions,
  seen?: (rows: Matrix, index: Uint32Array) => void,
): Promise<Ends<ScoredNeuron>> {
  const { normalize = 'freq', k = 20, signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const kind = `ff.${part}` as const;
  const which = embeddingOf(kind, options.embedding);
  await checkToken(model, token, which, signal);
  const x = scaledRows(await embedding(model, which, signal), undefined, token, token + 1);
  const length = normalize === 'cosine' ? (await rowNorms(model, which, signal))[token] : 1;
  const means = normalize === 'freq' ? await normaliser(model, kind, options) : undefined;
  const f = means?.[token] ?? 1;
  const both = await bestOfLayers(
    model,
    part,
    options,
    async (rows) => {
      const lengths = normalize === 'cosine' ? rowLengths(rows) : undefined;
      const divisor = Float64Array.from({ length: rows.rows }, (_, i) => (lengths ? lengths[i] * length : f));
      const { top, bottom } = await engine.topRows(x, rows, { k, ends: 'both', divisor, signal });
      const index = Uint32Array.from([...top!.index, ...bottom!.index]);
      seen?.(rows, index);
      return {
        index,
        score: Float64Array.from([...top!.score, ...bottom!.score]),
      };
    },
    options.foldNorm,
  );
  // In a small layer one neuron may be at both ends.
  const unique = [...new Map(both.map((one) => [`${one.layer} ${one.expert} ${one.neuron}`, one])).values()];
  const margin = marginsOf([means], [token]);
  return ends(margin ? unique.map((one) => ({ ...one, margin: margin(one.score) })) : unique, k, byPlace);
}

function rowLengths({ data, rows, columns }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let at = i * columns; at < (i + 1) * columns; at++) sum += data[at] * data[at];
    return Math.sqrt(sum) || 1;
  });
}

/** `k` at each end by score, equal ones in `order`. */
export function ends<T extends { score: number }>(
  all: readonly T[],
  k: number,
  order: (a: T, b: T) => number,
): Ends<T> {
  return {
    top: [...all].sort((a, b) => b.score - a.score || order(a, b)).slice(0, k),
    bottom: [...all].sort((a, b) => a.score - b.score || order(a, b)).slice(0, k),
  };
}

export interface ScoredHead {
  layer: number;
  head: number;
  score: number;
  /** Of a preview: for 95 % of tokens the exact score is within score ± margin. */
  margin?: number;
}

/**
 * All heads by one token's diagonal entry: `vo`, how much the head writes the token when it reads it (copying at the
 * top, suppression at the bottom); `qk`, how much a query at the token attends to a key at it. Scores are those of the
 * pair (token, token) in {@link readHead}. Default both matrices. Throws `OUT_OF_RANGE`.
 */
export async function tokenHeads(
  model: Model,
  token: number,
  options: TokenPlaceOptions & { matrices?: readonly HeadMatrix[] } = {},
): Promise<Partial<Record<HeadMatrix, Ends<ScoredHead>>>> {
  const found: Partial<Record<HeadMatrix, Ends<ScoredHead>>> = {};
  for (const matrix of options.matrices ?? HEAD_MATRICES) found[matrix] = await headsOf(model, token, matrix, options);
  return found;
}

async function headsOf(
  model: Model,
  token: number,
  matrix: HeadMatrix,
  options: TokenPlaceOptions,
): Promise<Ends<ScoredHead>> {
  const { k = 20, foldNorm, signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const { first, second } = PARTS[matrix];
  const used: (Float64Array | undefined)[] = [];
  const rowFor = async (part: HeadPart): Promise<Matrix> => {
    const which = embeddingOf(`attn.${part}`, options.embedding);
    await checkToken(model, token, which, signal);
    const e = await embedding(model, which, signal);
    const divisor = await sideDivisor(model, part, options);
    used.push(divisor);
    return scaledRows(e, divisor, token, token + 1);
  };
  const [x, y] = [await rowFor(first), await rowFor(second)];
  const margin = marginsOf(used, [token, token]);
  const run = stage(options, `${matrix} of all layers`);
  const found: ScoredHead[] = [];
  for (let layer = 0; layer < model.dimensions.layers; layer++) {
    if (!hasHeads(model, layer)) continue;
    const heads = headCount(model, layer);
    const side = async (row: Matrix, part: typeof first) => {
      const of = interactionsOf(model);
      const source = parameter(of, `layer.${layer}.attn.${part}`);
      const w = await readVectors(of, { layer, kind: `attn.${part}`, source }, { foldNorm, signal });
      const own = source.shape[0];
      return { data: (await engine.matmul(row, w, { signal })).data, own, width: source.count / own };
    };
    const [a, b] = [await side(x, first), await side(y, second)];
    const rowOf = ({ data, own, width }: typeof a, head: number): Matrix => {
      const at = sharedHead(head, heads, own) * width;
      return { data: data.subarray(at, at + width), rows: 1, columns: width };
    };
    for (let head = 0; head < heads; head++) {
      const own = score({ a: rowOf(a, head), b: rowOf(b, head) }, 0, 0);
      found.push({ layer, head, score: own, ...(margin && { margin: margin(own) }) });
    }
    run.progress?.((layer + 1) / model.dimensions.layers);
  }
  return ends(found, k, (p, q) => p.layer - q.layer || p.head - q.head);
}
