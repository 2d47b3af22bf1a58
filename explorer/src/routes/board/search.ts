/** What the page keeps in its URL: a board that somebody shares. */
export interface BoardSearch {
  b?: string;
}

export const parseBoardSearch = ({ b }: Record<string, unknown>): BoardSearch =>
  typeof b === 'string' && b !== '' ? { b: b.slice(0, 4000) } : {};
