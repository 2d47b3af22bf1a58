import { type Decoded, decodeByteLevel, decodeUtf8 } from './bytes.ts';
import { asRecord } from './json.ts';
import type { TokenizerKind } from './types.ts';

/** The text of one piece in the middle of a sequence: `▁king` is ` king` although a sequence would not start with the space. */
export type Decode = (piece: string) => Decoded;

/** SentencePiece's visible space, U+2581. */
const META_SPACE = '\u2581';

/** How a piece of this kind decodes when the tokenizer's files do not say. */
export function decodeOf(kind: TokenizerKind): Decode {
  if (kind === 'byte-level') return decodeByteLevel;
  if (kind === 'sentencepiece') return decodeSentencePiece;
  return verbatim;
}

const verbatim: Decode = (piece) => ({ text: piece });

const decodeSentencePiece: Decode = (piece) => byteFallback(piece) ?? { text: piece.replaceAll(META_SPACE, ' ') };

/** `<0x0A>` is the byte 0x0A; a byte of a longer character is no whole character by itself. */
function byteFallback(piece: string): Decoded | undefined {
  if (piece.length !== 6 || !/^<0x[0-9A-Fa-f]{2}>$/.test(piece)) return undefined;
  return decodeUtf8(Uint8Array.of(Number.parseInt(piece.slice(3, 5), 16)));
}

/**
 * The `decoder` of a tokenizer.json as it acts on one piece. What only concerns a whole sequence is left out: joining,
 * a leading space taken from the first piece (`Strip` after `Fuse`, `Metaspace`), WordPiece's spaces between words.
 */
export function decodeFromJson(decoder: unknown): Decode | undefined {
  const steps = flatten(decoder);
  if (steps.length === 0) return undefined;
  const actions: Action[] = [];
  for (const step of steps) {
    if (step.type === 'Fuse') break;
    const action = actionOf(step);
    if (action) actions.push(action);
  }
  return (piece) => {
    let text = piece;
    for (const action of actions) {
      const result = action(text);
      if (typeof result === 'string') text = result;
      else if (result) return result;
    }
    return { text };
  };
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
      return (text) => text.replaceAll(typeof step.replacement === 'string' ? step.replacement : META_SPACE, ' ');
    case 'Replace':
      return replaceAction(step);
    case 'BPEDecoder': {
      const suffix = typeof step.suffix === 'string' ? step.suffix : '</w>';
      return (text) => withoutSuffix(text, suffix);
    }
    case 'Strip':
      return stripAction(step);
    default:
      return undefined;
  }
}

function replaceAction(step: Record<string, unknown>): Action | undefined {
  const pattern = asRecord(step.pattern);
  const content = typeof step.content === 'string' ? step.content : '';
  if (typeof pattern?.String === 'string' && pattern.String !== '') {
    const literal = pattern.String;
    return (text) => text.replaceAll(literal, content);
  }
  if (typeof pattern?.Regex !== 'string') return undefined;
  try {
    const expression = new RegExp(pattern.Regex, 'gu');
    return (text) => text.replace(expression, () => content);
  } catch {
    return undefined; // a pattern only the tokenizer's own regex engine knows
  }
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

/** The steps of a decoder or pre-tokenizer, sequences opened. */
function flatten(step: unknown): Record<string, unknown>[] {
  const record = asRecord(step);
  if (!record) return [];
  if (record.type !== 'Sequence') return [record];
  const parts = record.decoders ?? record.pretokenizers;
  return Array.isArray(parts) ? parts.flatMap(flatten) : [];
}

/** The kind that a tokenizer.json describes: decoder first, then pre-tokenizer, then the model. */
export function kindFromJson(json: Record<string, unknown>): TokenizerKind {
  const model = asRecord(json.model) ?? {};
  for (const step of [...flatten(json.decoder), ...flatten(json.pre_tokenizer)]) {
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
