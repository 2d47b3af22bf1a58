import type { PairBatch } from '../../engine.ts';
import { kthLargest } from '../select-kth.ts';
import { byScore } from './by-score.ts';

/** The best k pairs of what is added, in the contract's order; holds at most a few k. `sign` -1: smallest first. */
export class BestPairs {
  readonly k: number;
  readonly sign: number;
  private first: Uint32Array;
  private second: Uint32Array;
  private score: Float64Array;
  private length = 0;
  /** sign * score of the last of the best k; pairs below it cannot enter. */
  least = Number.NEGATIVE_INFINITY;

  constructor(k: number, sign: number) {
    this.k = k;
    this.sign = sign;
    if (k === 0) this.least = Number.POSITIVE_INFINITY;
    const capacity = Math.min(2 * k + 1024, 65_536);
    this.first = new Uint32Array(capacity);
    this.second = new Uint32Array(capacity);
    this.score = new Float64Array(capacity);
  }

  add(first: number, second: number, score: number): void {
    if (this.sign * score < this.least) return;
    if (this.length === this.score.length) this.makeRoom();
    this.first[this.length] = first;
    this.second[this.length] = second;
    this.score[this.length++] = score;
  }

  private makeRoom(): void {
    if (this.length >= 2 * this.k + 1024) {
      this.cut();
      return;
    }
    const capacity = Math.min(2 * this.length, 2 * this.k + 1024);
    const grow = <T extends Uint32Array | Float64Array>(old: T, bigger: T): T => {
      bigger.set(old);
      return bigger;
    };
    this.first = grow(this.first, new Uint32Array(capacity));
    this.second = grow(this.second, new Uint32Array(capacity));
    this.score = grow(this.score, new Float64Array(capacity));
  }

  /** Raises `least` as far as what was added allows. */
  tighten(): void {
    if (this.length > this.k + (this.k >> 2) + 16) this.cut();
  }

  private cut(): void {
    const { first, second, score, sign, k } = this;
    if (k === 0) return;
    this.least = kthLargest(
      score.slice(0, this.length).map((x) => sign * x),
      k,
    );
    let kept = 0;
    for (let p = 0; p < this.length; p++) {
      if (sign * score[p] < this.least) continue;
      first[kept] = first[p];
      second[kept] = second[p];
      score[kept++] = score[p];
    }
    this.length = kept;
    // Among many pairs that share the k-th score, the order of indices decides.
    if (kept > k + (k >> 2)) this.replace(this.sorted());
  }

  private replace({ first, second, score, length }: PairBatch): void {
    this.first.set(first);
    this.second.set(second);
    this.score.set(score);
    this.length = length;
  }

  /** The best k so far, in order. */
  sorted(k = this.k): PairBatch {
    const { first, second, score, sign } = this;
    const order = byScore({ first, second, score }, this.length, sign);
    const best = order.subarray(0, Math.min(k, order.length));
    return {
      length: best.length,
      first: Uint32Array.from(best, (p) => first[p]),
      second: Uint32Array.from(best, (p) => second[p]),
      score: Float64Array.from(best, (p) => score[p]),
    };
  }
}
