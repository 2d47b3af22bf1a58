import { oneOf, wholeNumber } from '../../state/reading-search.ts';

/** Which two models, by their ids, and which of their lists. */
export interface CompareSearch {
  a?: string;
  b?: string;
  /** Absent: neurons. */
  show?: 'heads';
  /** Tokens (pairs) of each list that are compared; absent: {@link AMONG}. */
  among?: number;
}

export const AMONG = 20;

export function parseCompareSearch({ a, b, show, among }: Record<string, unknown>): CompareSearch {
  const heads = oneOf(show, ['heads']);
  const many = wholeNumber(among, 1, 100);
  return {
    ...(typeof a === 'string' && { a }),
    ...(typeof b === 'string' && { b }),
    ...(heads && { show: heads }),
    ...(many !== undefined && many !== AMONG && { among: many }),
  };
}
