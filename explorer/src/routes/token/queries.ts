import { apiQuery, readingQuery } from '../../api/queries.ts';
import type { NeuronPart, ScoredToken, Token } from '../../api/types.ts';
import type { ReadingSearch } from '../../state/reading-search.ts';

export interface Ends<T> {
  top: T[];
  bottom: T[];
}

export interface TokenNeuron {
  layer: number;
  expert: number;
  neuron: number;
  score: number;
  /** Labels of the neuron's first tokens, with an atlas. */
  top?: string;
}

export interface TokenHead {
  layer: number;
  head: number;
  score: number;
}

/** What the model does with one token. */
export interface TokenReport {
  token: Token;
  classes: { special: boolean; padding: boolean };
  norm: number | null;
  nearest: ScoredToken[];
  neurons: Partial<Record<NeuronPart, Ends<TokenNeuron>>>;
  heads: { vo?: Ends<TokenHead>; qk?: Ends<TokenHead> };
  source: 'atlas' | 'live';
}

export type FoundToken = Token & { score?: number };

export interface FoundTokens {
  total: number;
  tokens: FoundToken[];
}

const LISTED = 2000;

const tokens = (model: string, filters: ReadingSearch['filters'], query: Record<string, string | number>) =>
  apiQuery<FoundTokens>(['models', model, 'tokens'], { ...readingQuery({ filters }), ...query });

/** Tokens that begin so, of the classes that the filters leave; without a beginning all of these. */
export const beginningQuery = (model: string, { filters }: ReadingSearch, q = '') =>
  tokens(model, filters, { ...(q.trim() !== '' && { prefix: q.trim() }), k: LISTED });

/** Tokens nearest to one in embedding space. */
export const likeQuery = (model: string, { filters }: ReadingSearch, id: number) =>
  tokens(model, filters, { like: `#${id}`, k: LISTED });

/**
 * The token that is meant by a word: of those that are the word but for case and space, as it stands in a sentence, with
 * a space before it; else the first that begins so.
 */
export function meant(word: string, found: readonly Token[]): Token | undefined {
  const wanted = word.trim();
  const texts = [` ${wanted}`, wanted];
  return (
    texts.map((text) => found.find(({ token }) => token === text)).find((token) => token !== undefined) ?? found[0]
  );
}
