import { apiQuery, place, tokens as question, readingQuery } from '../../api/queries.ts';
import type { Token, TokenReport, Tokens } from '../../api/types.ts';
import { joinFilters, type ReadingSearch, splitFilters } from '../../state/reading-search.ts';

/** What is at the highest and at the lowest end of an order. */
export interface Ends<T> {
  top: T[];
  bottom: T[];
}

export type TokenNeuron = NonNullable<TokenReport['neurons']['key']>['top'][number];
export type TokenHead = NonNullable<TokenReport['heads']['vo']>['top'][number];
export type FoundToken = Tokens['tokens'][number];

const LISTED = 2000;

const tokens = (
  model: string,
  filters: ReadingSearch['filters'],
  { prefix, like }: { prefix?: string; like?: string },
) => {
  const { normalize: _, foldNorm: __, ...kept } = readingQuery({ filters });
  return apiQuery(question, { param: place({ model }), query: { ...kept, prefix, like, k: LISTED } });
};

/** Tokens that begin so, of the classes that the filters leave; without a beginning all of these. */
export const beginningQuery = (model: string, { filters }: ReadingSearch, q = '') =>
  q.trim() === '' ? tokens(model, wordsFirst(filters), {}) : tokens(model, filters, { prefix: q.trim() });

/** Where nothing is looked for, special tokens and rows without one are in the way. */
export const wordsFirst = (filters: ReadingSearch['filters']): string | undefined =>
  joinFilters([...new Set([...splitFilters(filters), 'no-special', 'no-padding'] as const)]);

/** Tokens nearest to one in embedding space. */
export const likeQuery = (model: string, { filters }: ReadingSearch, id: number) =>
  tokens(model, filters, { like: `#${id}` });

/**
 * The token that is meant by a word: of those that are the word but for case and space, as it stands in a sentence,
 * with a space before it; else the first that begins so.
 */
export function meant(word: string, found: readonly Token[]): Token | undefined {
  const wanted = word.trim();
  const texts = [` ${wanted}`, wanted];
  return (
    texts.map((text) => found.find(({ token }) => token === text)).find((token) => token !== undefined) ?? found[0]
  );
}
