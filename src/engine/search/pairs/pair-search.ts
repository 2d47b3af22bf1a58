import type { Matrix, PairOptions } from '../../engine.ts';
import type { PairsWanted } from './selection.ts';

/** A pair search without limits. `low` and `high` bound sign * score; `after` starts the list behind a pair. */
export interface PairSearch {
  a: Matrix;
  b: Matrix;
  sign: number;
  low: number;
  high: number;
  /** How many pairs to list: 0 for `visit` or a count alone. */
  k: number;
  /** Without a threshold the selection is every pair, which needs no counting. */
  everything: boolean;
  after: PairsWanted['after'];
  options: PairOptions;
}
