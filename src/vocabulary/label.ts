import type { TokenizerKind } from './types.ts';

/**
 * What a reader or a terminal could not see or should not obey: control characters (escape sequences begin with one),
 * format characters (zero width, bidirectional), odd spaces, line and paragraph separators, private use, unpaired
 * surrogates, everything Unicode calls default-ignorable, and the empty braille cell.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]|(?! )\p{Zs}/gu;
/** Signs this module gives a meaning to; a token that contains one itself shows its number instead. */
const OWN_SIGNS = /[·↵⇥]/gu;

const codePoint = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`;

/** All invisible characters as `\u{200B}`; nothing else is changed. Safe to print on a terminal. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, codePoint);
}

/**
 * Decoded text as tables show it: a space as `·` unless it stands alone between two visible characters, a newline as
 * `↵`, a tab as `⇥`, other invisible characters as `\u{200B}`, and these three signs themselves, where a token contains
 * one, as `\u{B7}`, `\u{21B5}`, `\u{21E5}`. A combining mark that would cling to what stands before it gets a `◌`.
 */
export function prettyLabel(text: string): string {
  if (text === '') return '(empty)';
  return text
    .replace(OWN_SIGNS, codePoint)
    .replace(/ +/g, (run, at: number, whole: string) => {
      const between = isVisible(whole[at - 1]) && isVisible(whole[at + run.length]);
      return run.length === 1 && between ? run : '·'.repeat(run.length);
    })
    .replaceAll('\n', '↵')
    .replaceAll('\t', '⇥')
    .replace(INVISIBLE, codePoint)
    .replace(/^(·*)(?=\p{M})/u, '$1◌');
}

const isVisible = (character: string | undefined) =>
  character !== undefined && character !== '\n' && character !== '\t';

/**
 * The notebook's form of a piece: `Ġ` stripped from a word's start, `#` before anything else. For other kinds the same
 * with their own marks: `▁king` is `king`, `king` is `#king`; WordPiece's `##ing` is `#ing` and `king` stays.
 */
export function notebookLabel(piece: string, kind: TokenizerKind, continuing: string): string {
  if (kind === 'wordpiece') return piece.startsWith(continuing) ? `#${piece.slice(continuing.length)}` : piece;
  const space = kind === 'sentencepiece' ? '\u2581' : '\u0120';
  return piece.startsWith(space) ? piece.slice(1) : `#${piece}`;
}
