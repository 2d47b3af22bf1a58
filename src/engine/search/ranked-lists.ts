import type { Ranked } from '../engine.ts';
import { floorOf } from './candidates.ts';
import type { Lists } from './row-place.ts';

const NONE = new Uint32Array(0);

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

  /** Signed and scaled scores that the k-th of lists is known to reach. */
  floors(rows: Uint32Array, scale: number): Float32Array {
    const { k, score } = this.ranked;
    return Float32Array.from(rows, (row) => {
      const full = k > 0 && this.length[row] === k;
      return full ? floorOf(this.sign * score[(row + 1) * k - 1], scale) : Number.NEGATIVE_INFINITY;
    });
  }

  /**
   * Merges ranked lists, whose indices count from `offset`, into those that `list` names, but for lists whose entries were taken from
   * `least` (scaled) on while fewer than k of all reach it: these are left as they are, and returned by their places in `lists`.
   */
  merge(lists: Lists & { least?: Float32Array }, list: (i: number) => number, offset: number, scale = 1): number[] {
    const { k, index, score } = this.ranked;
    const missed: number[] = [];
    let at = 0;
    for (let i = 0; i < lists.length.length; i++) {
      const length = lists.length[i];
      const own = list(i);
      const [from, known] = [own * k, this.length[own]];
      const oldIndex = known > 0 ? index.slice(from, from + known) : NONE;
      const oldScore = known > 0 ? score.slice(from, from + known) : NONE;
      let total = 0;
      for (let p = 0, q = 0; total < k && (p < known || q < length); total++) {
        const newIndex = lists.index[at + q] + offset;
        const newScore = lists.score[at + q];
        const difference = this.sign * (newScore - oldScore[p]);
        const isNew = p === known || (q < length && (difference > 0 || (difference === 0 && newIndex < oldIndex[p])));
        index[from + total] = isNew ? newIndex : oldIndex[p];
        score[from + total] = isNew ? newScore : oldScore[p];
        // An entry that is found again is not new.
        if (isNew || (q < length && newIndex === oldIndex[p])) q++;
        if (!isNew) p++;
      }
      const least = lists.least?.[i] ?? Number.NEGATIVE_INFINITY;
      if (least > Number.NEGATIVE_INFINITY && !(total === k && this.sign * score[from + k - 1] * scale >= least)) {
        missed.push(i);
        index.fill(0xffffffff, from, from + total).set(oldIndex, from);
        score.fill(Number.NaN, from, from + total).set(oldScore, from);
      } else this.length[own] = total;
      at += length;
    }
    return missed;
  }
}
