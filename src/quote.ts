/**
 * What a reader or a terminal could not see or should not obey: control characters (escape sequences begin with one),
 * format characters (zero width, bidirectional), odd spaces, line and paragraph separators, private use, unpaired
 * surrogates, everything Unicode calls default-ignorable, and the empty braille cell.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** `\u{200B}` for a character. */
export const codePoint = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`;

/** All invisible characters as `\u{200B}`; nothing else is changed. Safe to print on a terminal. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, codePoint);
}

/** Text of a file that is quoted in a message has at most so many characters. */
const MAX_QUOTED = 100;

/** Text of a file for a message: in quotes, cut where it is long, with no character that a terminal would obey. */
export function quote(text: string): string {
  return printable(JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text));
}

/** Any value of a file for a message, in a few words. Nothing in it is called or walked through. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `an array of ${value.byteLength} bytes`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${cut(String(value), MAX_QUOTED)}`;
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}

/** `text` of at most `length` characters, its middle left out where it is longer. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.floor(length / 3);
  return `${text.slice(0, length - end - 3)} … ${text.slice(text.length - end)}`;
}
