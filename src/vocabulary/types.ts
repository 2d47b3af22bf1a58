/** How tokens are written in the tokenizer's files. */
export type TokenizerKind = 'byte-level' | 'wordpiece' | 'sentencepiece' | 'plain';

/** One token as readings show it. */
export interface Token {
  id: number;
  /**
   * The token's own text as it decodes, a leading space included: ` king`. Bytes that are no whole character appear as
   * \xNN.
   */
  token: string;
  /**
   * Printable: leading space as `·`, newline as `↵`, control characters visible. `[pos3]` for rows of E without a
   * token.
   */
  label: string;
}

/** Names of the token filters, ANDed. See docs/vocabulary.md for what each one keeps. */
export interface TokenFilters {
  onlyAscii?: boolean;
  onlyEnglish?: boolean;
  onlyAlnum?: boolean;
  excludeBrackets?: boolean;
  /** Words (already split into lines, trimmed); a token is kept when its normal form is among them. */
  onlyFrom?: readonly string[];
  noSpecial?: boolean;
  /** Leaves out rows of E that have no token. */
  noPadding?: boolean;
  /** Repeats the notebook's own behaviour, quirks included (docs/notebook.md). */
  compat?: boolean;
}

/**
 * What a mask is for. Only `compat` tells them apart: the notebook filters vectors by `top_tokens` and pairs by
 * `top_matrix_tokens`, which drops every piece with a `Ġ` under only_english.
 */
export type FilterUse = 'tokens' | 'pairs';

export type LabelStyle = 'pretty' | 'raw' | 'notebook';

/** Token ids, their text, labels and classes. `size` is the number of rows of E, padding included. */
export interface Vocabulary {
  readonly kind: TokenizerKind;
  /** Rows of E. */
  readonly size: number;
  /** What a reader of these tokens should know, e.g. what of the tokenizer's files is not read. */
  readonly notes?: readonly string[];
  /** Tokens the tokenizer knows (the notebook's `len(tokenizer)`); rows of E from here on, or in gaps, are padding. */
  readonly tokens: number;
  /** The piece as the tokenizer's file writes it (`Ġking`, `##ing`, `▁king`), undefined for padding. */
  piece(id: number): string | undefined;
  /** Decoded text (see {@link Token.token}). */
  text(id: number): string;
  label(id: number, style?: LabelStyle): string;
  token(id: number, style?: LabelStyle): Token;
  /** Ids whose text is exactly `text`, best first; empty when no single token is that text. */
  find(text: string): number[];
  isSpecial(id: number): boolean;
  isPadding(id: number): boolean;
  /**
   * Decoded (U+FFFD for bytes of no whole character), trimmed, lower-cased: what excludeSame and excludeFuzzy compare.
   * Cached.
   */
  normal(id: number): string;
  /**
   * One byte per row of E, 1 = kept. Cached per filter set, so read-only. `use` matters with `compat` only, default
   * `tokens`.
   */
  mask(filters: TokenFilters, use?: FilterUse): Uint8Array;
}
