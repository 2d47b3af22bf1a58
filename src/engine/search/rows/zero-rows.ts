import type { Matrix } from '../../engine.ts';
import type { RankedLists } from './ranked-lists.ts';
import type { BothEnds } from './row-place.ts';

/**
 * Rows of zeros score 0 with every row, so that their lists are known, and nothing would rule a pair of theirs out: a
 * search would score them all. Pruned models have many. Settles these lists in `found` and returns what is left to
 * search: numbers of rows of x, and a mask of e. Rows of zeros that have so many before them as a list has entries are
 * left out: no list has room for them.
 */
export const settleZeros = (
  x: Matrix,
  e: Matrix,
  mask: Uint8Array | undefined,
  found: { x: BothEnds<RankedLists>; e: BothEnds<RankedLists> },
): { rowsX: Uint32Array; mask: Uint8Array | undefined } => {
  const allRows = Uint32Array.from({ length: x.rows }, (_, i) => i);
  const allowed = (j: number): boolean => mask?.[j] !== 0;
  const [zerosX, zerosE] = [zeroRows(x), zeroRows(e).filter(allowed)];
  const [kX, kE] = [found.x, found.e].map(([top, bottom]) => (top ?? bottom)?.ranked.k ?? 0);
  const first = firstOf(e.rows, kX, allowed);
  for (const lists of found.x) lists?.settle(zerosX, first);
  for (const lists of found.e) lists?.settle(zerosE, allRows.subarray(0, kE));
  const [needlessX, needlessE] = [new Set(zerosX.subarray(kE)), zerosE.subarray(kX)];
  const rowsX = needlessX.size > 0 ? allRows.filter((row) => !needlessX.has(row)) : allRows;
  if (needlessE.length === 0) return { rowsX, mask };
  const left = mask?.slice() ?? new Uint8Array(e.rows).fill(1);
  for (const row of needlessE) left[row] = 0;
  return { rowsX, mask: left };
};

/** Numbers of the rows that are zeros. */
const zeroRows = ({ data, rows, columns: d }: Matrix): Uint32Array => {
  const zeros: number[] = [];
  for (let row = 0; row < rows; row++) {
    let at = row * d;
    const end = at + d;
    while (at < end && data[at] === 0) at++;
    if (at === end) zeros.push(row);
  }
  return Uint32Array.from(zeros);
};

/** The first `count` numbers below `end` that are allowed, or as many as there are. */
const firstOf = (end: number, count: number, allowed: (i: number) => boolean): Uint32Array => {
  const first: number[] = [];
  for (let i = 0; i < end && first.length < count; i++) if (allowed(i)) first.push(i);
  return Uint32Array.from(first);
};
