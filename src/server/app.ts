import { OpenAPIHono } from '@hono/zod-openapi';
import { WeightscopeError } from '../errors.ts';
import { type Env, PARQUET } from './answer.ts';
import { apiPage } from './page.ts';
import { onProblem } from './problems.ts';
import { atlasRoutes } from './routes/atlas.ts';
import { compareRoutes } from './routes/compare.ts';
import { headRoutes } from './routes/heads.ts';
import { modelRoutes } from './routes/models.ts';
import { neuronRoutes } from './routes/neurons.ts';
import { resolveRoutes } from './routes/resolve.ts';
import { statisticRoutes } from './routes/statistics.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { vectorRoutes } from './routes/vectors.ts';
import { type Served, ServerState } from './served.ts';
import type { WorkLimits } from './work.ts';

/** All questions, for the client's types as well. */
function questions(state: ServerState) {
  return new OpenAPIHono<Env>()
    .route('/', modelRoutes(state))
    .route('/', neuronRoutes(state))
    .route('/', headRoutes(state))
    .route('/', vectorRoutes(state))
    .route('/', tokenRoutes(state))
    .route('/', statisticRoutes(state))
    .route('/', atlasRoutes(state))
    .route('/', compareRoutes(state))
    .route('/', resolveRoutes(state));
}

export type Api = ReturnType<typeof questions>;

/**
 * The HTTP API as a function of a Request, for any runtime: every reading of the opened models under `/api`. Who may ask is
 * for the host to say ({@link guard}). Errors are `{error: {code, message}}` with the library's sentence.
 */
export function createApi(served: Served, limits: WorkLimits = {}): { app: OpenAPIHono<Env>; state: ServerState } {
  const state = new ServerState(served, limits);
  const app = new OpenAPIHono<Env>();
  app.onError(onProblem);
  const api = questions(state);
  const about = { title: 'weightscope', version: served.version, description: DESCRIPTION };
  const document = () => withForms(api.getOpenAPI31Document({ openapi: '3.1.0', info: about }));
  app.get('/api/openapi.json', (c) => c.json(document()));
  app.get('/api', (c) => c.html(apiPage(document())));
  app.route('/', api);
  app.all('/api/*', (c) => {
    throw new WeightscopeError(
      'ROUTE_UNKNOWN',
      `Expected a GET of a path that /api lists, got ${c.req.method} ${c.req.path.slice(0, 200)}.`,
    );
  });
  return { app, state };
}

/** Every answer comes as a stream of events too, and as Parquet and CSV where there is a `format` to choose. */
function withForms<T extends { paths?: object }>(document: T): T {
  const text = { schema: { type: 'string' } };
  for (const { get } of Object.values(document.paths ?? {})) {
    const { content } = get.responses[200];
    content['text/event-stream'] = text;
    if (get.parameters?.some(({ name }: { name: string }) => name === 'format'))
      Object.assign(content, { [PARQUET]: { schema: { type: 'string', format: 'binary' } }, 'text/csv': text });
  }
  return document;
}

const DESCRIPTION =
  "A transformer's weights as words. `Accept: text/event-stream` asks for progress: events `progress` {done, what}, then " +
  '`result` or `error`. `Accept: application/vnd.apache.parquet` or `text/csv` (or `?format=`) asks for a table, where an ' +
  'answer is one. Errors are {error: {code, message}}.';
