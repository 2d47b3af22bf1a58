import type { QueryClient } from '@tanstack/react-query';
import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { modelQuery, modelsQuery, statisticNamesQuery } from './api/queries.ts';
import { Empty, ErrorState } from './components/states.tsx';
import { Layout } from './layout/layout.tsx';
import { parseBoardSearch } from './routes/board/search.ts';
import { parseCircuitSearch } from './routes/circuit/search.ts';
import { parseCompareSearch } from './routes/compare/search.ts';
import { parseHeadSearch } from './routes/head/search.ts';
import { parseMapSearch } from './routes/map/search.ts';
import { parseModelSearch } from './routes/model/search.ts';
import { parseNeuronSearch } from './routes/neuron/search.ts';
import { parseWordSearch } from './routes/search/search.ts';
import { parseTokenSearch } from './routes/token/search.ts';
import { parseVectorSearch } from './routes/vector/search.ts';
import { parseOpenSearch } from './site/opened.ts';
import { isSite } from './site/site.ts';
import { parseReadingSearch } from './state/reading-search.ts';

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Layout,
  notFoundComponent: () => <Empty>There is no page at this address. Begin at the model, in the menu above.</Empty>,
});

/** `/`: the first model; on a site without any, the page where one is opened. */
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  loader: async ({ context }) => {
    const { models } = await context.queryClient.ensureQueryData(modelsQuery());
    const first = models[0];
    if (first) throw redirect({ to: '/m/$model', params: { model: first.id }, replace: true });
    if (isSite) throw redirect({ to: '/open', replace: true });
  },
  component: () => <Empty>No model is open. Start the explorer with one: weightscope explore sample</Empty>,
});

/** Everything of one model; how it is read is kept from page to page. */
const model = createRoute({
  getParentRoute: () => root,
  path: '/m/$model',
  validateSearch: parseReadingSearch,
  search: { middlewares: [retainSearchParams(['normalize', 'fold', 'embedding', 'filters'])] },
});

const modelPage = createRoute({
  getParentRoute: () => model,
  path: '/',
  validateSearch: parseModelSearch,
  // Asked for while the page's code is on its way; the page waits for them, not the router.
  loader: ({ context: { queryClient }, params }) => {
    void queryClient.prefetchQuery(modelQuery(params.model));
    for (const kind of ['heads', 'neurons'] as const) {
      void queryClient.prefetchQuery(statisticNamesQuery(params.model, kind));
    }
  },
  component: lazyRouteComponent(() => import('./routes/model/page.tsx'), 'ModelPage'),
});

const neuronPage = createRoute({
  getParentRoute: () => model,
  path: '/neuron/$layer/$neuron',
  params: { parse: numbers('layer', 'neuron'), stringify: strings('layer', 'neuron') },
  validateSearch: parseNeuronSearch,
  component: lazyRouteComponent(() => import('./routes/neuron/page.tsx'), 'NeuronPage'),
});

const headPage = createRoute({
  getParentRoute: () => model,
  path: '/head/$layer/$head',
  params: { parse: numbers('layer', 'head'), stringify: strings('layer', 'head') },
  validateSearch: parseHeadSearch,
  component: lazyRouteComponent(() => import('./routes/head/page.tsx'), 'HeadPage'),
});

/** Without an id: find a token. */
const tokensPage = createRoute({
  getParentRoute: () => model,
  path: '/token',
  validateSearch: parseTokenSearch,
  component: lazyRouteComponent(() => import('./routes/token/find.tsx'), 'TokensPage'),
});

const tokenPage = createRoute({
  getParentRoute: () => model,
  path: '/token/$id',
  params: { parse: numbers('id'), stringify: strings('id') },
  validateSearch: parseTokenSearch,
  component: lazyRouteComponent(() => import('./routes/token/page.tsx'), 'TokenPage'),
});

const searchPage = createRoute({
  getParentRoute: () => model,
  path: '/search',
  validateSearch: parseWordSearch,
  component: lazyRouteComponent(() => import('./routes/search/page.tsx'), 'SearchPage'),
});

const circuitPage = createRoute({
  getParentRoute: () => model,
  path: '/circuit',
  validateSearch: parseCircuitSearch,
  component: lazyRouteComponent(() => import('./routes/circuit/page.tsx'), 'CircuitPage'),
});

const mapPage = createRoute({
  getParentRoute: () => model,
  path: '/map',
  validateSearch: parseMapSearch,
  component: lazyRouteComponent(() => import('./routes/map/page.tsx'), 'MapPage'),
});

const vectorPage = createRoute({
  getParentRoute: () => model,
  path: '/vector',
  validateSearch: parseVectorSearch,
  component: lazyRouteComponent(() => import('./routes/vector/page.tsx'), 'VectorPage'),
});

const comparePage = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  validateSearch: parseCompareSearch,
  component: lazyRouteComponent(() => import('./routes/compare/page.tsx'), 'ComparePage'),
});

/** What the reader pinned, or a board that somebody shares. */
const boardPage = createRoute({
  getParentRoute: () => root,
  path: '/board',
  validateSearch: parseBoardSearch,
  component: lazyRouteComponent(() => import('./routes/board/page.tsx'), 'BoardPage'),
});

/** Another model; in a site's page with `place` in its address that one, at once. */
const openPage = createRoute({
  getParentRoute: () => root,
  path: '/open',
  validateSearch: parseOpenSearch,
  component: isSite
    ? lazyRouteComponent(() => import('./site/open-page.tsx'), 'OpenPage')
    : lazyRouteComponent(() => import('./routes/open/page.tsx'), 'OpenPage'),
});

const routeTree = root.addChildren([
  home,
  model.addChildren([
    modelPage,
    neuronPage,
    headPage,
    tokensPage,
    tokenPage,
    searchPage,
    circuitPage,
    mapPage,
    vectorPage,
  ]),
  comparePage,
  boardPage,
  openPage,
]);

export function createExplorerRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    // Any web host has the one file of a site's page; few answer other paths with it.
    ...(isSite && { history: createHashHistory() }),
    context: { queryClient },
    search: { strict: true },
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} retry={reset} />,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createExplorerRouter>;
  }
}

/** Path parameters that are whole numbers; an address with anything else is of no page. */
function numbers<const Name extends string>(...names: Name[]) {
  return (raw: Record<Name, string>): Record<Name, number> =>
    mapNames(names, (name) => {
      if (!/^\d+$/.test(raw[name])) throw new Error(`Expected ${name} to be a whole number, got ${raw[name]}.`);
      return Number(raw[name]);
    });
}

function strings<const Name extends string>(...names: Name[]) {
  return (values: Record<Name, number>): Record<Name, string> => mapNames(names, (name) => String(values[name]));
}

function mapNames<Name extends string, T>(names: readonly Name[], of: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, T>;
}
