import { BestLists } from '../best.ts';

/** Places of the `k` largest numbers (with `ascending` the smallest) in order, NaN left out; of equal ones the first. */
export function order(values: Float64Array, k: number, ascending = false): number[] {
  let there = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) there++;
  const n = Math.min(k, there);
  if (8 * n > there) {
    const places: number[] = [];
    for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) places.push(i);
    const direction = ascending ? 1 : -1;
    return places.sort((a, b) => direction * (values[a] - values[b]) || a - b).slice(0, n);
  }
  const best = new BestLists(1, n, ascending ? '-' : '+');
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) best.offer(0, i, values[i]);
  return Array.from(best.index);
}
