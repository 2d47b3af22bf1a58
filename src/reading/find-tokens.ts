import type { Model } from '../model/types.ts';
import { maskOf, tokenOf, vocabularyOf } from './applied.ts';
import type { ReadOptions, Token } from './types.ts';

export interface FindTokensOptions extends Pick<ReadOptions, 'filters' | 'labels'> {
  /** Tokens of exactly this text. */
  text?: string;
  /** Tokens whose text begins so, case and a leading space aside; the shortest first. */
  prefix?: string;
  /** Default 50. */
  k?: number;
}

/** Tokens by their text, under the filters; all when neither is given, by id. Throws `TOKENIZER_MISSING`. */
export function findTokens(model: Model, options: FindTokensOptions): { total: number; tokens: Token[] } {
  const { text, prefix, k = 50 } = options;
  const mask = maskOf(model, options.filters, 'tokens');
  const kept = (id: number): boolean => !mask || mask[id] === 1;
  let ids: number[];
  if (text !== undefined) ids = vocabularyOf(model, 'a search by text').find(text).filter(kept);
  else if (prefix !== undefined) {
    const vocabulary = vocabularyOf(model, 'a search by text');
    const wanted = prefix.trim().toLowerCase();
    ids = [];
    for (let id = 0; id < vocabulary.size; id++)
      if (kept(id) && !vocabulary.isPadding(id) && vocabulary.normal(id).startsWith(wanted)) ids.push(id);
    ids.sort((i, j) => vocabulary.normal(i).length - vocabulary.normal(j).length || i - j);
  } else ids = Array.from({ length: model.dimensions.vocab }, (_, id) => id).filter(kept);
  return { total: ids.length, tokens: ids.slice(0, k).map((id) => tokenOf(model, id, options.labels)) };
}
