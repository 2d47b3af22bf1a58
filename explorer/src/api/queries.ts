import { QueryClient, queryOptions } from '@tanstack/react-query';
import { FILTERS, type ReadingSearch, splitFilters } from '../state/reading-search.ts';
import { ApiError, getJson, path, type Query } from './client.ts';
import type { ModelInfo, Models, NeuronReading } from './types.ts';

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
export function readingQuery({ normalize, fold, filters }: ReadingSearch): Query {
  const chosen = splitFilters(filters);
  return {
    normalize,
    foldNorm: fold,
    ...Object.fromEntries(FILTERS.filter(({ name }) => chosen.includes(name)).map(({ option }) => [option, true])),
  };
}

export const modelsQuery = () => apiQuery<Models>(['models']);
export const modelQuery = (model: string) => apiQuery<ModelInfo>(['models', model]);

export const neuronQuery = (
  model: string,
  layer: number,
  neuron: number,
  search: ReadingSearch & { k: number; bottom: number },
) =>
  apiQuery<NeuronReading>(['models', model, 'neurons', layer, neuron], {
    ...readingQuery(search),
    k: search.k,
    bottom: search.bottom,
  });
