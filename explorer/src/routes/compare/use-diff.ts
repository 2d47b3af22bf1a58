import { models, place } from '../../api/queries.ts';
import type { ModelInfo } from '../../api/types.ts';
import { useLongQuery } from '../../api/use-long-query.ts';

/** How much of what changed is read as words. */
const LISTED = { k: 8, neurons: 24, heads: 8 };

/** What differs between two opened checkpoints; all live views of a pair ask for the same, once. */
export function useDiff(a: ModelInfo, b: ModelInfo) {
  return useLongQuery(models[':model'].diff, { param: place({ model: a.id }), query: { second: b.id, ...LISTED } });
}

/** A share of a parameter's own length: `0.42 %`; of nothing there is none. */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  if (share > 0 && share < 1e-6) return `${(100 * share).toExponential(0)} %`;
  return `${(100 * share).toLocaleString('en-US', { maximumSignificantDigits: 3 })} %`;
}

/** Words as they are saved. */
export const asText = (tokens: readonly { label: string }[]): string => tokens.map(({ label }) => label).join(' ');
