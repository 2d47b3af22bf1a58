import { decodeFromJson, decodeOf, kindFromJson, withoutSuffix } from './decoder.ts';
import { asRecord, describe, invalid, parseObject } from './json.ts';
import { PieceTable, type TokenizerExtras } from './pieces.ts';
import type { Vocabulary } from './types.ts';
import { createVocabulary } from './vocabulary.ts';

const FILE = 'tokenizer.json';

/**
 * Reads a tokenizer.json (format of the `tokenizers` library): BPE, WordPiece and WordLevel (`model.vocab` maps piece to
 * id), Unigram (`model.vocab` lists [piece, score] in id order), `added_tokens`, and the decoder for the text of tokens.
 *
 * @param json the file's text, or what it parses to
 * @param size rows of E
 * @throws `TOKENIZER_INVALID` for anything else
 */
export function vocabularyFromTokenizerJson(json: unknown, size: number, extras: TokenizerExtras = {}): Vocabulary {
  const file = parseObject(json, FILE);
  const model = asRecord(file.model);
  if (!model) throw invalid(FILE, 'an object `model`', describe(file.model));
  const table = new PieceTable(FILE);
  if (Array.isArray(model.vocab)) {
    model.vocab.forEach((entry, id) => {
      if (!Array.isArray(entry)) throw invalid(FILE, '[piece, score] for each token of `model.vocab`', describe(entry));
      table.set(id, entry[0]);
    });
  } else {
    const vocab = asRecord(model.vocab);
    if (!vocab) throw invalid(FILE, 'a `model.vocab`', describe(model.vocab));
    table.setAll(vocab);
  }
  const added = file.added_tokens ?? [];
  if (!Array.isArray(added)) throw invalid(FILE, 'an array `added_tokens`', describe(added));
  for (const token of added) table.addFlagged(asRecord(token)?.id, token);
  if (typeof model.unk_token === 'string') table.markSpecial([model.unk_token]);
  if (typeof model.unk_id === 'number') table.special.add(model.unk_id);
  table.addExtras(extras);

  const kind = kindFromJson(file);
  const decode = decodeFromJson(file.decoder) ?? decodeOf(kind);
  const suffix = typeof model.end_of_word_suffix === 'string' ? model.end_of_word_suffix : '';
  return createVocabulary({
    kind,
    size,
    pieces: table.pieces,
    special: table.special,
    decode: suffix === '' ? decode : (piece) => decode(withoutSuffix(piece, suffix)),
    continuing: typeof model.continuing_subword_prefix === 'string' ? model.continuing_subword_prefix : undefined,
  });
}
