import { oneOf } from '../../state/reading-search.ts';

/** What the page keeps in its URL beside how it is read. */
export interface HeadSearch {
  /** Absent: VO. */
  matrix?: 'qk';
}

export function parseHeadSearch({ matrix }: Record<string, unknown>): HeadSearch {
  const known = oneOf(matrix, ['qk']);
  return known ? { matrix: known } : {};
}
