/** Which two models, by their ids. */
export interface CompareSearch {
  a?: string;
  b?: string;
}

export function parseCompareSearch({ a, b }: Record<string, unknown>): CompareSearch {
  return { ...(typeof a === 'string' && { a }), ...(typeof b === 'string' && { b }) };
}
