import type { Ranked } from '../../engine.ts';
import { floorOf } from './candidates.ts';
import type { Lists } from './row-place.ts';

const NONE = new Uint32Array(0);

/** The final lists of one end, as far as they are known. */
export class RankedLists {
  readonly ranked: Ranked;
  private readonly sign: number;
  private readonly length: Uint32Array;
  private readonly settled: Uint8Array;

  constructor(lists: number, k: number, end: 'top' | 'bottom') {
    this.sign = end === 'top' ? 1 : -1;
    this.length = new Uint32Array(lists);
    this.settled = new Uint8Array(lists);
    const [index, score] = [new Uint32Array(lists * k).fill(0xffffffff), new Float64Array(lists * k).fill(Number.NaN)];
    this.ranked = { k, index, score };
  }

  /** Says that the best of these rows score 0 and are `index`, of k: nothing else is wanted for them. */
  settle(rows: Uint32Array, index: Uint32Array): void {
    const { k } = this.ranked;
    for (const row of rows) {
      this.ranked.index.set(index, row * k);
      this.ranked.score.fill(0, row * k, (row + 1) * k);
      this.length[row] = k;
      this.settled[row] = 1;
    }
  }

  /**
   * Signed and scaled scores that the k-th of lists is known to reach; what nothing reaches where a list is settled.
   */
  floors(rows: Uint32Array, scale: number): Float32Array {
    const { k, score } = this.ranked;
    return Float32Array.from(rows, (row) => {
      if (this.settled[row]) return Number.POSITIVE_INFINITY;
      const full = k > 0 && this.length[row] === k;
      return full ? floorOf(this.sign * score[(row + 1) * k - 1], scale) : Number.NEGATIVE_INFINITY;
    });
  }

  /**
   * Merges ranked lists of what `ids` names into those that `list` names, but for lists whose entries were taken from
   * `least` (scaled) on while fewer than k of all reach it: these are left as they are, and returned by their places in
   * `lists`.
   */
  merge(lists: Lists & { least?: Float32Array }, list: (i: number) => number, ids: Uint32Array, scale = 1): number[] {
    const { k, index, score } = this.ranked;
    const missed: number[] = [];
    let at = 0;
    for (let i = 0; i < lists.length.length; i++) {
      const length = lists.length[i];
      const own = list(i);
      if (this.settled[own]) {
        at += length;
        continue;
      }
      const [from, known] = [own * k, this.length[own]];
      const oldIndex = known > 0 ? index.slice(from, from + known) : NONE;
      const oldScore = known > 0 ? score.slice(from, from + known) : NONE;
      let total = 0;
      for (let p = 0, q = 0; total < k && (p < known || q < length); total++) {
        const newIndex = ids[lists.index[at + q]];
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
