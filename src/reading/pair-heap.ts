/** A pair of tokens with the score that orders it and its score in the other matrix. */
export interface RankedPair {
  first: number;
  second: number;
  score: number;
  own: number;
}

/** Keeps the best `k` of any number of pairs: by score (largest first, or smallest), then first, then second index. */
export class PairHeap {
  readonly #k: number;
  readonly #sign: 1 | -1;
  /** A binary heap whose root is the worst pair kept. */
  readonly #heap: RankedPair[] = [];

  constructor(k: number, end: 'top' | 'bottom') {
    this.#k = k;
    this.#sign = end === 'top' ? 1 : -1;
  }

  add(first: number, second: number, score: number, own: number): void {
    const heap = this.#heap;
    if (heap.length < this.#k) {
      heap.push({ first, second, score, own });
      this.#rise(heap.length - 1);
      return;
    }
    if (this.#k === 0) return;
    // Nearly every pair of a long selection ends here, before anything is allocated.
    const worse = this.#sign * (score - heap[0].score);
    if (worse < 0) return;
    const pair = { first, second, score, own };
    if (this.#order(pair, heap[0]) >= 0) return;
    heap[0] = pair;
    this.#sink(0);
  }

  /** What was kept, best first. */
  sorted(): RankedPair[] {
    return [...this.#heap].sort((a, b) => this.#order(a, b));
  }

  #order(a: RankedPair, b: RankedPair): number {
    return this.#sign * (b.score - a.score) || a.first - b.first || a.second - b.second;
  }

  #rise(at: number): void {
    const heap = this.#heap;
    for (let i = at; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (this.#order(heap[i], heap[parent]) <= 0) return;
      [heap[i], heap[parent]] = [heap[parent], heap[i]];
      i = parent;
    }
  }

  #sink(at: number): void {
    const heap = this.#heap;
    for (let i = at; ; ) {
      let worst = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && this.#order(heap[child], heap[worst]) > 0) worst = child;
      }
      if (worst === i) return;
      [heap[i], heap[worst]] = [heap[worst], heap[i]];
      i = worst;
    }
  }
}
