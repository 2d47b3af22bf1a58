import type { Engine, Matrix, PairBatch } from '../engine/engine.ts';
import type { HeadFactors } from './factors.ts';
import { PairHeap, type RankedPair } from './pair-heap.ts';

/** Which pairs of an interaction, in which order. */
export interface Selection {
  k: number;
  /** above < score < below, scores of the matrix that is read. */
  above?: number;
  below?: number;
  end: 'top' | 'bottom';
  maskA?: Uint8Array;
  maskB?: Uint8Array;
  exclude?: (first: number, second: number) => boolean;
  limitPerFirst?: number;
  limitPerSecond?: number;
  signal?: AbortSignal;
  progress?: (done: number) => void;
}

export interface SelectedPairs {
  pairs: RankedPair[];
  /** Pairs between the thresholds under the mask, before exclusions and limits. */
  count: number;
}

/** The fp64 dot product of row i of a and row j of b, in index order: the score of pair (i, j). */
export function score({ a, b }: HeadFactors, i: number, j: number): number {
  const r = a.columns;
  let sum = 0;
  for (let t = 0, p = i * r, q = j * r; t < r; t++, p++, q++) sum += a.data[p] * b.data[q];
  return sum;
}

/** The selection's pairs in the order of their own scores; `visit` sees all of them. */
export async function pairsByOwn(
  engine: Engine,
  own: HeadFactors,
  selection: Selection,
  visit?: (batch: PairBatch) => void,
): Promise<SelectedPairs> {
  const found = await engine.topPairs(own.a, own.b, { ...selection, visit });
  const pairs = Array.from({ length: found.length }, (_, i) => {
    const at = found.score[i];
    return { first: found.first[i], second: found.second[i], score: at, own: at };
  });
  return { pairs, count: found.count };
}

/** The selection's pairs (thresholds on the own scores) in the order of their scores in the other matrix. */
export async function pairsByOther(
  engine: Engine,
  own: HeadFactors,
  other: HeadFactors,
  selection: Selection,
  visit?: (batch: PairBatch) => void,
): Promise<SelectedPairs> {
  const { above, below, limitPerFirst, limitPerSecond, k, end } = selection;
  if (above === undefined && below === undefined) {
    // Everything is selected: the best pairs of the other matrix, with no need to look at all pairs of this one.
    const { pairs, count } = await pairsByOwn(engine, other, selection);
    return { pairs: pairs.map((pair) => ({ ...pair, own: score(own, pair.first, pair.second) })), count };
  }
  const limits = limitPerFirst !== undefined || limitPerSecond !== undefined;
  // Limits take greedily from the order's beginning, which may reach past the best k: look further until k are left.
  for (let reach = limits ? 4 * k : k, counted = visit; ; reach *= 8, counted = undefined) {
    const heap = new PairHeap(reach, end);
    let seen = 0;
    const { count } = await engine.topPairs(own.a, own.b, {
      ...{ ...selection, k: 0, limitPerFirst: undefined, limitPerSecond: undefined },
      visit(batch) {
        seen += batch.length;
        counted?.(batch);
        for (let i = 0; i < batch.length; i++) {
          const [first, second] = [batch.first[i], batch.second[i]];
          heap.add(first, second, score(other, first, second), batch.score[i]);
        }
      },
    });
    const pairs = limited(heap.sorted(), selection);
    if (pairs.length >= k || reach >= seen) return { pairs: pairs.slice(0, k), count };
  }
}

/** Greedy in the list's order: at most so many pairs with one first (second) token. */
export function limited(
  pairs: RankedPair[],
  { limitPerFirst, limitPerSecond }: Pick<Selection, 'limitPerFirst' | 'limitPerSecond'>,
): RankedPair[] {
  const [firsts, seconds] = [new Map<number, number>(), new Map<number, number>()];
  return pairs.filter(({ first, second }) => {
    const [f, s] = [firsts.get(first) ?? 0, seconds.get(second) ?? 0];
    if (f >= (limitPerFirst ?? Number.POSITIVE_INFINITY) || s >= (limitPerSecond ?? Number.POSITIVE_INFINITY))
      return false;
    firsts.set(first, f + 1);
    seconds.set(second, s + 1);
    return true;
  });
}

/** A listed pair as a batch of one's length, for counting what is listed. */
export function batchOf(pairs: readonly RankedPair[]): PairBatch {
  return {
    length: pairs.length,
    first: Uint32Array.from(pairs, (pair) => pair.first),
    second: Uint32Array.from(pairs, (pair) => pair.second),
    score: Float64Array.from(pairs, (pair) => pair.own),
  };
}

/** Some rows of a factor, in the order of `ids`. */
export function rowsOf({ data, columns, name }: Matrix, ids: readonly number[]): Matrix {
  const rows = new Float32Array(ids.length * columns);
  for (const [i, id] of ids.entries()) rows.set(data.subarray(id * columns, (id + 1) * columns), i * columns);
  return { data: rows, rows: ids.length, columns, name };
}
