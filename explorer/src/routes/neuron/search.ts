import { MOST_EXPERTS } from '../../state/neuron-at.ts';
import { oneOf, wholeNumber } from '../../state/reading-search.ts';

/** What the page keeps in its URL beside how it is read. */
export interface NeuronSearch {
  /** Whose neuron, in a model with experts; absent: the first's. */
  expert?: number;
  /** Tokens listed per part; absent: 24. */
  k?: number;
  /** The part whose tokens are on the map and whose neighbours are listed; absent: value. */
  part?: 'key' | 'up';
  /** How the map is made; absent: t-SNE. */
  map?: 'umap';
  /** The map turns in space. */
  space?: true;
  /** An expression that is read below. */
  vector?: string;
}

export function parseNeuronSearch({ expert, k, part, map, space, vector }: Record<string, unknown>): NeuronSearch {
  const count = wholeNumber(k, 1, 1000);
  const known = oneOf(part, ['key', 'up']);
  const whose = wholeNumber(expert, 1, MOST_EXPERTS);
  return {
    ...(whose !== undefined && { expert: whose }),
    ...(count !== undefined && { k: count }),
    ...(known && { part: known }),
    ...(map === 'umap' && { map }),
    ...((space === true || space === 'true') && { space: true as const }),
    ...(typeof vector === 'string' && vector !== '' && { vector }),
  };
}
