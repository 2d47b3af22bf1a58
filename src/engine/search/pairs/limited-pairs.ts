import type { PairOptions, Pairs } from '../../engine.ts';
import type { PairsWanted } from './selection.ts';

/**
 * Limits, greedy in list order: the best pairs come in rounds; a row listed as often as allowed is masked, and the next
 * round goes on after the last pair seen. Every round lists at least its first pair, so memory stays O(rows + k).
 */
export const limitedPairs = async (
  round: (options: PairOptions, after?: PairsWanted['after']) => Promise<Pairs>,
  rowsA: number,
  rowsB: number,
  options: PairOptions,
): Promise<Pairs> => {
  const { visit, limitPerFirst = Number.POSITIVE_INFINITY, limitPerSecond = Number.POSITIVE_INFINITY } = options;
  const sign = options.end === 'bottom' ? -1 : 1;
  const wanted = options.k ?? (visit ? 0 : Number.POSITIVE_INFINITY);
  const size = Math.min(Math.max(4 * wanted, 1024), 1_000_000);
  const [usesA, usesB] = [new Uint32Array(rowsA), new Uint32Array(rowsB)];
  const maskA = options.maskA?.slice() ?? new Uint8Array(rowsA).fill(1);
  const maskB = options.maskB?.slice() ?? new Uint8Array(rowsB).fill(1);
  const none = wanted === 0 || limitPerFirst === 0 || limitPerSecond === 0;
  const taken: [number, number, number][] = [];

  let found = await round({ ...options, k: none ? 0 : size });
  const { count } = found;
  while (taken.length < wanted && found.length > 0) {
    for (let p = 0; p < found.length && taken.length < wanted; p++) {
      const [first, second] = [found.first[p], found.second[p]];
      if (!maskA[first] || !maskB[second]) continue;
      taken.push([first, second, found.score[p]]);
      if (++usesA[first] >= limitPerFirst) maskA[first] = 0;
      if (++usesB[second] >= limitPerSecond) maskB[second] = 0;
    }
    if (found.length < size || taken.length === wanted) break;
    const last = found.length - 1;
    const after = { value: sign * found.score[last], first: found.first[last], second: found.second[last] };
    found = await round({ ...options, maskA, maskB, visit: undefined, progress: undefined, k: size }, after);
  }
  return {
    length: taken.length,
    first: Uint32Array.from(taken, ([first]) => first),
    second: Uint32Array.from(taken, ([, second]) => second),
    score: Float64Array.from(taken, ([, , score]) => score),
    count,
  };
};
