import { asRecord, describe, invalid } from './json.ts';

/** No tokenizer has more tokens than this; an id above it is a broken file, not a reason to allocate. */
const MAX_ID = 1 << 22;

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
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  set(id: unknown, piece: unknown): void {
    if (typeof piece !== 'string') throw invalid(this.#file, 'tokens as text', describe(piece));
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_ID) {
      throw invalid(this.#file, `token ids 0..${MAX_ID}`, `${describe(id)} for ${JSON.stringify(piece.slice(0, 40))}`);
    }
    while (this.pieces.length < id) this.pieces.push(undefined); // no holes: arrays with holes are slow
    this.pieces[id] = piece;
  }

  /** piece -> id, as in vocab.json. */
  setAll(vocab: Record<string, unknown>): void {
    for (const piece of Object.keys(vocab)) this.set(vocab[piece], piece);
  }

  /** `added_tokens` of tokenizer.json, or the values of `added_tokens_decoder`. */
  addFlagged(id: unknown, token: unknown): void {
    const record = asRecord(token);
    if (!record) throw invalid(this.#file, 'added tokens as objects', describe(token));
    this.set(id, record.content);
    if (record.special === true) this.special.add(id as number);
  }

  /** What the files beside the tokenizer add: tokens with ids of their own, and the names of special ones. */
  addExtras(extras: TokenizerExtras): void {
    const config = asRecord(extras.tokenizerConfig);
    for (const [id, token] of Object.entries(asRecord(config?.added_tokens_decoder) ?? {})) {
      // The tokenizer's own file wins where both speak of an id.
      if (this.pieces[Number(id)] === undefined) this.addFlagged(Number(id), token);
      else if (asRecord(token)?.special === true) this.special.add(Number(id));
    }
    for (const [piece, id] of Object.entries(asRecord(extras.addedTokens) ?? {})) {
      if (this.pieces[id as number] === undefined) this.set(id, piece);
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
