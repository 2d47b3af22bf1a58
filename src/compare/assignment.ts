import { linearSumAssignment } from 'linear-sum-assignment';
import { WeightscopeError } from '../errors.ts';
import { seeded, shuffled } from '../reading/random.ts';

/** More entries than this make a table of more than half a gigabyte, and the search takes hours. */
const MOST = 1 << 26;

/**
 * The one-to-one matching of rows and columns of a score table [rows, columns], row-major, whose sum of scores is
 * largest (Jonker and Volgenant's shortest augmenting paths; Crouse 2016 for tables that are not square). Entry i is
 * the column of row i, -1 where there are more rows than columns and it has none. Columns are searched in an order
 * drawn from `seed`: where several matchings are as good, as with rows of zeros or duplicates, the one that is found
 * has nothing to do with how rows and columns are numbered. Throws `TOO_LARGE`.
 */
export function bestAssignment(scores: ArrayLike<number>, rows: number, columns: number, seed = 0): Int32Array {
  if (rows * columns > MOST)
    throw new WeightscopeError(
      'TOO_LARGE',
      `Expected a matching of at most ${MOST} pairs, got ${rows} x ${columns}; match a sample of fewer vectors.`,
    );
  if (rows === 0 || columns === 0) return new Int32Array(rows).fill(-1);
  const order = shuffled(columns, seeded(seed));
  const table = Array.from({ length: rows }, (_, i) => Float64Array.from(order, (j) => scores[i * columns + j]));
  const { rowAssignments } = linearSumAssignment(table, { maximaze: true });
  return Int32Array.from(rowAssignments, (at) => (at < 0 ? -1 : order[at]));
}

/** Pairs (row, column) with the largest sum, rows ascending. */
export function matchLayers(means: readonly (readonly number[])[]): [number, number][] {
  const assigned = bestAssignment(means.flat(), means.length, means[0].length);
  return [...assigned].flatMap((j, i): [number, number][] => (j < 0 ? [] : [[i, j]]));
}
