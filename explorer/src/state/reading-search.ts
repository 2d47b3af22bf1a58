import { FILTERS as ALL } from '../../../src/questions/options.ts';
import type { Normalize } from '../../../src/reading/types.ts';

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

/** Filters as the page's addresses name them, with the library's option each one sets. */
export const FILTERS = (
  [
    ['ascii', 'onlyAscii'],
    ['english', 'onlyEnglish'],
    ['alnum', 'onlyAlnum'],
    ['no-brackets', 'excludeBrackets'],
    ['no-special', 'noSpecial'],
    ['no-padding', 'noPadding'],
  ] as const
).map(([name, option]) => ({ name, option, label: ALL[option].label, title: ALL[option].sentence }));

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

/**
 * Special tokens and rows of E without one would come first in many lists, and say nothing. Without a tokenizer nobody
 * knows which they are.
 */
export const wordsOnly = (model: { tokenizer: unknown } | undefined): Pick<ReadingSearch, 'filters'> =>
  model?.tokenizer ? { filters: joinFilters(['no-special', 'no-padding'])! } : {};

/** A whole number between `min` and `max` from a search value, or undefined. */
export function wholeNumber(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
}

/** One of `choices`, or undefined. */
export function oneOf<const T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}
