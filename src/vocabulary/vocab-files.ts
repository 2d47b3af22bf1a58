import { decodeAddedOf, decodeOf, guessKind, withoutSuffix } from './decoder.ts';
import { invalid, parseObject } from './json.ts';
import { PieceTable, type TokenizerExtras } from './pieces.ts';
import type { Vocabulary } from './types.ts';
import { createVocabulary } from './vocabulary.ts';

/** Special by custom, for files that cannot say which of their tokens are: GPT-2's, RoBERTa's and BERT's. */
const CUSTOMARY = [
  '<|endoftext|>',
  '<s>',
  '</s>',
  '<pad>',
  '<unk>',
  '<mask>',
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
];

/**
 * Reads a vocab.json as GPT-2, RoBERTa and OPT have it (piece -> id). merges.txt is not needed to name tokens. The kind
 * is told from the pieces (`Ġ`, `▁`, `##`).
 *
 * @throws `TOKENIZER_INVALID`
 */
export function vocabularyFromVocabJson(json: unknown, size: number, extras: TokenizerExtras = {}): Vocabulary {
  const table = new PieceTable('vocab.json');
  table.setAll(parseObject(json, 'vocab.json'));
  return finish(table, size, extras);
}

/**
 * Reads BERT's vocab.txt: one piece a line, the line's number (from 0) its id.
 *
 * @throws `TOKENIZER_INVALID` when the file is empty
 */
export function vocabularyFromVocabTxt(
  file: string | Uint8Array,
  size: number,
  extras: TokenizerExtras = {},
): Vocabulary {
  const text = typeof file === 'string' ? file : new TextDecoder().decode(file);
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw invalid('vocab.txt', 'one token a line', 'an empty file');
  const table = new PieceTable('vocab.txt');
  lines.forEach((piece, id) => {
    table.set(id, piece);
  });
  return finish(table, size, extras);
}

function finish(table: PieceTable, size: number, extras: TokenizerExtras): Vocabulary {
  table.addExtras(extras);
  table.markSpecial(CUSTOMARY);
  const kind = guessKind(table.pieces);
  const decode = decodeOf(kind);
  return createVocabulary({
    kind,
    size,
    pieces: table.pieces,
    special: table.special,
    added: table.added,
    decodeAdded: decodeAddedOf(kind),
    // The first GPT's `king</w>`: the mark of a word's end is no text.
    decode: kind === 'plain' ? (piece) => decode(withoutSuffix(piece, '</w>')) : decode,
  });
}
