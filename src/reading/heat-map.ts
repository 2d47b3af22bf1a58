import type { Model } from '../model/types.ts';
import { tokenOf } from './applied.ts';
import { headFactors } from './factors.ts';
import { readHead } from './heads.ts';
import { score } from './pairs.ts';
import type { HeadMatrix, ReadOptions, Token } from './types.ts';

export interface HeatMap {
  matrix: HeadMatrix;
  /** By their best pair, strongest first. */
  first: Token[];
  second: Token[];
  /** [first, second]; the pairs' own scores. */
  scores: number[][];
}

/** Pairs that the strongest tokens are taken from. */
const AMONG = 2000;

/**
 * The corner of a head's V x V matrix that a person would want to see: the `first` and `second` tokens of its best
 * pairs, in the order in which they first appear there, and the score of each with each. Exact. Throws as
 * {@link readHead} does.
 */
export async function headHeatMap(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: ReadOptions & { rows?: number; columns?: number; excludeSame?: boolean; excludeFuzzy?: boolean } = {},
): Promise<HeatMap> {
  const { rows = 24, columns = 24 } = options;
  const { [matrix]: read } = await readHead(model, layer, head, { ...options, matrices: [matrix], k: AMONG });
  const side = (which: 'first' | 'second', k: number): number[] =>
    [...new Set(read!.pairs.map((pair) => pair[which].id))].slice(0, k);
  const [first, second] = [side('first', rows), side('second', columns)];
  const factors = await headFactors(model, layer, head, matrix, options);
  const token = (id: number) => tokenOf(model, id, options.labels);
  return {
    matrix,
    first: first.map(token),
    second: second.map(token),
    scores: first.map((i) => second.map((j) => score(factors, i, j))),
  };
}
