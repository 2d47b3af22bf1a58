import { linearSumAssignment } from 'linear-sum-assignment';
import { WeightscopeError } from '../errors.ts';

/** More entries than this make a table of more than half a gigabyte, and the search takes hours. */
const MOST = 1 << 26;

/**
 * The one-to-one matching of rows and columns of a score table [rows, columns], row-major, whose sum of scores is
 * largest (Jonker and Volgenant's shortest augmenting paths; Crouse 2016 for tables that are not square). Entry i is the
 * column of row i, -1 where there are more rows than columns and it has none. Throws `TOO_LARGE`.
 */
export function bestAssignment(scores: ArrayLike<number>, rows: number, columns: number): Int32Array {
  if (rows * columns > MOST)
    throw new WeightscopeError(
      'TOO_LARGE',
      `Expected a matching of at most ${MOST} pairs, got ${rows} x ${columns}; match a sample of fewer vectors.`,
    );
  if (rows === 0 || columns === 0) return new Int32Array(rows).fill(-1);
  const table = Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => scores[i * columns + j]),
  );
  const { rowAssignments } = linearSumAssignment(table, { maximaze: true });
  return Int32Array.from(rowAssignments);
}

/** Pairs (row, column) with the largest sum, rows ascending. */
export function matchLayers(means: readonly (readonly number[])[]): [number, number][] {
  const assigned = bestAssignment(means.flat(), means.length, means[0].length);
  return [...assigned].flatMap((j, i): [number, number][] => (j < 0 ? [] : [[i, j]]));
}
