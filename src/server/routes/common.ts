import { createRoute, OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi';
import type { Env } from '../answer.ts';
import { invalid } from '../problems.ts';
import { Problem } from '../schemas.ts';

/** A group of routes whose wrong parameters become a sentence. */
export const routes = () =>
  new OpenAPIHono<Env>({
    defaultHook: (result, c) => {
      if (!result.success) throw invalid(result.error, { ...c.req.param(), ...c.req.query() });
    },
  });

/** A question by GET and the schema of its answer. */
export function question<P extends string, R extends NonNullable<RouteConfig['request']>, T extends z.ZodType>(
  tag: string,
  path: P,
  summary: string,
  request: R,
  schema: T,
) {
  return createRoute({
    method: 'get',
    path,
    summary,
    tags: [tag],
    request,
    responses: {
      200: { description: summary, content: { 'application/json': { schema } } },
      default: {
        description: 'What was wrong, in a sentence, with a stable code',
        content: { 'application/json': { schema: Problem } },
      },
    },
  });
}
