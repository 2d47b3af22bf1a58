import type { Model } from '../model/types.ts';
import { leastSampled, tokenOf } from './applied.ts';
import { checkToken, embedding, embeddingOf, norm } from './embedding.ts';
import { partKinds } from './factors.ts';
import { normalisers } from './normalisers.ts';
import { HEAD_MATRICES, partsOf } from './parts.ts';
import { previewOf } from './preview.ts';
import { type Ends, type ScoredHead, type TokenPlaceOptions, tokenHeads } from './token-places.ts';
import { neuronsByShare, type SharedNeuron } from './token-shares.ts';
import type { HeadMatrix, NeuronPart, ReadOptions, ScoredToken, Token } from './types.ts';
import { readVector } from './vectors.ts';

export interface TokenReport {
  token: Token;
  classes: { special: boolean; padding: boolean };
  /** Length of its row of E. */
  norm: number;
  /** By cosine of rows of E, itself left out. */
  nearest: ScoredToken[];
  /** In order of share: how far the token stands out within the neuron. */
  neurons: Partial<Record<NeuronPart, Ends<SharedNeuron>>>;
  heads: Partial<Record<HeadMatrix, Ends<ScoredHead>>>;
  /** Of a preview: how many vectors freq was taken from, and of how many (of the kind that was sampled least). */
  preview?: { vectors: number; of: number };
}

/**
 * Everything about one token from the weights alone: its neighbours, the neurons that read and write it, the heads that
 * copy, suppress or attend to it. Reads all layers once. Throws `OUT_OF_RANGE`.
 */
export async function readToken(
  model: Model,
  id: number,
  options: TokenPlaceOptions & Pick<ReadOptions, 'labels'> = {},
): Promise<TokenReport> {
  const preview = options.preview && (await previewOfAll(model, options));
  return {
    ...(await tokenFacts(model, id, options)),
    ...(preview && { preview }),
    neurons: await neuronsByShare(model, id, options),
    heads: await tokenHeads(model, id, options),
  };
}

/** What a token's places are divided by, said before they are read: the exact means may come meanwhile. */
async function previewOfAll(model: Model, options: TokenPlaceOptions): Promise<TokenReport['preview']> {
  if ((options.normalize ?? 'freq') !== 'freq') return undefined;
  const kinds = [...partsOf(model.dimensions.gated).map((part) => `ff.${part}` as const), ...partKinds(HEAD_MATRICES)];
  const previews = [...(await normalisers(model, kinds, options)).values()].flatMap((f) => previewOf(f) ?? []);
  return previews.length > 0 ? leastSampled(previews) : undefined;
}

/** What of {@link readToken} needs E alone. */
export async function tokenFacts(
  model: Model,
  id: number,
  options: TokenPlaceOptions & Pick<ReadOptions, 'labels'> = {},
): Promise<Omit<TokenReport, 'neurons' | 'heads'>> {
  const { k = 20 } = options;
  const which = embeddingOf(undefined, options.embedding);
  await checkToken(model, id, which, options.signal);
  const e = await embedding(model, which, options.signal);
  const { top } = await readVector(model, `tok:#${id}`, { ...options, k: k + 1, normalize: 'cosine' });
  const { vocabulary } = model;
  return {
    token: tokenOf(model, id, options.labels),
    classes: { special: vocabulary?.isSpecial(id) ?? false, padding: vocabulary?.isPadding(id) ?? false },
    norm: norm(e.data.subarray(id * e.columns, (id + 1) * e.columns)),
    nearest: top.filter((token) => token.id !== id).slice(0, k),
  };
}
