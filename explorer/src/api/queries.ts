import { QueryClient, queryOptions } from '@tanstack/react-query';
import { type AnswerTo, ApiError, type AskedOf, ask, createClient, type Endpoint } from '../../../src/client.ts';
import type { NeuronAt } from '../state/neuron-at.ts';
import type { PairIds } from '../state/pair.ts';
import { FILTERS, type ReadingSearch, splitFilters } from '../state/reading-search.ts';
import { reach } from './reach.ts';
import { inTurn, type Turn } from './turns.ts';
import type { HeadMatrix, NeuronPart } from './types.ts';

/** The questions of what answers this page: its server or, on a site, its worker (in tests there is none). */
export const { models, compare } = createClient(globalThis.location?.origin ?? 'http://localhost', {
  fetch: reach,
}).api;
const model = models[':model'];
export const tokens = model.tokens;
export const head = model.heads[':layer'][':head'];
export const neuron = model.neurons[':layer'][':neuron'];

/**
 * Weights do not change while a server runs, so an answer holds as long as the page; TanStack Query aborts what nobody
 * waits for.
 */
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

/** Parts of an address, as text. */
export const place = <K extends string>(parts: Record<K, string | number>) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, encodeURIComponent(part as string)])) as Record<
    K,
    string
  >;

/** Any question: the other queries here are this with a name. `turn`: `none`, for what is answered at once. */
export function apiQuery<E extends Endpoint>(question: E, asked: AskedOf<E>, turn: Turn | 'none' = 'usual') {
  return queryOptions({
    queryKey: [String(question.$url(asked))],
    queryFn: ({ signal }) => {
      const answer = async () => (await ask(question.$get(asked, { init: { signal } }))) as AnswerTo<E>;
      return turn === 'none' ? answer() : inTurn(answer, signal, turn);
    },
  });
}

/** The shared part of a page's search as the API takes it. */
export function readingQuery({ normalize, fold, embedding, filters }: ReadingSearch) {
  const chosen = splitFilters(filters);
  const asked: { [K in (typeof FILTERS)[number]['option']]?: true } = {};
  for (const { name, option } of FILTERS) if (chosen.includes(name)) asked[option] = true;
  return { normalize, foldNorm: fold, embedding, ...asked };
}

export const modelsQuery = () => apiQuery(models, { query: {} }, 'none');
export const modelQuery = (model: string) => apiQuery(models[':model'], { param: place({ model }), query: {} }, 'none');

export const placesQuery = (model: string, q: string) =>
  apiQuery(models[':model'].resolve, { param: place({ model }), query: { q } }, 'none');

/** How many tokens of either end. */
interface EndCounts {
  k: number;
  bottom: number;
}

/** What names a neuron in a question. */
const asked = (model: string, { layer, neuron, expert }: NeuronAt) => ({
  param: place({ model, layer, neuron }),
  // The first is the one that is read where none is named; lists name it 0 in models that have none too.
  of: expert ? { expert } : {},
});

export const neuronAsked = (model: string, at: NeuronAt, search: ReadingSearch & EndCounts) => {
  const { param, of } = asked(model, at);
  return { param, query: { ...of, ...readingQuery(search), k: search.k, bottom: search.bottom } };
};

/** What chance gives for the first score of each list. */
export const neuronChanceQuery = (model: string, at: NeuronAt, search: ReadingSearch) => {
  const { param, of } = asked(model, at);
  return apiQuery(neuron, { param, query: { ...of, ...readingQuery(search), k: 1, chance: true } });
};

export const histogramQuery = (model: string, at: NeuronAt, search: ReadingSearch) => {
  const { param, of } = asked(model, at);
  return apiQuery(neuron.histogram, { param, query: { ...of, ...readingQuery(search) } });
};

export const similarQuery = (model: string, at: NeuronAt, part: NeuronPart) => {
  const { param, of } = asked(model, at);
  return apiQuery(neuron.similar, { param, query: { ...of, part } });
};

export const rawVectorQuery = (model: string, at: NeuronAt, part: NeuronPart) => {
  const { param, of } = asked(model, at);
  return apiQuery(neuron.vector, { param, query: { ...of, part } });
};

export const tokenRowsQuery = (model: string, at: NeuronAt, part: NeuronPart, search: ReadingSearch) => {
  const { param, of } = asked(model, at);
  return apiQuery(neuron.map, { param, query: { ...of, ...readingQuery(search), part, n: 150 } });
};

/** One pair of a head, wherever it stands and whatever filters leave: they change no score. */
export const pairAsked = (
  [model, layer, index]: [model: string, layer: number, head: number],
  matrix: HeadMatrix,
  { first, second }: PairIds,
  search: ReadingSearch,
) => ({
  param: place({ model, layer, head: index }),
  query: { ...readingQuery({ ...search, filters: undefined }), matrix, id: first, other: second, k: 1 },
});

/** Cosines unless asked otherwise: `freq` is defined only where all parts of a sum are of one kind. */
const vectorAsked = (model: string, expression: string, search: ReadingSearch & EndCounts) => ({
  param: place({ model }),
  query: {
    ...readingQuery({ ...search, normalize: search.normalize ?? 'cosine', fold: undefined }),
    expression,
    k: search.k,
    bottom: search.bottom,
  },
});

export const vectorQuery = (...asked: Parameters<typeof vectorAsked>) =>
  apiQuery(models[':model'].vectors, vectorAsked(...asked));

/** What chance gives for its first score. */
export const vectorChanceQuery = (model: string, expression: string, search: ReadingSearch) => {
  const { param, query } = vectorAsked(model, expression, { ...search, k: 1, bottom: 0 });
  return apiQuery(models[':model'].vectors, { param, query: { ...query, chance: true } });
};

export const statisticNamesQuery = (model: string, kind: 'neurons' | 'heads') =>
  apiQuery(models[':model'].statistics[':kind'], { param: place({ model, kind }), query: {} });

/** Every head of an atlas with the labels of its first pairs. */
export const headRowsQuery = (model: string, matrix: HeadMatrix) =>
  apiQuery(models[':model'].atlas.heads, { param: place({ model }), query: { matrix, k: 100_000 } }, 'aside');
