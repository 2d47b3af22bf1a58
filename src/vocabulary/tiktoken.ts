import { describe, quote } from '../quote.ts';
import { byteLevelPiece, decodeByteLevel } from './bytes.ts';
import { decodeAddedOf } from './decoder.ts';
import { asRecord, invalid, parseObject } from './json.ts';
import { PieceTable, type TokenizerExtras } from './pieces.ts';
import type { Vocabulary } from './types.ts';
import { createVocabulary } from './vocabulary.ts';

const FROM_CODE =
  "Special tokens are not in this tokenizer's file but in its program: rows without a name may be theirs.";

/** Whether a file begins as tiktoken's do: a token's bytes in base64, a space, its rank. */
export function isTiktoken(bytes: Uint8Array): boolean {
  return /^[A-Za-z0-9+/]+={0,2} \d+\r?(\n|$)/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 1024)));
}

/**
 * Reads a file of tiktoken (`tokenizer.model` of Llama 3's first form, `*.tiktoken`): a line for each token, its bytes
 * in base64 and its rank, which is its id. Pieces are given in the byte-level alphabet (`Ġking`), as converters write
 * them.
 *
 * @throws `TOKENIZER_INVALID`
 */
export function vocabularyFromTiktoken(
  bytes: Uint8Array,
  size: number,
  extras: TokenizerExtras = {},
  file = 'tokenizer.model',
): Vocabulary {
  const table = new PieceTable(file);
  for (const line of new TextDecoder('latin1').decode(bytes).split('\n')) {
    if (line.trim() === '') continue;
    const found = /^([A-Za-z0-9+/]+={0,2}) (\d{1,9})\r?$/.exec(line);
    if (!found) throw invalid(file, 'a token in base64 and its rank in each line', quote(line));
    table.set(Number(found[2]), byteLevelPiece(fromBase64(found[1], file)));
  }
  table.addExtras(extras);
  return finish(table, size, table.added.size === 0 ? [FROM_CODE] : []);
}

/**
 * Reads Mistral's `tekken.json`: special tokens come first, then `vocab`, whose entries have their bytes in base64 and
 * a rank (https://github.com/mistralai/mistral-common, `tekken.py`).
 *
 * @throws `TOKENIZER_INVALID`
 */
export function vocabularyFromTekken(json: unknown, size: number): Vocabulary {
  const file = 'tekken.json';
  const { config, vocab, special_tokens: given } = parseObject(json, file);
  const { default_vocab_size: all, default_num_special_tokens: specials } = asRecord(config) ?? {};
  if (!Number.isInteger(specials) || !Number.isInteger(all))
    throw invalid(file, 'whole numbers `default_vocab_size` and `default_num_special_tokens`', describe(all));
  if (!Array.isArray(vocab)) throw invalid(file, 'an array `vocab`', describe(vocab));
  const table = new PieceTable(file);
  const first = specials as number;
  for (const token of Array.isArray(given) ? given : []) {
    const record = asRecord(token);
    const rank = record?.rank;
    if (typeof rank !== 'number' || rank >= first)
      throw invalid(file, `special tokens 0..${first - 1}`, describe(rank));
    table.set(rank, record?.token_str);
    table.special.add(rank);
    table.added.add(rank);
  }
  for (const token of vocab) {
    const record = asRecord(token);
    const [rank, bytes] = [record?.rank, record?.token_bytes];
    if (typeof rank !== 'number' || typeof bytes !== 'string')
      throw invalid(file, 'a `rank` and `token_bytes` for each token', describe(token));
    // The file may hold more than the model uses.
    if (first + rank < (all as number)) table.set(first + rank, byteLevelPiece(fromBase64(bytes, file)));
  }
  return finish(table, size, Array.isArray(given) ? [] : [FROM_CODE]);
}

function finish(table: PieceTable, size: number, notes: string[]): Vocabulary {
  return createVocabulary({
    kind: 'byte-level',
    size,
    pieces: table.pieces,
    special: table.special,
    decode: decodeByteLevel,
    added: table.added,
    decodeAdded: decodeAddedOf('byte-level'),
    notes,
  });
}

function fromBase64(text: string, file: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw invalid(file, 'tokens in base64', quote(text));
  }
}
