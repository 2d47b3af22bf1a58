import { JsonReader, withoutMark } from '../json.ts';
import { describe } from '../quote.ts';
import { decodeAddedOf, decodeOf, guessKind, withoutSuffix } from './decoder.ts';
import { invalid, MAX_VALUES, parseObject, parsing } from './json.ts';
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
  const table = new PieceTable(JSON_FILE);
  if (typeof json === 'string') readPieces(new TextEncoder().encode(json), table);
  else if (json instanceof Uint8Array) readPieces(json, table);
  else table.setAll(parseObject(json, JSON_FILE));
  return finish(table, size, extras);
}

const JSON_FILE = 'vocab.json';

/** Piece by piece: an object of a million names would take ten times the file's size. */
function readPieces(bytes: Uint8Array, table: PieceTable): void {
  parsing(JSON_FILE, () => {
    const reader = new JsonReader(withoutMark(bytes), { python: true, maxValues: MAX_VALUES });
    if (!reader.isObject()) throw invalid(JSON_FILE, 'a JSON object', describe(reader.value()));
    reader.object((piece) => table.setKey(piece, reader.value()));
    reader.end();
  });
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
  if (text === '') throw invalid('vocab.txt', 'one token a line', 'an empty file');
  const table = new PieceTable('vocab.txt');
  // Line by line, so that a file of fifty million ends where its ids are too many.
  let from = 0;
  for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) {
    table.set(table.pieces.length, text.slice(from, index));
    from = index + end.length;
  }
  if (from < text.length) table.set(table.pieces.length, text.slice(from));
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
