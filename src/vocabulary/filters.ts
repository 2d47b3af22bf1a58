import type { FilterUse, TokenFilters } from './types.ts';

/** What filters need to know of each row of E. */
export interface FilterSubject {
  readonly size: number;
  /** As the tokenizer's file writes it; undefined for a row without a token. */
  piece(id: number): string | undefined;
  /** Decoded, without the marks of a word's start or continuation; undefined for a row without a token. */
  word(id: number): string | undefined;
  /** False when some bytes of the token are no whole character. */
  isWhole(id: number): boolean;
  isSpecial(id: number): boolean;
}

const ASCII = 1;
const ALNUM = 2;
const ENGLISH = 4;
const BRACKETED = 8;

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);
/** As Python's `str.isalnum`: at least one character, all letters or numbers; combining marks are neither. */
const isAlnum = (text: string): boolean => /^[\p{L}\p{N}]+$/u.test(text);
const stripBrackets = (text: string): string => trimmed(text, (character) => character === '[' || character === ']');

/** `text` without the characters at both ends for which `outer` holds. (An expression for it takes quadratic time.) */
export function trimmed(text: string, outer: (character: string) => boolean): string {
  let [start, end] = [0, text.length];
  while (start < end && outer(text[start])) start++;
  while (end > start && outer(text[end - 1])) end--;
  return text.slice(start, end);
}

/** One byte of classes per row of E; 0 for rows without a token. Computed once per vocabulary. */
export function classify(subject: FilterSubject): Uint8Array {
  const classes = new Uint8Array(subject.size);
  for (let id = 0; id < subject.size; id++) {
    const word = subject.word(id);
    if (word === undefined) continue;
    let bits = 0;
    // A broken character is written \xNN, which would pass for ASCII.
    const whole = subject.isWhole(id);
    if (whole && isAscii(word)) bits |= ASCII;
    if (whole && isAlnum(word)) bits |= ALNUM;
    if (bits & ASCII && isAlnum(stripBrackets(word))) bits |= ENGLISH;
    if (/[[\]]/.test(word)) bits |= BRACKETED;
    classes[id] = bits;
  }
  return classes;
}

/** The mask of `filters`: one byte per row of E, 1 = kept. */
export function buildMask(
  subject: FilterSubject,
  classes: Uint8Array,
  filters: TokenFilters,
  use: FilterUse,
): Uint8Array {
  const mask = new Uint8Array(subject.size).fill(1);
  const keepOnly = (keeps: (id: number) => boolean) => {
    for (let id = 0; id < mask.length; id++) if (mask[id] === 1 && !keeps(id)) mask[id] = 0;
  };
  if (filters.compat) {
    const keeps = notebookRule(filters, use);
    // The notebook walks the tokenizer's vocabulary, so rows without a token always stay.
    if (keeps) {
      keepOnly((id) => {
        const piece = subject.piece(id);
        return piece === undefined || keeps(piece);
      });
    }
  } else {
    const needs = (filters.onlyAscii ? ASCII : 0) | (filters.onlyEnglish ? ENGLISH : 0);
    if (needs !== 0) keepOnly((id) => (classes[id] & needs) === needs);
    if (filters.excludeBrackets) keepOnly((id) => (classes[id] & BRACKETED) === 0 && subject.piece(id) !== undefined);
  }
  if (filters.onlyAlnum) keepOnly((id) => (classes[id] & ALNUM) !== 0);
  if (filters.onlyFrom) {
    const words = new Set(filters.onlyFrom.map((word) => word.trim().toLowerCase()));
    words.delete('');
    keepOnly((id) => words.has((subject.word(id) ?? '').trim().toLowerCase()));
  }
  if (filters.noSpecial) keepOnly((id) => !subject.isSpecial(id));
  if (filters.noPadding) keepOnly((id) => subject.piece(id) !== undefined);
  return mask;
}

/**
 * The notebook's own rules, on raw pieces. `top_tokens`: only_english overwrites only_ascii, and both strip `Ġ` from
 * the ends. `top_matrix_tokens`: only_english does not, so that every piece with a `Ġ` goes. exclude_brackets
 * intersects with a superset in both, so it changes nothing.
 */
function notebookRule(filters: TokenFilters, use: FilterUse): ((piece: string) => boolean) | undefined {
  const stripSpace = (piece: string) => trimmed(piece, (character) => character === 'Ġ');
  if (filters.onlyEnglish) {
    if (use === 'pairs') return (piece) => isAscii(piece) && isAlnum(stripBrackets(piece));
    return (piece) => isAscii(stripSpace(piece)) && isAlnum(trimmed(piece, (character) => 'Ġ[]'.includes(character)));
  }
  if (filters.onlyAscii) return (piece) => isAscii(stripSpace(piece));
  return undefined;
}
