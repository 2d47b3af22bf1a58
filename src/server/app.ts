import { Hono } from 'hono';
import { WeightscopeError } from '../errors.ts';
import type { Served } from '../questions/opened.ts';
import type { Env } from './answer.ts';
import { documentOf } from './document.ts';
import { openAsked } from './opening.ts';
import { apiPage } from './page.ts';
import { onProblem } from './problems.ts';
import { routes } from './routes.ts';
import { ServerState } from './served.ts';
import type { WorkLimits } from './work.ts';

/**
 * The HTTP API as a function of a Request, for any runtime: every reading of the opened models under `/api`. Who may
 * ask is for the host to say ({@link guard}). Errors are `{error: {code, message}}` with the library's sentence.
 */
export function createApi(served: Served, limits: WorkLimits = {}): { app: Hono<Env>; state: ServerState } {
  const state = new ServerState(served, limits);
  const app = new Hono<Env>();
  app.onError(onProblem);
  app.get('/api/openapi.json', (c) => c.json(documentOf(served.version)));
  app.get('/api', (c) => c.html(apiPage(documentOf(served.version))));
  app.route('/', routes(state));
  app.post('/api/models', (c) => openAsked(c, state));
  app.all('/api/*', (c) => {
    throw new WeightscopeError(
      'ROUTE_UNKNOWN',
      `Expected a GET of a path that /api lists, got ${c.req.method} ${c.req.path.slice(0, 200)}.`,
    );
  });
  return { app, state };
}
