import { QueryClient, queryOptions } from '@tanstack/react-query';
import { FILTERS, type ReadingSearch, splitFilters } from '../state/reading-search.ts';
import { ApiError, getJson, path, type Query } from './client.ts';
import type {
  HeadMatrix,
  HeadRows,
  ModelInfo,
  Models,
  NeuronHistogram,
  NeuronPart,
  NeuronReading,
  Place,
  RawVector,
  SimilarNeurons,
  StatisticNames,
  TokenRows,
  VectorReading,
} from './types.ts';

/** Weights do not change while a server runs, so an answer holds as long as the page; TanStack Query aborts what nobody waits for. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 10 * 60_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => count < 1 && error instanceof ApiError && error.status >= 500,
      },
    },
  });
}

/** Any route, by its parts and its query: the other queries here are this with a name. */
export function apiQuery<T>(parts: readonly (string | number)[], query: Query = {}) {
  const url = path(parts, query);
  return queryOptions({ queryKey: [url], queryFn: ({ signal }) => getJson<T>(url, signal) });
}

/** The shared part of a page's search as the API takes it. */
export function readingQuery({ normalize, fold, embedding, filters }: ReadingSearch): Query {
  const chosen = splitFilters(filters);
  return {
    normalize,
    foldNorm: fold,
    embedding,
    ...Object.fromEntries(FILTERS.filter(({ name }) => chosen.includes(name)).map(({ option }) => [option, true])),
  };
}

export const modelsQuery = () => apiQuery<Models>(['models']);
export const modelQuery = (model: string) => apiQuery<ModelInfo>(['models', model]);

export const placesQuery = (model: string, q: string) =>
  apiQuery<{ places: Place[] }>(['models', model, 'resolve'], { q });

/** How many tokens of either end. */
interface Ends {
  k: number;
  bottom: number;
}

export const neuronQuery = (model: string, layer: number, neuron: number, search: ReadingSearch & Ends) =>
  apiQuery<NeuronReading>(['models', model, 'neurons', layer, neuron], {
    ...readingQuery(search),
    k: search.k,
    bottom: search.bottom,
  });

export const histogramQuery = (model: string, layer: number, neuron: number, search: ReadingSearch) =>
  apiQuery<NeuronHistogram>(['models', model, 'neurons', layer, neuron, 'histogram'], readingQuery(search));

export const similarQuery = (model: string, layer: number, neuron: number, part: NeuronPart) =>
  apiQuery<SimilarNeurons>(['models', model, 'neurons', layer, neuron, 'similar'], { part });

export const rawVectorQuery = (model: string, layer: number, neuron: number, part: NeuronPart) =>
  apiQuery<RawVector>(['models', model, 'neurons', layer, neuron, 'vector'], { part });

export const tokenRowsQuery = (model: string, layer: number, neuron: number, part: NeuronPart, search: ReadingSearch) =>
  apiQuery<TokenRows>(['models', model, 'neurons', layer, neuron, 'map'], { ...readingQuery(search), part, n: 150 });

/** Cosines unless asked otherwise: `freq` is defined only where all parts of a sum are of one kind. */
export const vectorQuery = (model: string, expression: string, search: ReadingSearch & Ends) =>
  apiQuery<VectorReading>(['models', model, 'vectors'], {
    ...readingQuery({ ...search, normalize: search.normalize ?? 'cosine', fold: undefined }),
    expression,
    k: search.k,
    bottom: search.bottom,
  });

export const statisticNamesQuery = (model: string, kind: 'neurons' | 'heads') =>
  apiQuery<StatisticNames>(['models', model, 'statistics', kind]);

/** Every head of an atlas with the labels of its first pairs. */
export const headRowsQuery = (model: string, matrix: HeadMatrix) =>
  apiQuery<HeadRows>(['models', model, 'atlas', 'heads'], { matrix, k: 100_000 });
