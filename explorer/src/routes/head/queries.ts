import type { Query } from '../../api/client.ts';
import { readingQuery } from '../../api/queries.ts';
import type { ReadingSearch } from '../../state/reading-search.ts';
import { type HeadSearch, LISTED, matrixOf } from './search.ts';

/** Which head, and how it is read. */
export interface HeadPlace {
  model: string;
  layer: number;
  head: number;
  search: ReadingSearch & HeadSearch;
}

/** The address of a question about the head. */
export const partsOf = ({ model, layer, head }: HeadPlace, ...question: string[]) => [
  'models',
  model,
  'heads',
  layer,
  head,
  ...question,
];

const exclusions = ({ exclude }: HeadSearch): Query => ({
  excludeSame: exclude === 'same',
  excludeFuzzy: exclude === 'fuzzy',
});

const threshold = ({ end }: HeadSearch, beyond: number | undefined): Query => ({
  [end === 'lowest' ? 'below' : 'above']: beyond,
});

/** The listed pairs, their counters and the count. */
export function pairsQuery({ search }: HeadPlace, beyond: number | undefined): Query {
  const matrix = matrixOf(search);
  return {
    ...readingQuery(search),
    ...exclusions(search),
    ...threshold(search, beyond),
    matrix,
    k: search.list ?? LISTED,
    ascending: search.end === 'lowest',
    ...(search.order === 'other' && { sort: matrix === 'vo' ? 'qk' : 'vo' }),
  };
}

export const matrixQuery = ({ search }: HeadPlace): Query => ({ ...readingQuery(search), matrix: matrixOf(search) });

export const countQuery = (place: HeadPlace, beyond: number | undefined): Query => ({
  ...matrixQuery(place),
  ...threshold(place.search, beyond),
});

export const rowQuery = (place: HeadPlace, id: number): Query => ({
  ...matrixQuery(place),
  id,
  side: place.search.side,
  k: 14,
  bottom: 6,
});

export const heatMapQuery = (place: HeadPlace, size: number): Query => ({
  ...matrixQuery(place),
  ...exclusions(place.search),
  rows: size,
  columns: size,
});

/** Directions have no normaliser: they are ranked by E x. */
export function spectrumQuery(place: HeadPlace): Query {
  const { normalize: _, ...query } = matrixQuery(place);
  return { ...query, directions: 6, k: 10 };
}

/** Statistics are of the weights as they are: no normaliser, no filters, no folding. */
export const statisticsQuery = ({ search }: HeadPlace): Query => ({ matrix: matrixOf(search) });
