import { Hono } from 'hono';
import { z } from 'zod';
import { answering } from '../questions/answering.ts';
import { QUESTIONS } from '../questions/index.ts';
import { format } from '../questions/parameters.ts';
import type { AnyQuestion } from '../questions/question.ts';
import { answer, type Env } from './answer.ts';
import { invalid } from './problems.ts';
import type { ServerState } from './served.ts';

/** `/api/models/{model}` as the router writes it: `/api/models/:model`. */
const routed = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** What a question takes in a URL's query. */
export const queryOf = ({ parameters, table }: AnyQuestion) => ({ ...parameters, ...(table && { format }) });

/** A route for every question: the parameters are checked, the question is answered, in the form that is asked for. */
export function routes(state: ServerState): Hono<Env> {
  const app = new Hono<Env>();
  for (const question of QUESTIONS as readonly AnyQuestion[]) {
    const place = z.object(question.place);
    const query = z.strictObject(queryOf(question));
    app.get(routed(question.path), (c) => {
      const given = { ...c.req.param(), ...c.req.query() };
      const said = Object.entries(c.req.queries()).map(([name, all]) => [name, all.length > 1 ? all : all[0]]);
      const { format: _, ...asked } = parsed(query, Object.fromEntries(said), given);
      const all = { ...asked, ...parsed(place, c.req.param(), given) };
      const { models, queue, ...sources } = answering(question, state, all, (name) => name in given);
      return answer(c, state, {
        ...sources,
        models,
        queue: queue === 'sql' ? state.sqlQueue : state.queue,
        ...(question.table && { table: (result: unknown) => question.table!(result, all) }),
      });
    });
  }
  return app;
}

/** One sentence for what is wrong. */
function parsed(schema: z.ZodType<Record<string, unknown>>, value: unknown, given: unknown): Record<string, unknown> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw invalid(error, given);
}
