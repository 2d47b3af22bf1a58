import type { Value } from './decoded.ts';

/**
 * The share of false discoveries to expect among all rows of a part with as small a p (Benjamini and Hochberg, 1995);
 * null where there is no p. `parts`: the rows of each.
 */
export function falseDiscoveries(p: readonly Value[], parts: readonly (readonly number[])[]): Value[] {
  const q = new Array<Value>(p.length).fill(null);
  for (const rows of parts) {
    const ranked = rows.filter((row) => p[row] !== null).sort((a, b) => (p[a] as number) - (p[b] as number));
    let least = 1;
    for (let rank = ranked.length; rank > 0; rank--) {
      least = Math.min(least, ((p[ranked[rank - 1]] as number) * ranked.length) / rank);
      q[ranked[rank - 1]] = least;
    }
  }
  return q;
}
