import { codePoint, printable } from './quote.ts';

/**
 * What no text of a file may bring into another program: control characters, which terminals obey, and marks that turn
 * the direction of text, which let it read otherwise than it is. Tabs and ends of lines stay: they stand between
 * quotes.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What spreadsheets take for the beginning of a formula, in East Asian editions the full-width signs too. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]./s;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A text as spreadsheets may open it: a formula (`=HYPERLINK(…)` is a token that anyone can put into a tokenizer)
 * begins with an apostrophe. A single sign and a number are no formula.
 */
const inert = (text: string): string => (FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text);

export interface CsvOptions {
  /** Ends of lines within a text are shown as `\u{A}` too, and whatever else cannot be seen: for terminals. */
  visible?: boolean;
}

/** One line of RFC 4180 with its CRLF. */
export function csvLine(values: Iterable<unknown>, options: CsvOptions = {}): string {
  return `${Array.from(values, (value) => csvField(value, options)).join(',')}\r\n`;
}

/**
 * A value as a cell: nothing for null, numbers in full, lists of plain values with spaces between, what is nested as
 * JSON, bytes as hexadecimal digits.
 */
function csvField(value: unknown, { visible }: CsvOptions): string {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return `${value}`;
  const text = textOf(value);
  const safe = inert(visible ? printable(text) : text.replace(UNSAFE, codePoint));
  // A field of spaces alone is quoted as well: many readers trim bare ones.
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Any value as the text of a cell. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (value instanceof Uint8Array) return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object')) return value.join(' ');
  return JSON.stringify(value);
}
