import type { Ranked } from '../engine.ts';
import { floorOf } from './candidates.ts';
import type { Lists } from './row-place.ts';

/** The final lists of one end, as far as they are known. */
export class RankedLists {
  readonly ranked: Ranked;
  private readonly sign: number;
  private readonly length: Uint32Array;

  constructor(lists: number, k: number, end: 'top' | 'bottom') {
    this.sign = end === 'top' ? 1 : -1;
    this.length = new Uint32Array(lists);
    const [index, score] = [new Uint32Array(lists * k).fill(0xffffffff), new Float64Array(lists * k).fill(Number.NaN)];
    this.ranked = { k, index, score };
  }

  /** Signed and scaled scores that the k-th of lists [start, start + count) is known to reach. */
  floors(start: number, count: number, scale: number): Float32Array {
    const { k, score } = this.ranked;
    return Float32Array.from({ length: count }, (_, i) => {
      const full = k > 0 && this.length[start + i] === k;
      return full ? floorOf(this.sign * score[(start + i + 1) * k - 1], scale) : Number.NEGATIVE_INFINITY;
    });
  }

  /** Merges ranked lists, whose indices count from `offset`, into those that `list` names. */
  merge(lists: Lists, list: (i: number) => number, offset: number): void {
    const { k, index, score } = this.ranked;
    let at = 0;
    for (const [i, length] of lists.length.entries()) {
      const own = list(i);
      const known = this.length[own];
      const from = own * k;
      const old = known > 0 && { index: index.slice(from, from + known), score: score.slice(from, from + known) };
      const total = Math.min(k, known + length);
      for (let rank = 0, p = 0, q = 0; rank < total; rank++) {
        const isNew = !old || p === known || (q < length && this.before(lists, at + q, offset, old, p));
        index[from + rank] = isNew ? lists.index[at + q] + offset : old.index[p];
        score[from + rank] = isNew ? lists.score[at + q++] : old.score[p++];
      }
      this.length[own] = total;
      at += length;
    }
  }

  private before(lists: Lists, q: number, offset: number, old: Omit<Ranked, 'k'>, p: number): boolean {
    const difference = this.sign * (lists.score[q] - old.score[p]);
    return difference > 0 || (difference === 0 && lists.index[q] + offset < old.index[p]);
  }
}
