/** What the page keeps in its URL beside how it is read. */
export interface VectorSearch {
  /** The expression. */
  x?: string;
}

export function parseVectorSearch({ x }: Record<string, unknown>): VectorSearch {
  const text = typeof x === 'number' ? String(x) : x;
  return typeof text === 'string' && text !== '' ? { x: text } : {};
}
