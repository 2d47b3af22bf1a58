import type { PairBatch } from '../engine/engine.ts';
import type { Counter } from './types.ts';

/** Counts how often each token id occurs on either side of pairs that stream by. */
export class PairCounter {
  readonly #first: Float64Array;
  readonly #second: Float64Array;

  /** `first` and `second`: how many ids there are on each side. */
  constructor(first: number, second = first) {
    this.#first = new Float64Array(first);
    this.#second = new Float64Array(second);
  }

  add(batch: PairBatch): void {
    for (let i = 0; i < batch.length; i++) {
      this.#first[batch.first[i]]++;
      this.#second[batch.second[i]]++;
    }
  }

  /** Per label, most common first, ties by label; tokens with one label count together. */
  counters(label: (id: number) => string): { first: Counter; second: Counter } {
    return { first: counterOf(this.#first, label), second: counterOf(this.#second, label) };
  }
}

function counterOf(counts: Float64Array, label: (id: number) => string): Counter {
  const byLabel = new Map<string, number>();
  counts.forEach((count, id) => {
    if (count > 0) byLabel.set(label(id), (byLabel.get(label(id)) ?? 0) + count);
  });
  return [...byLabel].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
