/** What the page keeps in its URL beside how it is read. */
export interface TokenSearch {
  /** What was typed to find a token. */
  q?: string;
}

export function parseTokenSearch({ q }: Record<string, unknown>): TokenSearch {
  return typeof q === 'string' && q !== '' ? { q } : {};
}
