import { WeightscopeError } from '../errors.ts';
import { printable } from '../quote.ts';
import type { Decode } from './decoder.ts';
import { buildMask, classify, type FilterSubject, trimmed } from './filters.ts';
import { notebookLabel, prettyLabel } from './label.ts';
import type { FilterUse, LabelStyle, Token, TokenFilters, TokenizerKind, Vocabulary } from './types.ts';

/** What a reader of tokenizer files has to find out. */
export interface VocabularySpec {
  kind: TokenizerKind;
  /** Rows of E. */
  size: number;
  /** By id; undefined where the tokenizer has no token. May be shorter or longer than `size`. */
  pieces: readonly (string | undefined)[];
  special: ReadonlySet<number>;
  decode: Decode;
  /** Tokens that were added to the tokenizer's own, which keep their text where a byte alphabet would change it. */
  added?: ReadonlySet<number>;
  /** How added tokens decode; default as all others. */
  decodeAdded?: Decode;
  /** What a reader of these tokens should know. */
  notes?: readonly string[];
  /** The mark of a word's inner part (WordPiece), default `##`. */
  continuing?: string;
}

/** Tokens that were reserved and never trained: BERT's `[unused12]`, Gemma's `<unused12>`. */
const UNUSED = /^(\[unused\d+\]|<unused\d+>)$/;

const isSpace = (character: string) => character === ' ';

/** The white space that Python's `str.strip` removes, so that normal forms equal the notebook's. */
function isOuterSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  return (
    (code >= 0x09 && code <= 0x0d) ||
    (code >= 0x1c && code <= 0x20) ||
    code === 0x85 ||
    code === 0xa0 ||
    (code >= 0x1680 && /[\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(character))
  );
}

export function createVocabulary(spec: VocabularySpec): Vocabulary {
  return new LazyVocabulary(spec);
}

/**
 * A tokenizer that was made for more rows than E has is as a rule another model's, whose words would be shown in
 * silence. Tokens that were added, and marks such as `<mask>`, may stand beyond E in a model's own.
 */
function beyond({ pieces, size, added, special }: VocabularySpec): string[] {
  let count = 0;
  for (let id = size; id < pieces.length; id++)
    if (pieces[id] !== undefined && !added?.has(id) && !special.has(id)) count++;
  if (count === 0) return [];
  return [
    `The tokenizer has words beyond the ${size} rows of E (${count}): if it is another model's, the words shown are not this model's.`,
  ];
}

/** Decodes a token when it is first asked for: opening a model needs no text at all. */
class LazyVocabulary implements Vocabulary, FilterSubject {
  readonly kind: TokenizerKind;
  readonly size: number;
  readonly tokens: number;
  readonly notes: readonly string[];
  readonly #spec: VocabularySpec;
  readonly #continuing: string;
  readonly #texts: (string | undefined)[] = [];
  /** Tokens with bytes of no whole character, with U+FFFD in their place. */
  readonly #broken = new Map<number, string>();
  readonly #normals: (string | undefined)[] = [];
  readonly #masks = new Map<string, Uint8Array>();
  #classes: Uint8Array | undefined;
  #idsOfText: Map<string, number[]> | undefined;
  #idsOfPiece: Map<string, number> | undefined;
  #padding: number[] | undefined;

  constructor(spec: VocabularySpec) {
    if (!Number.isSafeInteger(spec.size) || spec.size < 0) {
      throw new WeightscopeError('ARGUMENT_INVALID', `Expected a number of rows for the vocabulary, got ${spec.size}.`);
    }
    this.#spec = spec;
    this.kind = spec.kind;
    this.size = spec.size;
    this.tokens = spec.pieces.reduce((count, piece) => (piece === undefined ? count : count + 1), 0);
    this.#continuing = spec.continuing ?? '##';
    this.notes = [...(spec.notes ?? []), ...beyond(spec)];
  }

  piece(id: number): string | undefined {
    if (!(Number.isInteger(id) && id >= 0 && id < this.size)) {
      throw new WeightscopeError('OUT_OF_RANGE', `Expected a token id 0..${this.size - 1}, got ${id}.`);
    }
    return this.#spec.pieces[id];
  }

  text(id: number): string {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const piece = this.piece(id);
    let text: string;
    if (piece === undefined) {
      text = this.#paddingName(id);
    } else {
      const { decode, decodeAdded = decode, added } = this.#spec;
      const decoded = added?.has(id) ? decodeAdded(piece) : decode(piece);
      text = decoded.text;
      if (decoded.lossy !== undefined) this.#broken.set(id, decoded.lossy);
    }
    this.#texts[id] = text;
    return text;
  }

  label(id: number, style: LabelStyle = 'pretty'): string {
    const piece = this.piece(id);
    if (style === 'notebook') {
      // The notebook puts its `#` before `[pos3]` too.
      return printable(
        piece === undefined ? `#${this.#paddingName(id)}` : notebookLabel(piece, this.kind, this.#continuing),
      );
    }
    if (piece === undefined) return this.#paddingName(id);
    return style === 'raw' ? printable(piece) || '(empty)' : prettyLabel(this.text(id));
  }

  token(id: number, style?: LabelStyle): Token {
    return { id, token: this.text(id), label: this.label(id, style) };
  }

  find(text: string): number[] {
    this.#idsOfText ??= this.#indexTexts();
    const exact = this.#idsOfText.get(text);
    if (exact) return [...exact];
    this.#idsOfPiece ??= new Map(
      this.#spec.pieces.slice(0, this.size).flatMap((piece, id) => (piece === undefined ? [] : [[piece, id]])),
    );
    const written = this.#idsOfPiece.get(text);
    if (written !== undefined) return [written];
    // WordPiece writes no spaces: a word's start is the bare word.
    if (this.kind === 'wordpiece' && text.startsWith(' ')) return this.find(text.slice(1));
    return [];
  }

  isSpecial(id: number): boolean {
    const piece = this.piece(id);
    return piece !== undefined && (this.#spec.special.has(id) || UNUSED.test(piece));
  }

  isPadding(id: number): boolean {
    return this.piece(id) === undefined;
  }

  isWhole(id: number): boolean {
    this.text(id);
    return !this.#broken.has(id);
  }

  word(id: number): string | undefined {
    const piece = this.piece(id);
    if (piece === undefined) return undefined;
    const text = this.text(id);
    const inner =
      this.kind === 'wordpiece' && text.length > this.#continuing.length && text.startsWith(this.#continuing);
    return inner ? text.slice(this.#continuing.length) : trimmed(text, isSpace);
  }

  normal(id: number): string {
    const known = this.#normals[id];
    if (known !== undefined) return known;
    const text = this.text(id);
    const normal = trimmed(this.#broken.get(id) ?? text, isOuterSpace).toLowerCase();
    this.#normals[id] = normal;
    return normal;
  }

  mask(filters: TokenFilters, use: FilterUse = 'tokens'): Uint8Array {
    const { onlyFrom, ...flags } = filters;
    const set = Object.entries(flags).flatMap(([name, on]) => (on ? [name] : []));
    const key = [use, ...set.sort(), ...(onlyFrom ? ['onlyFrom:', ...onlyFrom] : [])].join('\n');
    let mask = this.#masks.get(key);
    if (!mask) {
      this.#classes ??= classify(this);
      mask = buildMask(this, this.#classes, filters, use);
      this.#masks.set(key, mask);
    }
    return mask;
  }

  /** `[pos3]`: the fourth row without a token (the notebook's id - len(tokenizer)). */
  #paddingName(id: number): string {
    if (!this.#padding) {
      this.#padding = [];
      for (let row = 0; row < this.size; row++) if (this.#spec.pieces[row] === undefined) this.#padding.push(row);
    }
    return `[pos${lowerBound(this.#padding, id)}]`;
  }

  /**
   * Ids by text; where several tokens share one, ordinary before special, written so before byte tokens, then by id.
   */
  #indexTexts(): Map<string, number[]> {
    const index = new Map<string, number[]>();
    for (let id = 0; id < this.size; id++) {
      if (this.#spec.pieces[id] === undefined) continue;
      const text = this.text(id);
      const ids = index.get(text);
      if (ids) ids.push(id);
      else index.set(text, [id]);
    }
    const rank = (id: number) => (this.isSpecial(id) ? 2 : 0) + (/^<0x..>$/.test(this.piece(id)!) ? 1 : 0);
    for (const ids of index.values()) if (ids.length > 1) ids.sort((a, b) => rank(a) - rank(b) || a - b);
    return index;
  }
}

/** Index of the first element that is not below `value`, in ascending order. */
function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
