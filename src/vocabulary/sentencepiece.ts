import { decodeOf } from './decoder.ts';
import { asRecord, invalid } from './json.ts';
import { PieceTable, type TokenizerExtras } from './pieces.ts';
import { LENGTH_DELIMITED, protobufFields, VARINT } from './protobuf.ts';
import type { Vocabulary } from './types.ts';
import { createVocabulary } from './vocabulary.ts';

/** Values of `SentencePiece.Type`; 1 is normal, 4 user-defined, 6 a byte. */
const UNKNOWN = 2;
const CONTROL = 3;
const UNUSED = 5;

/**
 * Reads SentencePiece's own file (`tokenizer.model`, `spiece.model`): a protobuf message `ModelProto`, whose field 1 is
 * one `SentencePiece` per token with its text (1), score (2) and type (3), in the order of ids
 * (https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto). BPE and unigram models name
 * their tokens alike.
 *
 * @param file its name, for messages
 * @throws `TOKENIZER_INVALID`
 */
export function vocabularyFromSentencePiece(
  bytes: Uint8Array,
  size: number,
  extras: TokenizerExtras = {},
  file = 'tokenizer.model',
): Vocabulary {
  const table = new PieceTable(file);
  const { shift, first } = numbering(file, extras);
  first.forEach((piece, id) => {
    table.set(id, piece);
    table.special.add(id);
  });
  let count = 0;
  for (const { field, wire, value } of protobufFields(bytes, file)) {
    if (field !== 1 || wire !== LENGTH_DELIMITED) continue;
    const id = count++ + shift;
    if (id < first.length) continue;
    const { piece, type } = pieceOf(value as Uint8Array, file);
    table.set(id, piece);
    if (type === UNKNOWN || type === CONTROL || type === UNUSED) table.special.add(id);
  }
  if (count === 0) throw invalid(file, 'the pieces of a SentencePiece model', 'none');
  table.endModel(count);
  for (const [i, name] of extraIds(file, extras).entries()) {
    table.set(count + i, name);
    table.special.add(count + i);
  }
  if (shift > 0) {
    table.set(count + shift, '<mask>');
    table.special.add(count + shift);
  }
  table.addExtras(extras);
  return createVocabulary({
    kind: 'sentencepiece',
    size,
    pieces: table.pieces,
    special: table.special,
    decode: decodeOf('sentencepiece'),
  });
}

function pieceOf(message: Uint8Array, file: string): { piece: string; type: number } {
  let piece = '';
  let type = 1;
  for (const { field, wire, value } of protobufFields(message, file)) {
    if (field === 1 && wire === LENGTH_DELIMITED) piece = utf8.decode(value as Uint8Array);
    else if (field === 3 && wire === VARINT) type = value as number;
  }
  return { piece, type };
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * XLM-RoBERTa puts fairseq's four special tokens first and counts the others from there; elsewhere ids are the file's.
 */
function numbering(file: string, { config }: TokenizerExtras): { shift: number; first: string[] } {
  const type = String(asRecord(config)?.model_type);
  const fairseq = file === 'sentencepiece.bpe.model' && /^xlm-roberta/.test(type);
  return fairseq ? { shift: 1, first: ['<s>', '<pad>', '</s>', '<unk>'] } : { shift: 0, first: [] };
}

/** T5's sentinels, which its file does not hold: `<extra_id_0>` is the last token. */
function extraIds(file: string, { tokenizerConfig, config }: TokenizerExtras): string[] {
  const own = asRecord(tokenizerConfig);
  if (file !== 'spiece.model' || own?.added_tokens_decoder !== undefined) return [];
  const type = String(asRecord(config)?.model_type);
  const given = own?.extra_ids ?? (type === 't5' ? 100 : 0);
  const count = Number.isInteger(given) && (given as number) <= 1000 ? (given as number) : 0;
  return Array.from({ length: Math.max(0, count) }, (_, i) => `<extra_id_${count - 1 - i}>`);
}

/** Model types whose own code numbers the tokens of a SentencePiece file in another way, which is not known here. */
export function isNumberedOtherwise(file: string, modelType: unknown): boolean {
  if (file === 'sentencepiece.bpe.model') return !/^xlm-roberta/.test(String(modelType));
  return ['pegasus', 'bigbird_pegasus', 'pegasus_x', 'camembert', 'seamless_m4t', 'seamless_m4t_v2'].includes(
    String(modelType),
  );
}
