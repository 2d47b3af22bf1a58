import { WeightscopeError } from '../../errors.ts';

/** Hands out places in a memory, one after the other, before the memory exists. */
export class Layout {
  bytes = 1024;

  /** A place of `bytes`, aligned for vectors and cache lines. */
  take(bytes: number): number {
    const at = this.bytes;
    this.bytes = Math.ceil((at + bytes) / 64) * 64;
    return at;
  }

  /** Throws `ENGINE_FAILED` when the places do not fit `most` bytes. */
  check(most: number): number {
    if (this.bytes > most) {
      throw new WeightscopeError(
        'ENGINE_FAILED',
        `Expected the operation to fit ${most} bytes of memory, it needs ${this.bytes}; use smaller matrices or k.`,
      );
    }
    return this.bytes;
  }
}

/** Bytes of a matrix that are in the memory at a time, so that matrices may be larger than any memory. */
const CHUNK = 64 * 2 ** 20;

/** Parts of `rows` rows, each of at most CHUNK (or `most`) bytes, in whole blocks of 512 rows. */
export const chunks = (
  rows: number,
  bytesPerRow: number,
  most = CHUNK,
): { size: number; list: { start: number; end: number }[] } => {
  const size = Math.min(rows, 512 * Math.max(1, Math.floor(most / Math.max(1e-9, bytesPerRow) / 512)));
  const list = [];
  for (let start = 0; start < rows; start += size) list.push({ start, end: Math.min(rows, start + size) });
  return { size, list };
};
