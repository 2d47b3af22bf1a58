import { place, readingQuery } from '../../api/queries.ts';
import type { ReadingSearch } from '../../state/reading-search.ts';
import { type HeadSearch, LISTED, matrixOf } from './search.ts';

/** Which head, and how it is read. */
export interface HeadPlace {
  model: string;
  layer: number;
  head: number;
  search: ReadingSearch & HeadSearch;
}

/** The head's address with what is asked of it. */
export const of = <Q>({ model, layer, head }: HeadPlace, query: Q) => ({ param: place({ model, layer, head }), query });

const exclusions = ({ exclude }: HeadSearch) => ({
  excludeSame: exclude === 'same',
  excludeFuzzy: exclude === 'fuzzy',
});

const threshold = ({ end }: HeadSearch, beyond: number | undefined): { above?: number; below?: number } =>
  beyond === undefined ? {} : end === 'lowest' ? { below: beyond } : { above: beyond };

/** The listed pairs, their counters and the count. */
export function pairsQuery({ search }: HeadPlace, beyond: number | undefined) {
  const matrix = matrixOf(search);
  return {
    ...readingQuery(search),
    ...exclusions(search),
    ...threshold(search, beyond),
    matrix,
    k: search.list ?? LISTED,
    ascending: search.end === 'lowest',
    sort: search.order !== 'other' ? undefined : matrix === 'vo' ? ('qk' as const) : ('vo' as const),
  };
}

/** What chance gives for the best pair of all, whatever the threshold. */
export const chanceQuery = ({ search }: HeadPlace) => ({
  ...readingQuery(search),
  ...exclusions(search),
  matrix: matrixOf(search),
  k: 1,
  ascending: search.end === 'lowest',
  chance: true,
});

export const matrixQuery = ({ search }: HeadPlace) => ({ ...readingQuery(search), matrix: matrixOf(search) });

export const countQuery = (place: HeadPlace, beyond: number | undefined) => ({
  ...matrixQuery(place),
  ...threshold(place.search, beyond),
});

export const rowQuery = (place: HeadPlace, id: number) => ({
  ...matrixQuery(place),
  ...exclusions(place.search),
  id,
  side: place.search.side,
  k: 14,
  bottom: 6,
});

export const heatMapQuery = (place: HeadPlace, size: number) => ({
  ...matrixQuery(place),
  ...exclusions(place.search),
  rows: size,
  columns: size,
});

/** Directions have no normaliser: they are ranked by E x. */
export function spectrumQuery(place: HeadPlace) {
  const { normalize: _, ...query } = matrixQuery(place);
  return { ...query, directions: 6, k: 10 };
}

/** Statistics are of the weights as they are: no normaliser, no filters, no folding. */
export const statisticsQuery = ({ search }: HeadPlace) => ({ matrix: matrixOf(search) });
