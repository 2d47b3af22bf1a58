import { HEAD_MATRICES, NEURON_PARTS } from '../../reading/parts.ts';
import type { Ends } from '../../reading/token-places.ts';
import { byShare } from '../../reading/token-shares.ts';
import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Token } from '../../vocabulary/types.ts';
import type { Sign } from '../schema.ts';
import { checkNumber } from './check.ts';
import { notThere } from './readings.ts';
import type { Sources } from './sources.ts';

/** A neuron among a token's best. */
export interface TokenNeuron {
  layer: number;
  expert: number;
  neuron: number;
  score: number;
  /** How far the token stands out within the neuron, as in {@link NeuronHit}. */
  share: number;
  /** Labels of the neuron's own first tokens, for people. */
  top: string;
  bottom: string;
}

/** A head among a token's best by the diagonal entry of its matrix. */
export interface TokenHead {
  layer: number;
  head: number;
  score: number;
  /** The token's best place, on either side, among the head's listed pairs of that sign, where it has one. */
  pairRank: number | null;
}

/** The neurons and heads that know a token best. */
export interface AtlasToken extends Token {
  neurons: Partial<Record<NeuronPart, Ends<TokenNeuron>>>;
  heads: Partial<Record<HeadMatrix, Ends<TokenHead>>>;
}

/**
 * `k` of each part (matrix) and sign; at most what the atlas lists (`columns` of its settings). Of the neurons that it
 * lists of the token those come first in which the token stands out; heads by score.
 */
export async function atlasToken(
  sources: Sources,
  token: number,
  { k = 20 }: { k?: number } = {},
): Promise<AtlasToken> {
  checkNumber(token);
  checkNumber(k);
  const words = await sources.words();
  if (token >= words.texts.length) throw notThere('a token', `${token}`);
  const [neurons, heads, { lists: pairs }] = await Promise.all([
    sources.tokenNeurons(),
    sources.tokenHeads(),
    sources.heads(),
  ]);
  const neuronsOf = async (part: NeuronPart, sign: Sign): Promise<TokenNeuron[]> => {
    const { number, score } = await neurons.list(part, token, sign);
    const lengths = await sources.readingNorms(part);
    const all = Array.from(number, (number, i) => {
      const { index: neuron, ...place } = neurons.places.place(number);
      return { ...place, neuron, number, score: score[i]! };
    });
    const first = byShare(all, ({ number }) => lengths[number]!, k);
    const labels = await sources.neuronLabels(
      part,
      first.map(({ number }) => number),
    );
    return first.map(({ number, ...one }) => ({ ...one, ...labels.get(number)! }));
  };
  const headsOf = async (matrix: HeadMatrix, sign: Sign): Promise<TokenHead[]> => {
    const { number, score } = await heads.list(matrix, token, sign);
    const found = Array.from(number.subarray(0, k), async (number, i) => {
      const { layer, index: head } = heads.places.place(number);
      return { layer, head, score: score[i], pairRank: await pairs.pairRank(layer, head, matrix, sign, token) };
    });
    return Promise.all(found);
  };
  return {
    ...words.token(token),
    neurons: await byPart(neurons.parts, NEURON_PARTS, neuronsOf),
    heads: await byPart(heads.parts, HEAD_MATRICES, headsOf),
  };
}

async function byPart<P extends string, T>(
  there: readonly P[],
  parts: readonly P[],
  listed: (part: P, sign: Sign) => Promise<T[]>,
): Promise<Partial<Record<P, Ends<T>>>> {
  const found = parts
    .filter((part) => there.includes(part))
    .map(async (part) => [part, { top: await listed(part, '+'), bottom: await listed(part, '-') }] as const);
  return Object.fromEntries(await Promise.all(found)) as Partial<Record<P, Ends<T>>>;
}

/** A token of the atlas with its classes. */
export interface ListedToken extends Token {
  special: boolean;
  padding: boolean;
}

export interface TokensOptions {
  id?: number;
  /** Of exactly this text. */
  text?: string;
  /** Beginning so, case and a leading space aside; the shortest first. */
  prefix?: string;
  /** Default 50. */
  k?: number;
}

/** Tokens by id, text or beginning; all by id when none is given. `total`: how many there are. */
export async function atlasTokens(
  sources: Sources,
  { id, text, prefix, k = 50 }: TokensOptions,
): Promise<{ total: number; tokens: ListedToken[] }> {
  checkNumber(k);
  const words = await sources.words();
  const beginning = prefix?.trim().toLowerCase();
  const asked = (token: number): boolean =>
    id !== undefined
      ? token === id
      : text !== undefined
        ? words.texts[token] === text
        : beginning === undefined || (words.normals[token].startsWith(beginning) && !words.padding[token]);
  const found = Array.from(words.texts.keys()).filter(asked);
  if (beginning !== undefined) {
    const length = new Map(found.map((token) => [token, [...words.normals[token]].length]));
    found.sort((a, b) => length.get(a)! - length.get(b)! || a - b);
  }
  const tokens = found.slice(0, k).map((token) => ({
    ...words.token(token),
    special: words.special[token],
    padding: words.padding[token],
  }));
  return { total: found.length, tokens };
}
