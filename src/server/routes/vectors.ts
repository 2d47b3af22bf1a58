import { z } from '@hono/zod-openapi';
import { norm } from '../../reading/embedding.ts';
import { readVector, vectorOf } from '../../reading/vectors.ts';
import { answer } from '../answer.ts';
import { filters, format, modelParam, reading, readOptions, whole, words } from '../query.ts';
import { VectorReading } from '../schemas.ts';
import type { ServerState } from '../served.ts';
import { columnsOf } from '../tables.ts';
import { question, routes } from './common.ts';

export function vectorRoutes(state: ServerState) {
  const { engine } = state.served;
  const read = question(
    'vectors',
    '/api/models/{model}/vectors',
    'Any vector as words, arithmetic included',
    {
      params: modelParam,
      query: z.strictObject({
        expression: words('Such as ff:4:100.value - tok:" king"', { max: 4000 }),
        k: whole('How many of the best tokens; default 50').optional(),
        bottom: whole('How many of the worst; default 0').optional(),
        ...reading,
        ...filters,
        format,
      }),
    },
    VectorReading,
  );
  return routes().openapi(read, (c) => {
    const { model: id } = c.req.valid('param');
    const query = c.req.valid('query');
    const model = state.live(id);
    const { expression, k, bottom } = query;
    const options = { engine, ...readOptions(query), k, bottom };
    return answer(c, state, {
      model: id,
      work: async (run) => ({
        ...(await readVector(model, expression, { ...options, ...run })),
        norm: norm(await vectorOf(model, expression, { ...options, signal: run.signal })),
      }),
      table: ({ top, bottom }) =>
        columnsOf(
          [
            ...top.map((token, i) => ({ end: 'top', rank: i + 1, ...token })),
            ...bottom.map((token, i) => ({ end: 'bottom', rank: i + 1, ...token })),
          ],
          ['end', 'rank', 'id', 'token', 'label', 'score'],
        ),
    });
  });
}
