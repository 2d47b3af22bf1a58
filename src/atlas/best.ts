import type { Ranked } from '../engine/engine.ts';

/** Lists of different lengths in one array each: list i is `[sum of counts before i, + counts[i])`. */
export interface Lists {
  counts: Uint32Array;
  index: Uint32Array;
  score: Float64Array;
}

/**
 * The best k entries of each of n lists, over everything offered so far: order is score (descending for `+`, ascending
 * for `-`), then index ascending. Merging the units' lists in any order gives the same result.
 *
 * It is also the floor that keeps the intermediate files small. An entry that k known entries surpass cannot be among
 * the best k of the model, so a unit need not write it, whoever found those k entries and whether or not they were
 * written: every entry that is among the best k is written by the unit it belongs to.
 */
export class BestLists {
  readonly counts: Uint32Array;
  readonly index: Uint32Array;
  readonly score: Float64Array;
  readonly k: number;
  readonly #direction: 1 | -1;

  constructor(lists: number, k: number, sign: '+' | '-') {
    this.k = k;
    this.counts = new Uint32Array(lists);
    this.index = new Uint32Array(lists * k);
    this.score = new Float64Array(lists * k);
    this.#direction = sign === '+' ? 1 : -1;
  }

  /** False when k better entries are known. An entry offered before is kept once and is true again. */
  offer(list: number, index: number, score: number): boolean {
    const { k } = this;
    const start = list * k;
    const count = this.counts[list];
    if (count === k && !this.#atLeast(score, index, start + k - 1)) return false;
    let at = start + count;
    while (at > start && this.#atLeast(score, index, at - 1)) at--;
    if (at < start + count && this.index[at] === index) return true;
    const end = Math.min(start + count, start + k - 1);
    for (let i = end; i > at; i--) {
      this.index[i] = this.index[i - 1];
      this.score[i] = this.score[i - 1];
    }
    this.index[at] = index;
    this.score[at] = score;
    if (count < k) this.counts[list] = count + 1;
    return true;
  }

  /** Offers ranked lists of equal length, row numbers moved by `offset`, and returns what was not surpassed. */
  keep(ranked: Ranked, offset: number): Lists {
    const { k } = ranked;
    const n = this.counts.length;
    const counts = new Uint32Array(n);
    let total = 0;
    for (let list = 0; list < n; list++) {
      let passed = 0;
      // Best first: after one that is surpassed, all are.
      while (passed < k) {
        const at = list * k + passed;
        // A list of a token that is left out has no entries: an engine and a head's diagonal give NaN.
        if (Number.isNaN(ranked.score[at])) break;
        if (!this.offer(list, ranked.index[at] + offset, ranked.score[at])) break;
        passed++;
      }
      counts[list] = passed;
      total += passed;
    }
    const lists = { counts, index: new Uint32Array(total), score: new Float64Array(total) };
    for (let list = 0, at = 0; list < n; at += counts[list++]) {
      const from = list * k;
      for (let i = 0; i < counts[list]; i++) lists.index[at + i] = ranked.index[from + i] + offset;
      lists.score.set(ranked.score.subarray(from, from + counts[list]), at);
    }
    return lists;
  }

  add({ counts, index, score }: Lists): void {
    for (let list = 0, at = 0; list < counts.length; list++) {
      for (const end = at + counts[list]; at < end; at++) this.offer(list, index[at], score[at]);
    }
  }

  /** Whether (score, index) comes before the entry at `at`, or is that entry. */
  #atLeast(score: number, index: number, at: number): boolean {
    const difference = (score - this.score[at]) * this.#direction;
    return difference > 0 || (difference === 0 && index <= this.index[at]);
  }
}
