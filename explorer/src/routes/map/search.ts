/** What the page keeps in its URL. */
export interface MapSearch {
  /** The expression whose scores colour the map. */
  x?: string;
}

const LONGEST = 4000;

export function parseMapSearch({ x }: Record<string, unknown>): MapSearch {
  const text = typeof x === 'string' || typeof x === 'number' ? String(x).slice(0, LONGEST).trim() : '';
  return text === '' ? {} : { x: text };
}
