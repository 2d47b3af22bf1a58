import type { Model } from '../model/types.ts';
import { maskOf, tokenOf, vocabularyOf } from './applied.ts';
import type { ReadOptions, Token } from './types.ts';

export interface FindTokensOptions extends Pick<ReadOptions, 'filters' | 'labels'> {
  /** Tokens of exactly this text. */
  text?: string;
  /** Tokens whose text begins so, case and a leading space aside; the shortest first. */
  prefix?: string;
  /** Only special tokens, or only rows of E without a token. */
  only?: 'special' | 'padding';
  /** Default 50. */
  k?: number;
}

/** Tokens by their text, under the filters; all when neither is given, by id. Throws `TOKENIZER_MISSING`. */
export function findTokens(model: Model, options: FindTokensOptions): { total: number; tokens: Token[] } {
  const { text, prefix, only, k = 50 } = options;
  const mask = maskOf(model, options.filters, 'tokens');
  const vocabulary = text !== undefined || prefix !== undefined || only ? vocabularyOf(model, 'a search') : undefined;
  const kept = (id: number): boolean =>
    (!mask || mask[id] === 1) &&
    (only !== 'special' || vocabulary!.isSpecial(id)) &&
    (only !== 'padding' || vocabulary!.isPadding(id));
  let ids: number[];
  if (text !== undefined) ids = vocabulary!.find(text).filter(kept);
  else if (prefix !== undefined) {
    const wanted = prefix.trim().toLowerCase();
    ids = [];
    const known = vocabulary!;
    for (let id = 0; id < known.size; id++)
      if (kept(id) && !known.isPadding(id) && known.normal(id).startsWith(wanted)) ids.push(id);
    ids.sort((i, j) => known.normal(i).length - known.normal(j).length || i - j);
  } else ids = Array.from({ length: model.dimensions.vocab }, (_, id) => id).filter(kept);
  return { total: ids.length, tokens: ids.slice(0, k).map((id) => tokenOf(model, id, options.labels)) };
}
