import { describe, quote } from '../quote.ts';
import { asRecord, invalid } from './json.ts';

/** XLM-V has 901,629 tokens, the most that are known. An id above this is a broken file, not a reason to allocate. */
export const MAX_ID = 1_500_000;

/** Files beside the tokenizer that name special and added tokens; each may be missing. */
export interface TokenizerExtras {
  /** tokenizer_config.json */
  tokenizerConfig?: unknown;
  /** special_tokens_map.json */
  specialTokensMap?: unknown;
  /** added_tokens.json: content -> id */
  addedTokens?: unknown;
  /** The model's config.json, whose `bos_token_id` and the like count where nothing else names a special token. */
  config?: unknown;
}

/** Pieces by id, and which are special, while a tokenizer's files are read. */
export class PieceTable {
  readonly pieces: (string | undefined)[] = [];
  readonly special = new Set<number>();
  /** Tokens that were added to the tokenizer's own. */
  readonly added = new Set<number>();
  readonly #ids = new Map<string, number>();
  #next = 0;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Gives a token its place. Of two pieces for one id the later counts, of two ids for one piece both. */
  set(id: unknown, piece: unknown): void {
    if (typeof piece !== 'string') throw invalid(this.#file, 'tokens as text', describe(piece));
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_ID)
      throw invalid(this.#file, `token ids 0..${MAX_ID}`, `${describe(id)} for ${quote(piece)}`);
    while (this.pieces.length < id) this.pieces.push(undefined); // no holes: arrays with holes are slow
    this.pieces[id] = piece;
    this.#ids.set(piece, id);
  }

  /**
   * piece -> id, as in vocab.json. A piece that is named again moves, as in any JSON object; of two pieces with one id
   * the first counts (the `tokenizers` library takes either, from one run to the next).
   */
  setKey(piece: string, id: unknown): void {
    const before = this.#ids.get(piece);
    if (before !== undefined && this.pieces[before] === piece) this.pieces[before] = undefined;
    if (typeof id === 'number' && this.pieces[id] !== undefined) this.#ids.set(piece, id);
    else this.set(id, piece);
  }

  setAll(vocab: Record<string, unknown>): void {
    for (const piece of Object.keys(vocab)) this.setKey(piece, vocab[piece]);
  }

  /** Ends the model's own tokens; `count` of them where some were given twice. */
  endModel(count = this.#ids.size): void {
    this.#next = count;
  }

  /**
   * Adds an entry of `added_tokens`. A token that the model has keeps its id there; another takes the id that it is
   * given, or, where that is taken, the next one from the number of the model's tokens on, as the `tokenizers` library
   * does.
   */
  add(token: unknown): void {
    const record = asRecord(token);
    if (!record) throw invalid(this.#file, 'added tokens as objects', describe(token));
    const { content } = record;
    if (content === '') return;
    let id = typeof content === 'string' ? this.#ids.get(content) : undefined;
    if (id === undefined) {
      const given = record.id as number; // set refuses what is none
      id = this.#isFree(given) ? given : this.#next;
      this.set(id, content);
    }
    this.#next = Math.max(this.#next, id + 1);
    this.added.add(id);
    if (record.special === true) this.special.add(id);
  }

  /** Whether no token has the id; what is no number has none either. */
  #isFree(id: unknown): boolean {
    return typeof id !== 'number' || this.pieces[id] === undefined;
  }

  /** A token of the files beside the tokenizer, at its own place. */
  #addAt(id: unknown, content: unknown): void {
    this.set(id, content);
    this.added.add(id as number);
  }

  /** What the files beside the tokenizer add: tokens with ids of their own, and the names of special ones. */
  addExtras(extras: TokenizerExtras): void {
    const config = asRecord(extras.tokenizerConfig);
    for (const [id, token] of Object.entries(asRecord(config?.added_tokens_decoder) ?? {})) {
      // The tokenizer's own file wins where both speak of an id.
      const record = asRecord(token);
      if (!record) throw invalid(this.#file, 'added tokens as objects', describe(token));
      if (this.pieces[Number(id)] === undefined) this.#addAt(Number(id), record.content);
      if (record.special === true) this.special.add(Number(id));
    }
    for (const [piece, id] of Object.entries(asRecord(extras.addedTokens) ?? {})) {
      if (this.#isFree(id)) this.#addAt(id, piece);
    }
    this.markSpecial([...specialNames(config), ...specialNames(asRecord(extras.specialTokensMap))]);
    if (this.special.size > 0) return;
    for (const [key, value] of Object.entries(asRecord(extras.config) ?? {})) {
      if (/^(bos|eos|unk|sep|pad|cls|mask)_token_id$/.test(key)) {
        for (const id of [value].flat()) if (typeof id === 'number') this.special.add(id);
      }
    }
  }

  markSpecial(names: Iterable<string>): void {
    const wanted = new Set(names);
    if (wanted.size === 0) return;
    for (let id = 0; id < this.pieces.length; id++) {
      const piece = this.pieces[id];
      if (piece !== undefined && wanted.has(piece)) this.special.add(id);
    }
  }
}

/** Values of `bos_token`, `eos_token`, …, `additional_special_tokens`: text, or an object with `content`. */
function specialNames(map: Record<string, unknown> | undefined): string[] {
  const names: string[] = [];
  const add = (value: unknown) => {
    const content = asRecord(value)?.content ?? value;
    if (typeof content === 'string' && content !== '') names.push(content);
  };
  for (const [key, value] of Object.entries(map ?? {})) {
    if (/^(bos|eos|unk|sep|pad|cls|mask)_token$/.test(key)) add(value);
    if (key === 'additional_special_tokens' && Array.isArray(value)) value.forEach(add);
  }
  return names;
}
