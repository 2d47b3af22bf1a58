import { wholeNumber } from '../../state/reading-search.ts';

/** What the page keeps in its URL beside how it is read. */
export interface ModelSearch {
  /** The statistic that colours the heads, `matrix.name` as in `vo.copying`; absent: the first there is. */
  heads?: string;
  /** The statistic that the neurons are drawn by, `part.name` as in `value.norm`. */
  neurons?: string;
  /** The layer whose neurons are all shown. */
  layer?: number;
}

export function parseModelSearch({ heads, neurons, layer }: Record<string, unknown>): ModelSearch {
  const number = wholeNumber(layer, 0, 10_000);
  return {
    ...(typeof heads === 'string' && { heads }),
    ...(typeof neurons === 'string' && { neurons }),
    ...(number !== undefined && { layer: number }),
  };
}
