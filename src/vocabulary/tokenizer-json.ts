import { JsonReader, withoutMark } from '../json.ts';
import { describe } from '../quote.ts';
import { decodeAddedOf, decodeFromJson, decodeOf, kindFromJson, withoutSuffix } from './decoder.ts';
import { asRecord, invalid, parseObject, parsing } from './json.ts';
import { PieceTable, type TokenizerExtras } from './pieces.ts';
import type { Vocabulary } from './types.ts';
import { createVocabulary } from './vocabulary.ts';

const FILE = 'tokenizer.json';

/**
 * Reads a tokenizer.json (format of the `tokenizers` library): BPE, WordPiece and WordLevel (`model.vocab` maps piece
 * to id), Unigram (`model.vocab` lists [piece, score] in id order), `added_tokens`, and the decoder for the text of
 * tokens.
 *
 * @param json the file's text, or what it parses to
 * @param size rows of E
 * @throws `TOKENIZER_INVALID` for anything else
 */
export function vocabularyFromTokenizerJson(json: unknown, size: number, extras: TokenizerExtras = {}): Vocabulary {
  const { table, model, added, decoder, preTokenizer } = partsOf(json);
  if (!Array.isArray(added)) throw invalid(FILE, 'an array `added_tokens`', describe(added));
  for (const token of added) table.add(token);
  if (typeof model.unk_token === 'string') table.markSpecial([model.unk_token]);
  if (typeof model.unk_id === 'number') table.special.add(model.unk_id);
  table.addExtras(extras);

  const kind = kindFromJson(model, decoder, preTokenizer);
  const { decode, decodeAdded, notes } = decodeFromJson(decoder) ?? {
    decode: decodeOf(kind),
    decodeAdded: decodeAddedOf(kind),
    notes: [],
  };
  const suffix = typeof model.end_of_word_suffix === 'string' ? model.end_of_word_suffix : '';
  return createVocabulary({
    kind,
    size,
    pieces: table.pieces,
    special: table.special,
    decode: suffix === '' ? decode : (piece) => decode(withoutSuffix(piece, suffix)),
    added: table.added,
    decodeAdded,
    continuing: typeof model.continuing_subword_prefix === 'string' ? model.continuing_subword_prefix : undefined,
    notes,
  });
}

/** What is needed of the file; `model` is without its tables. */
interface Parts {
  table: PieceTable;
  model: Record<string, unknown>;
  added: unknown;
  decoder: unknown;
  preTokenizer: unknown;
}

function partsOf(json: unknown): Parts {
  if (typeof json === 'string') return parsing(FILE, () => readParts(new TextEncoder().encode(json)));
  if (json instanceof Uint8Array) return parsing(FILE, () => readParts(json));
  const file = parseObject(json, FILE);
  const model = asRecord(file.model);
  if (!model) throw invalid(FILE, 'an object `model`', describe(file.model));
  const table = new PieceTable(FILE);
  if (Array.isArray(model.vocab)) {
    model.vocab.forEach((entry, id) => {
      if (!Array.isArray(entry)) throw invalid(FILE, PAIRS, describe(entry));
      table.set(id, entry[0]);
    });
    table.endModel(model.vocab.length);
  } else {
    const vocab = asRecord(model.vocab);
    if (!vocab) throw invalid(FILE, 'a `model.vocab`', describe(model.vocab));
    table.setAll(vocab);
    table.endModel();
  }
  const { added_tokens: added = [], decoder, pre_tokenizer: preTokenizer } = file;
  return { table, model, added: added ?? [], decoder, preTokenizer };
}

const PAIRS = '[piece, score] for each token of `model.vocab`';

/** The same from the file's bytes: merges, most of it, are needed only to split text, and read over. */
function readParts(bytes: Uint8Array): Parts {
  const reader = new JsonReader(withoutMark(bytes), { python: true, maxValues: 4_000_000 });
  const parts: Parts = {
    table: new PieceTable(FILE),
    model: {},
    added: [],
    decoder: undefined,
    preTokenizer: undefined,
  };
  let seen = false;
  if (!reader.isObject()) throw invalid(FILE, 'a JSON object', describe(reader.value()));
  reader.object((key) => {
    if (key === 'model') {
      if (!reader.isObject()) throw invalid(FILE, 'an object `model`', describe(reader.value()));
      reader.object((field) => {
        if (field === 'vocab') {
          seen = true;
          readVocab(reader, parts.table);
        } else if (field === 'merges') reader.skip();
        else parts.model[field] = reader.value();
      });
    } else if (key === 'added_tokens') parts.added = reader.value() ?? [];
    else if (key === 'decoder') parts.decoder = reader.value();
    else if (key === 'pre_tokenizer') parts.preTokenizer = reader.value();
    else reader.skip();
  });
  reader.end();
  if (!seen) throw invalid(FILE, 'a `model.vocab`', 'none');
  return parts;
}

function readVocab(reader: JsonReader, table: PieceTable): void {
  if (reader.isObject()) {
    reader.object((piece) => table.setKey(piece, reader.value()));
    table.endModel();
    return;
  }
  if (!reader.isArray()) throw invalid(FILE, 'a `model.vocab`', describe(reader.value()));
  let count = 0;
  reader.array((id) => {
    if (!reader.isArray()) throw invalid(FILE, PAIRS, describe(reader.value()));
    reader.array((part) => {
      if (part === 0) table.set(id, reader.isString() ? reader.string() : reader.value());
      else reader.skip();
    });
    count = id + 1;
  });
  table.endModel(count);
}
