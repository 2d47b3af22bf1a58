import { describe } from '../quote.ts';
import { decodeAddedOf, decodeOf, guessKind } from './decoder.ts';
import { invalid } from './json.ts';
import { MAX_ID, PieceTable } from './pieces.ts';
import type { TokenizerKind, Vocabulary } from './types.ts';
import { createVocabulary } from './vocabulary.ts';

const FILE = 'the GGUF metadata';

/** Values of `tokenizer.ggml.token_type` (`llama_token_type` in llama.cpp); 1 is normal, 4 user-defined, 6 a byte. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

const KINDS: Record<string, TokenizerKind> = {
  gpt2: 'byte-level',
  llama: 'sentencepiece',
  t5: 'sentencepiece',
  bert: 'wordpiece',
};

/** Keys that name a special token's id, used where a file has no token types. */
const SPECIAL_IDS = ['bos', 'eos', 'unknown', 'padding', 'separator', 'seperator', 'cls', 'mask'];

/**
 * Reads the tokenizer in a GGUF file's metadata (`tokenizer.ggml.*`, see the GGUF specification): `model`, `tokens`,
 * `token_type`. Undefined when the file has no tokens. Rows that a converter filled up with `[PAD123]` count as
 * padding; a BERT vocabulary, which GGUF writes with `▁` at a word's start, is given back in WordPiece's own form
 * (`##ing`).
 *
 * @param size rows of E
 * @throws `TOKENIZER_INVALID`
 */
export function vocabularyFromGguf(metadata: ReadonlyMap<string, unknown>, size: number): Vocabulary | undefined {
  const tokens = metadata.get('tokenizer.ggml.tokens');
  if (tokens === undefined) return undefined;
  if (!Array.isArray(tokens)) throw invalid(FILE, 'an array `tokenizer.ggml.tokens`', describe(tokens));
  if (tokens.length > MAX_ID) throw invalid(FILE, `at most ${MAX_ID} tokens`, String(tokens.length));
  for (const token of tokens) if (typeof token !== 'string') throw invalid(FILE, 'tokens as text', describe(token));
  const types = typesOf(metadata.get('tokenizer.ggml.token_type'), tokens.length);
  const model = metadata.get('tokenizer.ggml.model');
  const known = typeof model === 'string' && Object.hasOwn(KINDS, model) ? KINDS[model] : undefined;
  const kind = known ?? guessKind(tokens);
  const guessed = `The file calls its tokenizer ${describe(model)}, which is not known: what its tokens stand for is guessed from their form.`;

  const table = new PieceTable(FILE);
  for (let id = 0; id < tokens.length; id++) {
    const type = types?.[id];
    const piece = kind === 'wordpiece' ? wordPiece(tokens[id], type) : tokens[id];
    if (type === UNUSED && /^\[PAD\d+\]$/.test(piece)) continue;
    table.set(id, piece);
    if (type === UNKNOWN || type === CONTROL || type === UNUSED) table.special.add(id);
    // As in llama.cpp: what is not of the byte alphabet stands for itself.
    if (type === UNKNOWN || type === CONTROL || type === USER_DEFINED) table.added.add(id);
  }
  if (!types) {
    for (const name of SPECIAL_IDS) {
      const id = metadata.get(`tokenizer.ggml.${name}_token_id`);
      if (typeof id === 'number' && id >= 0) table.special.add(id);
    }
  }
  return createVocabulary({
    kind,
    size,
    pieces: table.pieces,
    special: table.special,
    decode: decodeOf(kind),
    added: table.added,
    decodeAdded: decodeAddedOf(kind),
    notes: known || model === undefined ? [] : [guessed],
  });
}

function typesOf(value: unknown, count: number): ArrayLike<number> | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw invalid(FILE, 'an array `tokenizer.ggml.token_type`', describe(value));
  }
  const types = value as unknown as ArrayLike<unknown>;
  if (types.length !== count) throw invalid(FILE, `${count} token types, one for each token`, String(types.length));
  return Array.from(types, (type) => (typeof type === 'number' ? type : Number.NaN));
}

/** `▁king` -> `king`, `ing` -> `##ing`; control tokens (older files: anything in brackets) stand as they are. */
function wordPiece(token: string, type: number | undefined): string {
  if (token.startsWith('\u2581') && token.length > 1) return token.slice(1);
  return type === CONTROL || type === UNKNOWN || /^\[.+\]$/.test(token) ? token : `##${token}`;
}
