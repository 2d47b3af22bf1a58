import type { Normalize, TokenFilters } from '../../../src/reading/types.ts';

/** What every page with readings keeps in its URL. Defaults are left out, so that a plain URL is a plain view. */
export interface ReadingSearch {
  /** Absent: `freq`. */
  normalize?: Exclude<Normalize, 'freq'>;
  /** The layer's norm gain is multiplied in. */
  fold?: true;
  /** Each side is read with its own embedding. Absent: `unembed` on both. */
  embedding?: 'own';
  /** Names of filters, comma-separated, in the order of {@link FILTERS}. */
  filters?: string;
}

/** Filters as the page names them, with the library's option each one sets. */
export const FILTERS = [
  { name: 'ascii', option: 'onlyAscii', label: 'ASCII', title: 'Only tokens of ASCII characters' },
  { name: 'english', option: 'onlyEnglish', label: 'English', title: 'Only tokens of English letters' },
  { name: 'alnum', option: 'onlyAlnum', label: 'letters and digits', title: 'Only letters and digits' },
  { name: 'no-brackets', option: 'excludeBrackets', label: 'no brackets', title: 'Leaves out tokens in brackets' },
  { name: 'no-special', option: 'noSpecial', label: 'no special', title: 'Leaves out the tokenizer’s special tokens' },
  { name: 'no-padding', option: 'noPadding', label: 'no padding', title: 'Leaves out rows of E without a token' },
] as const satisfies readonly { name: string; option: keyof TokenFilters; label: string; title: string }[];

export type FilterName = (typeof FILTERS)[number]['name'];

/** Reads the shared part of a page's search; what it does not know it drops. */
export function parseReadingSearch(search: Record<string, unknown>): ReadingSearch {
  const result: ReadingSearch = {};
  if (search.normalize === 'none' || search.normalize === 'cosine') result.normalize = search.normalize;
  if (search.fold === true || search.fold === 1 || search.fold === 'true') result.fold = true;
  if (search.embedding === 'own') result.embedding = 'own';
  const filters = typeof search.filters === 'string' ? joinFilters(splitFilters(search.filters)) : undefined;
  if (filters) result.filters = filters;
  return result;
}

export function splitFilters(filters: string | undefined): FilterName[] {
  const given = new Set((filters ?? '').split(','));
  return FILTERS.map((filter) => filter.name).filter((name) => given.has(name));
}

/** Undefined when there is none, so that the URL stays short. */
export function joinFilters(names: readonly FilterName[]): string | undefined {
  const joined = FILTERS.map((filter) => filter.name)
    .filter((name) => names.includes(name))
    .join(',');
  return joined === '' ? undefined : joined;
}

/** A whole number between `min` and `max` from a search value, or undefined. */
export function wholeNumber(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
}

/** One of `choices`, or undefined. */
export function oneOf<const T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}
