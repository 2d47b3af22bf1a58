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
  const file = parseObject(typeof json === 'string' ? withoutMerges(json) : json, FILE);
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

/**
 * The file without the entries of `model.merges`: most of it, needed only to split text. Quotes inside a JSON string are
 * escaped, so what looks like this key is this key. Where the array does not end, the text is returned as it is.
 */
function withoutMerges(json: string): string {
  const key = /"merges"\s*:\s*\[/.exec(json);
  if (!key) return json;
  const start = key.index + key[0].length;
  let depth = 1;
  for (let i = start; i < json.length; i++) {
    const character = json.charCodeAt(i);
    if (character === OPEN) depth++;
    else if (character === CLOSE && --depth === 0) return json.slice(0, start) + json.slice(i);
    else if (character === QUOTE) {
      for (i++; i < json.length && json.charCodeAt(i) !== QUOTE; i++) if (json.charCodeAt(i) === BACKSLASH) i++;
    }
  }
  return json;
}

const [OPEN, CLOSE, QUOTE, BACKSLASH] = Array.from('[]"\\', (character) => character.charCodeAt(0));
