import type { Matrix } from '../engine/engine.ts';

/**
 * Factors of the heads that were read last, at most so many bytes of them: for a server or a page that asks about the
 * same head again and again. Give it as `factorCache` with the other options. One factor takes 4 V d_head bytes.
 */
export class FactorCache {
  readonly #kept = new Map<string, Factor>();
  readonly #limit: number;
  #bytes = 0;

  constructor(bytes = 256 * 2 ** 20) {
    this.#limit = bytes;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  async get(key: string, make: () => Promise<Factor>): Promise<Factor> {
    const found = this.#kept.get(key) ?? (await make());
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
}

/** One side of a head's interaction, and the normaliser that went into it. */
export interface Factor {
  factor: Matrix;
  f?: Float64Array;
}
