import type { KernelMemory } from '../../kernels.ts';

/** Which pairs a task looks for. Values are sign * score, so that the best are the largest. */
export interface PairsWanted {
  sign: number;
  /** The selection: low < value < high. */
  low: number;
  high: number;
  /** Pairs with a smaller value need not be listed. */
  least: number;
  /** Lists only what comes after this pair in the order. */
  after?: { value: number; first: number; second: number };
}

export interface PairResult {
  /** How many of the rescored pairs are in the selection. */
  count: number;
  first: Uint32Array;
  second: Uint32Array;
  score: Float64Array;
}

/** Collects a task's pairs over its blocks. */
export class FoundPairs {
  count = 0;
  private length = 0;
  private first = new Uint32Array(256);
  private second = new Uint32Array(256);
  private score = new Float64Array(256);

  private add(first: number, second: number, score: number): void {
    if (this.length === this.score.length) {
      const [f, s, x] = [this.first, this.second, this.score];
      this.first = new Uint32Array(2 * this.length);
      this.second = new Uint32Array(2 * this.length);
      this.score = new Float64Array(2 * this.length);
      this.first.set(f);
      this.second.set(s);
      this.score.set(x);
    }
    this.first[this.length] = first;
    this.second[this.length] = second;
    this.score[this.length++] = score;
  }

  /** Rescores the row pairs (u32, u32) at `list` in fp64 and keeps those of the selection that are to be listed. */
  rescore(
    { buffer, kernels }: KernelMemory,
    rows: { a: number; b: number; d: number },
    list: number,
    listed: number,
    scores: number,
    { sign, low, high, least, after }: PairsWanted,
  ): void {
    if (listed === 0) return;
    kernels.dots64(rows.a, rows.b, rows.d, list, listed, scores);
    const pairs = new Uint32Array(buffer, list, 2 * listed);
    const score = new Float64Array(buffer, scores, listed);
    for (let p = 0; p < listed; p++) {
      const value = sign * score[p];
      if (!(low < value && value < high)) continue;
      this.count++;
      if (value < least || (after && !isAfter(value, pairs[2 * p], pairs[2 * p + 1], after))) continue;
      this.add(pairs[2 * p], pairs[2 * p + 1], score[p]);
    }
  }

  result(): PairResult {
    const { count, length } = this;
    const [first, second] = [this.first.slice(0, length), this.second.slice(0, length)];
    return { count, first, second, score: this.score.slice(0, length) };
  }
}

const isAfter = (value: number, first: number, second: number, after: NonNullable<PairsWanted['after']>): boolean =>
  value < after.value ||
  (value === after.value && (first > after.first || (first === after.first && second > after.second)));
