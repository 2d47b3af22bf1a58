import { oneOf } from '../../state/reading-search.ts';

/** What the page keeps in its URL beside how it is read: what is looked for. */
export interface TokenSearch {
  q?: string;
  /** Absent: tokens that begin so. `meaning`: nearest in embedding space. */
  by?: 'meaning';
}

const LONGEST = 200;

export function parseTokenSearch({ q, by }: Record<string, unknown>): TokenSearch {
  // The router reads a query of digits as a number.
  const text = typeof q === 'string' || typeof q === 'number' ? String(q).slice(0, LONGEST) : '';
  const how = oneOf(by, ['meaning']);
  return { ...(text !== '' && { q: text }), ...(how && { by: how }) };
}
