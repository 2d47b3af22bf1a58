import type { Ranked } from '../../engine/engine.ts';
import { WeightscopeError } from '../../errors.ts';
import { sampleIndices, seeded } from '../random.ts';
import { nullOf, sharedItems, zScore } from './nulls.ts';
import { sharedTail } from './tails.ts';

/** One number per neuron in each array. */
export interface Overlap {
  /** |key ∩ value| / |key ∪ value| of the two lists of best tokens. */
  jaccard: Float64Array;
  /** Of the number of shared tokens, against a shuffled vocabulary (hypergeometric, exact). */
  zShuffled: Float64Array;
  /**
   * Of the Jaccard index, against keys with the values of other neurons: tokens that come first everywhere are no
   * finding.
   */
  zOthers: Float64Array;
  /**
   * Probability of as many shared tokens or more under each null: exact, and the share of all keys with other neurons'
   * values.
   */
  pShuffled: Float64Array;
  pOthers: Float64Array;
}

/**
 * How much a neuron's key and value have the same best tokens, for all neurons of a layer from their lists
 * (`engine.topRows`), as the notebook of Dar et al. (ACL 2023) looks for "interesting pairs". `size` is the number of
 * tokens that the lists were chosen from (V, or what the filters leave); `shifts` how many other values each key meets.
 */
export function listOverlap(
  key: Ranked,
  value: Ranked,
  size: number,
  { shifts = 8, seed = 1 }: { shifts?: number; seed?: number } = {},
): Overlap {
  const n = key.k === 0 ? 0 : key.index.length / key.k;
  if (n !== (value.k === 0 ? 0 : value.index.length / value.k)) {
    throw new WeightscopeError('ARGUMENT_INVALID', 'Expected as many lists of keys as of values, got other numbers.');
  }
  const sets = Array.from({ length: n }, (_, i) => new Set(key.index.subarray(i * key.k, (i + 1) * key.k)));
  const shared = (i: number, j: number): number => {
    let count = 0;
    for (let at = j * value.k; at < (j + 1) * value.k; at++) if (sets[i].has(value.index[at])) count++;
    return count;
  };
  const jaccardOf = (count: number) => count / (key.k + value.k - count);
  const counts = Float64Array.from({ length: n }, (_, i) => shared(i, i));
  const jaccard = counts.map(jaccardOf);
  const chance = sharedItems(key.k, value.k, size);
  const others = sampleIndices(shifts, Math.max(0, n - 1), seeded(seed)).flatMap((shift) =>
    Array.from({ length: n }, (_, i) => jaccardOf(shared(i, (i + shift + 1) % n))),
  );
  const other = others.length > 0 ? nullOf(others) : { mean: Number.NaN, sd: Number.NaN };
  const counted = otherCounts(key, value, n);
  return {
    jaccard,
    zShuffled: counts.map((count) => zScore(count, chance)),
    zOthers: jaccard.map((value) => zScore(value, other)),
    pShuffled: counts.map((count) => sharedTail(count, key.k, value.k, size)),
    pOthers: counts.map((count) => {
      let [more, all] = [1, 1];
      for (let shared = 0; shared < counted.length; shared++) {
        all += counted[shared];
        if (shared >= count) more += counted[shared];
      }
      return more / all;
    }),
  };
}

/** How many of all n (n - 1) pairs of a key and another neuron's value share 0, 1, 2, … tokens. */
function otherCounts(key: Ranked, value: Ranked, n: number): Float64Array {
  const keysOf = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    for (const token of key.index.subarray(i * key.k, (i + 1) * key.k)) {
      const keys = keysOf.get(token);
      if (keys) keys.push(i);
      else keysOf.set(token, [i]);
    }
  }
  const found = new Float64Array(Math.min(key.k, value.k) + 1);
  const shared = new Uint16Array(n);
  for (let j = 0; j < n; j++) {
    shared.fill(0);
    for (const token of value.index.subarray(j * value.k, (j + 1) * value.k))
      for (const i of keysOf.get(token) ?? []) shared[i]++;
    for (let i = 0; i < n; i++) if (i !== j) found[shared[i]]++;
  }
  return found;
}
