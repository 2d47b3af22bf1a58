/**
 * Display width of text in a terminal: East Asian wide and emoji characters take two columns, combining marks and
 * format characters none (Unicode Standard Annex 11; emoji presentation from UTS 51).
 */

const PLAIN = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff·→…↵]*$/;
const ZERO = /^[\p{Mn}\p{Me}\p{Cc}\p{Cf}\u1160-\u11ff]$/u;
/** Wide and fullwidth blocks; emoji are found by their property. */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d8f}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]$/u;
const VARIATION_EMOJI = '\ufe0f';
const JOINER = '\u200d';

/** Columns that `text` (without colour codes) takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const cell of cells(text)) width += cell.width;
  return width;
}

/** The longest start of `text` that fits `columns`, with `…` in the last one when something was cut. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let cut = '';
  let width = 0;
  for (const cell of cells(text)) {
    if (width + cell.width > columns - 1) break;
    width += cell.width;
    cut += cell.text;
  }
  return `${cut}…`;
}

/** `text` cut or filled with spaces to exactly `columns`. */
export function fit(text: string, columns: number, align: 'left' | 'right'): string {
  const cut = truncate(text, columns);
  const fill = ' '.repeat(Math.max(0, columns - displayWidth(cut)));
  return align === 'left' ? cut + fill : fill + cut;
}

/** Characters with what belongs to them (marks, joined emoji), each with its width. */
function* cells(text: string): Generator<{ text: string; width: number }> {
  let cell = { text: '', width: 0 };
  let joined = false;
  for (const character of text) {
    if (joined || ZERO.test(character)) {
      cell.text += character;
      if (character === VARIATION_EMOJI && cell.width === 1 && cell.text.length > 1) cell.width = 2;
    } else {
      if (cell.text) yield cell;
      cell = { text: character, width: WIDE.test(character) ? 2 : 1 };
    }
    joined = character === JOINER;
  }
  if (cell.text) yield cell;
}
