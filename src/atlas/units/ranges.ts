import type { ModelFacts } from '../facts.ts';
import type { AtlasSettings } from '../schema.ts';

export type Range = readonly [from: number, to: number];

/** Ranges that lie one behind the other. */
export function rangesOf(groups: readonly { count: number }[]): Range[] {
  let to = 0;
  return groups.map(({ count }) => {
    const from = to;
    to += count;
    return [from, to];
  });
}

/** The chosen layers, each by itself. */
export const layerRanges = ({ layers }: AtlasSettings): Range[] => layers.map((layer) => [layer, layer + 1]);

/** Heads that share a key-value head, and with it two of their four factors, stay together. */
export const sharingHeads = ({ heads, kvHeads }: ModelFacts['heads'][number]): Range[] =>
  Array.from({ length: kvHeads }, (_, i) => [Math.ceil((i * heads) / kvHeads), Math.ceil(((i + 1) * heads) / kvHeads)]);
