import type { Matrix } from '../engine/engine.ts';

/** A place that keeps factors as bytes for longer than a process lasts. A failing `put` is not an error. */
export interface FactorStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/**
 * Factors of the heads that were read last, at most so many bytes of them: for a server or a page that asks about the
 * same head again and again. Give it as `factorCache` with the other options. One factor takes 4 V d_head bytes.
 * `store`: where they are kept beyond that, such as a browser's storage.
 */
export class FactorCache {
  readonly #kept = new Map<string, Factor>();
  readonly #limit: number;
  readonly #store: FactorStore | undefined;
  #bytes = 0;

  constructor(bytes = 256 * 2 ** 20, store?: FactorStore) {
    this.#limit = bytes;
    this.#store = store;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `lasting`: it may be written to the store. */
  async get(key: string, make: () => Promise<Factor>, lasting = true): Promise<Factor> {
    const found = this.#kept.get(key) ?? (await this.#stored(key, make, lasting));
    // Last in the map is last used; two that made the same keep one.
    if (!this.#kept.delete(key)) this.#bytes += found.factor.data.byteLength;
    this.#kept.set(key, found);
    for (const [oldest, { factor }] of this.#kept) {
      if (this.#bytes <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#bytes -= factor.data.byteLength;
    }
    return found;
  }

  async #stored(key: string, make: () => Promise<Factor>, lasting: boolean): Promise<Factor> {
    if (!this.#store || !lasting) return make();
    const bytes = await this.#store.get(key).catch(() => undefined);
    const known = bytes && factorIn(bytes);
    if (known) return known;
    const made = await make();
    await this.#store.put(key, bytesOf(made)).catch(() => undefined);
    return made;
  }
}

/** One side of a head's interaction, and the normaliser that went into it. */
export interface Factor {
  factor: Matrix;
  f?: Float64Array;
}

/** Rows, columns and the length of the normaliser, as whole numbers of 32 bits; then its numbers, then the matrix's. */
const HEAD = 16;

function bytesOf({ factor: { data, rows, columns, name = '' }, f }: Factor): Uint8Array {
  const named = new TextEncoder().encode(name);
  const numbers = f?.byteLength ?? 0;
  const bytes = new Uint8Array(HEAD + numbers + data.byteLength + named.length);
  new Uint32Array(bytes.buffer, 0, 4).set([rows, columns, f ? f.length + 1 : 0, named.length]);
  if (f) bytes.set(new Uint8Array(f.buffer, f.byteOffset, numbers), HEAD);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), HEAD + numbers);
  bytes.set(named, HEAD + numbers + data.byteLength);
  return bytes;
}

/** Undefined for what is not as {@link bytesOf} writes it: it is made again. */
function factorIn(bytes: Uint8Array): Factor | undefined {
  if (bytes.length < HEAD) return undefined;
  // A copy, which begins where numbers of eight bytes may.
  const { buffer } = bytes.slice();
  const [rows, columns, said, named] = new Uint32Array(buffer, 0, 4);
  const numbers = Math.max(0, said - 1) * 8;
  const end = HEAD + numbers + rows * columns * 4;
  if (end + named !== bytes.length) return undefined;
  const data = new Float32Array(buffer, HEAD + numbers, rows * columns);
  const name = new TextDecoder().decode(new Uint8Array(buffer, end));
  return {
    factor: { data, rows, columns, ...(name && { name }) },
    ...(said > 0 && { f: new Float64Array(buffer, HEAD, said - 1) }),
  };
}
