import { WeightscopeError } from '../errors.ts';
import { describe, quote } from '../quote.ts';
import { type Decoded, decodeByteLevel, decodeUtf8 } from './bytes.ts';
import { asRecord, invalid } from './json.ts';
import { Pattern, PatternError } from './pattern.ts';
import type { TokenizerKind } from './types.ts';

/**
 * The text of one piece in the middle of a sequence: `▁king` is ` king` although a sequence would not start with the
 * space.
 */
export type Decode = (piece: string) => Decoded;

/** SentencePiece's visible space, U+2581. */
const META_SPACE = '\u2581';

/** How a piece of this kind decodes when the tokenizer's files do not say. */
export function decodeOf(kind: TokenizerKind): Decode {
  if (kind === 'byte-level') return decodeByteLevel;
  if (kind === 'sentencepiece') return decodeSentencePiece;
  return verbatim;
}

/** How added tokens decode when the tokenizer's files do not say. */
export function decodeAddedOf(kind: TokenizerKind): Decode {
  return kind === 'byte-level' ? verbatim : decodeOf(kind);
}

const verbatim: Decode = (piece) => ({ text: piece });

const decodeSentencePiece: Decode = (piece) => byteFallback(piece) ?? { text: piece.replaceAll(META_SPACE, ' ') };

/** `<0x0A>` is the byte 0x0A; a byte of a longer character is no whole character by itself. */
function byteFallback(piece: string): Decoded | undefined {
  if (piece.length !== 6 || !/^<0x[0-9A-Fa-f]{2}>$/.test(piece)) return undefined;
  return decodeUtf8(Uint8Array.of(Number.parseInt(piece.slice(3, 5), 16)));
}

/** How the tokens of a tokenizer.json decode. */
interface JsonDecoder {
  decode: Decode;
  /** Of added tokens: their bytes are their own, a byte alphabet says nothing about them. */
  decodeAdded: Decode;
  /** Steps that are not read. */
  notes: string[];
}

/**
 * A text may grow by so many characters and to so many times its length: a stranger's steps could double it again and
 * again.
 */
const MAX_ADDED = 1024;
const MAX_TIMES = 8;

/**
 * The `decoder` of a tokenizer.json as it acts on one piece. What only concerns a whole sequence is left out: joining,
 * a leading space taken from the first piece (`Strip` after `Fuse`, `Metaspace`), WordPiece's spaces between words.
 * Throws `TOKENIZER_INVALID` for one that is nested too deep or has too many steps.
 */
export function decodeFromJson(decoder: unknown): JsonDecoder | undefined {
  const steps = flatten(decoder);
  if (steps.length === 0) return undefined;
  const actions: Action[] = [];
  const notes: string[] = [];
  for (const step of steps) {
    if (step.type === 'Fuse') break;
    try {
      const action = actionOf(step);
      if (action) actions.push(action);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      notes.push(
        `A step of the tokenizer's decoder is not read (${error.message}): text of tokens is shown without it.`,
      );
    }
  }
  const added = actions.filter((action) => action !== decodeByteLevel);
  return { decode: through(actions), decodeAdded: through(added), notes };
}

function through(actions: readonly Action[]): Decode {
  return (piece) => {
    let text = piece;
    for (const action of actions) {
      const result = action(text);
      if (typeof result === 'string') text = result;
      else if (result) return result;
      if (text.length > MAX_TIMES * piece.length + MAX_ADDED) throw tooLong(piece);
    }
    return { text };
  };
}

function tooLong(piece: string): WeightscopeError {
  return new WeightscopeError(
    'TOKENIZER_INVALID',
    `Expected a decoder in tokenizer.json that keeps tokens short, but it makes more than ${MAX_TIMES} times as much of ${quote(piece)}; use the tokenizer of the checkpoint.`,
  );
}

/** A step gives new text, or bytes decoded (which ends the pipeline), or nothing to change. */
type Action = (text: string) => string | Decoded | undefined;

function actionOf(step: Record<string, unknown>): Action | undefined {
  switch (step.type) {
    case 'ByteLevel':
      return decodeByteLevel;
    case 'ByteFallback':
      return byteFallback;
    case 'Metaspace':
      return replacing(typeof step.replacement === 'string' ? step.replacement : META_SPACE, ' ');
    case 'Replace':
      return replaceAction(step);
    case 'BPEDecoder': {
      const suffix = typeof step.suffix === 'string' ? step.suffix : '</w>';
      return (text) => withoutSuffix(text, suffix);
    }
    case 'Strip':
      return stripAction(step);
    case 'WordPiece':
      return undefined;
    default:
      throw new PatternError(`${describe(step.type)} as its type`);
  }
}

function replaceAction(step: Record<string, unknown>): Action {
  const pattern = asRecord(step.pattern);
  const content = typeof step.content === 'string' ? step.content : '';
  if (typeof pattern?.String === 'string') return replacing(pattern.String, content);
  if (typeof pattern?.Regex !== 'string') throw new PatternError('a replacement without a pattern');
  let expression: Pattern;
  try {
    expression = new Pattern(pattern.Regex);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new PatternError(`its pattern ${quote(pattern.Regex)} ${error.message}`);
  }
  return (text) => {
    try {
      return expression.replaceAll(text, content);
    } catch (cause) {
      if (!(cause instanceof PatternError)) throw cause;
      throw new WeightscopeError(
        'TOKENIZER_INVALID',
        `Expected a decoder in tokenizer.json that is quick, but its pattern ${quote(pattern.Regex as string)} ${cause.message}; use the tokenizer of the checkpoint.`,
        { cause },
      );
    }
  };
}

function replacing(literal: string, content: string): Action {
  if (literal === '') return (text) => text;
  return (text) => {
    const parts = text.split(literal);
    if ((parts.length - 1) * content.length > MAX_TIMES * text.length + MAX_ADDED) throw tooLong(text);
    return parts.join(content);
  };
}

function stripAction(step: Record<string, unknown>): Action {
  const content = typeof step.content === 'string' ? step.content : ' ';
  const count = (value: unknown) => (typeof value === 'number' ? value : 0);
  return (text) => {
    let [start, end] = [0, text.length];
    while (start < count(step.start) && text[start] === content) start++;
    while (text.length - end < count(step.stop) && end > start && text[end - 1] === content) end--;
    return text.slice(start, end);
  };
}

export function withoutSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

/** More than any tokenizer has. */
const MAX_STEPS = 100;

/** The steps of a decoder or pre-tokenizer, sequences opened. */
function flatten(step: unknown, nesting = 0): Record<string, unknown>[] {
  const record = asRecord(step);
  if (!record) return [];
  if (record.type !== 'Sequence') return [record];
  const parts = record.decoders ?? record.pretokenizers;
  if (!Array.isArray(parts)) return [];
  if (nesting > 20 || parts.length > MAX_STEPS)
    throw invalid('tokenizer.json', 'a decoder of a few steps', 'one that is nested too deep or has too many');
  const steps = parts.flatMap((part) => flatten(part, nesting + 1));
  if (steps.length > MAX_STEPS) throw invalid('tokenizer.json', `a decoder of ${MAX_STEPS} steps at most`, 'more');
  return steps;
}

/** The kind that a tokenizer.json describes: decoder first, then pre-tokenizer, then the model. */
export function kindFromJson(model: Record<string, unknown>, decoder: unknown, preTokenizer: unknown): TokenizerKind {
  for (const step of [...flatten(decoder), ...flatten(preTokenizer)]) {
    if (step.type === 'ByteLevel') return 'byte-level';
    if (step.type === 'WordPiece') return 'wordpiece';
    if (step.type === 'Metaspace' || step.type === 'ByteFallback') return 'sentencepiece';
    if (step.type === 'Replace' && asRecord(step.pattern)?.String === META_SPACE) return 'sentencepiece';
  }
  if (model.type === 'WordPiece') return 'wordpiece';
  if (model.type === 'Unigram' || model.byte_fallback === true) return 'sentencepiece';
  return 'plain';
}

/** The kind that the pieces themselves show, for files that do not say: `Ġ`, `▁`, `##`. */
export function guessKind(pieces: readonly (string | undefined)[]): TokenizerKind {
  const counts = { 'byte-level': 0, sentencepiece: 0, wordpiece: 0 };
  for (const piece of pieces) {
    if (piece === undefined || piece.length < 2) continue;
    if (piece.startsWith('\u0120')) counts['byte-level']++;
    else if (piece.startsWith(META_SPACE)) counts.sentencepiece++;
    else if (piece.startsWith('##') && piece[2] !== '#') counts.wordpiece++;
  }
  const [kind, count] = (Object.entries(counts) as [TokenizerKind, number][]).sort((a, b) => b[1] - a[1])[0];
  return count > 0 ? kind : 'plain';
}
