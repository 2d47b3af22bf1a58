import { checkFinite } from '../../check.ts';
import type { Matrix, Pairs } from '../../engine.ts';
import type { PairSearch } from './pair-search.ts';

/**
 * The pairs where all rows of one side are zeros, as of a head that was pruned: every score is 0, so that the list is
 * the first k pairs in the order of their indices. No bound tells such pairs apart, and a screen would look at each of
 * them. Undefined where both sides have other numbers, or all pairs are wanted.
 */
export const zeroPairs = ({ a, b, low, high, k, after, options }: PairSearch): Pairs | undefined => {
  const { maskA, maskB, exclude, visit } = options;
  if (visit || k === Number.POSITIVE_INFINITY || (hasNumbers(a, maskA) && hasNumbers(b, maskB))) return undefined;
  checkFinite(a, 'first');
  checkFinite(b, 'second');
  const [rows, columns] = [indices(a, maskA), indices(b, maskB)];
  const count = low < 0 && 0 < high ? rows.length * columns.length : 0;
  // Before a pair of less than 0 (as the list is ordered) all of these have been listed, before one of more none.
  const most = after && after.value < 0 ? 0 : Math.min(k, count);
  const seen = after?.value === 0 ? after : undefined;
  const [first, second] = [new Uint32Array(most), new Uint32Array(most)];
  let length = 0;
  for (const i of rows) {
    if (length === most) break;
    if (seen && i < seen.first) continue;
    for (const j of columns) {
      if (length === most) break;
      if ((seen && i === seen.first && j <= seen.second) || exclude?.(i, j)) continue;
      [first[length], second[length]] = [i, j];
      length++;
    }
  }
  options.progress?.(1);
  const score = new Float64Array(length);
  return { length, first: first.subarray(0, length), second: second.subarray(0, length), score, count };
};

const hasNumbers = ({ data, rows, columns }: Matrix, mask?: Uint8Array): boolean => {
  for (let row = 0; row < rows; row++) {
    if (mask && !mask[row]) continue;
    for (let at = row * columns; at < (row + 1) * columns; at++) if (data[at] !== 0) return true;
  }
  return false;
};

const indices = ({ rows }: Matrix, mask?: Uint8Array): Uint32Array =>
  Uint32Array.from({ length: rows }, (_, row) => row).filter((row) => mask?.[row] !== 0);
