import { z } from '@hono/zod-openapi';
import { answer } from '../answer.ts';
import { format, modelParam } from '../query.ts';
import { Statistic, StatisticNames } from '../schemas.ts';
import type { ServerState } from '../served.ts';
import { statistic, statisticNames } from '../statistics.ts';
import { question, routes } from './common.ts';

const kind = z.enum(['neurons', 'heads']);
const kindParam = modelParam.extend({ kind: kind.openapi({ param: { name: 'kind', in: 'path' } }) });

export function statisticRoutes(state: ServerState) {
  const names = question(
    'statistics',
    '/api/models/{model}/statistics/{kind}',
    'The statistics there are',
    { params: kindParam, query: z.strictObject({}) },
    StatisticNames,
  );
  const one = question(
    'statistics',
    '/api/models/{model}/statistics/{kind}/{name}',
    'One number for every neuron or head of the model, with quartiles by layer',
    {
      params: kindParam.extend({
        name: z
          .string()
          .max(100)
          .openapi({ param: { name: 'name', in: 'path' }, example: 'norm' }),
      }),
      query: z.strictObject({ format }),
    },
    Statistic,
  );
  return routes()
    .openapi(names, (c) => {
      const { model, kind } = c.req.valid('param');
      const served = state.model(model);
      return answer(c, state, { model, quick: () => ({ kind, statistics: statisticNames(served, kind) }) });
    })
    .openapi(one, (c) => {
      const { model, kind, name } = c.req.valid('param');
      const served = state.model(model);
      const { engine } = state.served;
      return answer(c, state, {
        model,
        work: (run) => statistic(served, kind, name, { engine, ...run }),
        table: ({ layer, index, expert, part, value }) => ({
          columns: { layer, index, ...(expert && { expert }), part, value },
        }),
      });
    });
}
