import { oneOf } from '../../state/reading-search.ts';

export const PARTS = ['value', 'key', 'up', 'vo', 'qk'] as const;
export type SearchPart = (typeof PARTS)[number];

/** What the page keeps in its URL: the words, and what is asked of them. */
export interface WordSearch {
  q?: string;
  /** Absent: neurons that write the words. */
  part?: Exclude<SearchPart, 'value'>;
  /** The SQL tab is open, with this question in it. */
  sql?: string;
  /** Absent: towards the words. */
  sign?: '-';
}

const LONGEST = 2000;
/** As the API takes it. */
const MOST_SQL = 10_000;

export function parseWordSearch({ q, part, sign, sql }: Record<string, unknown>): WordSearch {
  const text = typeof q === 'string' || typeof q === 'number' ? String(q).slice(0, LONGEST) : '';
  const of = oneOf(part, ['key', 'up', 'vo', 'qk']);
  return {
    ...(text.trim() !== '' && { q: text }),
    ...(of && { part: of }),
    ...(sign === '-' && { sign }),
    ...(typeof sql === 'string' && { sql: sql.slice(0, MOST_SQL) }),
  };
}
