import { codePoint, printable } from '../quote.ts';
import type { TokenizerKind } from './types.ts';

/** Signs this module gives a meaning to; a token that contains one itself shows its number instead. */
const OWN_SIGNS = /[·↵⇥]/gu;

/**
 * Decoded text as tables show it: a space as `·` unless it stands alone between two visible characters, a newline as
 * `↵`, a tab as `⇥`, other invisible characters as `\u{200B}`, and these three signs themselves, where a token contains
 * one, as `\u{B7}`, `\u{21B5}`, `\u{21E5}`. A combining mark that would cling to what stands before it gets a `◌`.
 */
export function prettyLabel(text: string): string {
  if (text === '') return '(empty)';
  const shown = text
    .replace(OWN_SIGNS, codePoint)
    .replace(/ +/g, (run, at: number, whole: string) => {
      const between = isVisible(whole[at - 1]) && isVisible(whole[at + run.length]);
      return run.length === 1 && between ? run : '·'.repeat(run.length);
    })
    .replaceAll('\n', '↵')
    .replaceAll('\t', '⇥');
  return printable(shown).replace(/^(·*)(?=\p{M})/u, '$1◌');
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
