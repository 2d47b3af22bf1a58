import type { Model } from '../../model/types.ts';
import { tokenOf } from '../../reading/applied.ts';

/** The vocabulary as a table, one row per row of E; classes are those of the token filters. */
export function tokenColumns(model: Model, size: number) {
  const { vocabulary } = model;
  const ids = Int32Array.from({ length: size }, (_, id) => id);
  const tokens = Array.from(ids, (id) => tokenOf(model, id));
  const mask = (of: Uint8Array | undefined): boolean[] => Array.from(ids, (id) => of?.[id] === 1);
  return {
    token: ids,
    text: tokens.map(({ token }) => wellFormed(token)),
    label: tokens.map(({ label }) => wellFormed(label)),
    normal: Array.from(ids, (id) => wellFormed(vocabulary?.normal(id) ?? '')),
    ascii: mask(vocabulary?.mask({ onlyAscii: true })),
    english: mask(vocabulary?.mask({ onlyEnglish: true })),
    alnum: mask(vocabulary?.mask({ onlyAlnum: true })),
    bracket: vocabulary ? mask(vocabulary.mask({ excludeBrackets: true })).map((kept) => !kept) : mask(undefined),
    special: Array.from(ids, (id) => vocabulary?.isSpecial(id) ?? false),
    padding: Array.from(ids, (id) => vocabulary?.isPadding(id) ?? false),
  };
}

export const labelOf = (model: Model, token: number): string => wellFormed(tokenOf(model, token).label);

/** Parquet strings are UTF-8: half a surrogate pair has none. */
const wellFormed = (text: string): string =>
  text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
