/** Rows [from, to) of a product of two thin matrices, and readings that are made once. */
import type { Change, LowRank } from './change.ts';

export type Once<T> = (signal?: AbortSignal) => Promise<T>;

/** What is read at first use and kept; a reading that failed is made again. */
export function once<T>(read: Once<T>): Once<T> {
  let made: Promise<T> | undefined;
  return (signal) => {
    made ??= read(signal).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Adds scale times the product to rows of `width` numbers. */
export function lowRankChange(scale: number, lowRank: Once<LowRank>, width: number): Change['apply'] {
  return async (rows, from, to, _tensor, signal) => addLowRank(rows, from, to, scale, await lowRank(signal), width);
}

export function addLowRank(
  out: Float64Array,
  from: number,
  to: number,
  scale: number,
  { left, right, rank }: LowRank,
  width: number,
): void {
  for (let i = from, at = 0; i < to; i++, at += width)
    for (let r = 0; r < rank; r++) {
      const by = scale * left[i * rank + r];
      if (by === 0) continue;
      for (let j = 0, of = r * width; j < width; j++, of++) out[at + j] += by * right[of];
    }
}
