import { BestLists } from '../best.ts';

/**
 * Places of the `k` largest numbers (with `ascending` the smallest) in order, NaN left out; of equal ones the first.
 */
export function order(values: Float64Array, k: number, ascending = false): number[] {
  if (k <= FEW) {
    const n = Math.max(1, k);
    const best = new BestLists(1, n, ascending ? '-' : '+');
    // What the n-th best surpasses, or what is equal and comes later, need not be offered: most of them.
    const { score, counts } = best;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (Number.isNaN(value) || (counts[0] === n && (ascending ? value >= score[n - 1] : value <= score[n - 1])))
        continue;
      best.offer(0, i, value);
    }
    return Array.from(best.index.subarray(0, Math.min(k, counts[0])));
  }
  const places: number[] = [];
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) places.push(i);
  const n = Math.min(k, places.length);
  // Only what is as good as the n-th is sorted by place too.
  const sorted = Float64Array.from(places, (i) => values[i]).sort();
  const last = ascending ? sorted[n - 1] : sorted[sorted.length - n];
  const direction = ascending ? 1 : -1;
  return places
    .filter((i) => direction * (values[i] - last) <= 0)
    .sort((a, b) => direction * (values[a] - values[b]) || a - b)
    .slice(0, n);
}

/** As many are kept in order while going through all; for more, sorting all is faster. */
const FEW = 512;
