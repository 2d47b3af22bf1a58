import { z } from '@hono/zod-openapi';
import { TABLES, type TableName } from '../../atlas/schema.ts';
import { answer } from '../answer.ts';
import { flag, format, listOf, MATRICES, modelParam, NEURON_PARTS, whole, words } from '../query.ts';
import { HeadRows, matrixName, NeuronRows, part, Rows, SearchResult, Tables } from '../schemas.ts';
import type { ServerState } from '../served.ts';
import { columnsOf } from '../tables.ts';
import { question, routes } from './common.ts';
import { tablesOf } from './models.ts';

const PATH = '/api/models/{model}/atlas';
const listing = {
  layer: whole('Of one layer', { max: 100_000 }).optional(),
  ascending: flag('Smallest first').optional(),
  k: whole('How many; default 20').optional(),
  format,
};

export function atlasRoutes(state: ServerState) {
  const params = modelParam;
  const search = question(
    'atlas',
    `${PATH}/search`,
    'Neurons and heads for words',
    {
      params,
      query: z.strictObject({
        q: words('king, " king", king*, /ing$/, king queen, king OR queen'),
        parts: listOf([...NEURON_PARTS, ...MATRICES], 'Only these').optional(),
        sign: z.enum(['+', '-']).optional().openapi({ description: 'Only largest (+) or smallest (-) scores' }),
        k: whole('How many of each kind; default 20', { max: 10_000 }).optional(),
      }),
    },
    SearchResult,
  );
  const sql = question(
    'atlas',
    `${PATH}/sql`,
    'The rows of one SELECT',
    {
      params,
      query: z.strictObject({
        q: words('One SELECT in DuckDB’s SQL', { max: 10_000 }),
        limit: whole('At most so many rows; default 10,000').optional(),
        format,
      }),
    },
    Rows,
  );
  const tables = question('atlas', `${PATH}/tables`, 'Its tables', { params, query: z.strictObject({}) }, Tables);
  const neurons = question(
    'atlas',
    `${PATH}/neurons`,
    'Neurons in order of a number',
    {
      params,
      query: z.strictObject({
        sort: words('norm (default), best, worst, a column of neuron_stats').optional(),
        part: part.optional(),
        ...listing,
      }),
    },
    NeuronRows,
  );
  const heads = question(
    'atlas',
    `${PATH}/heads`,
    'Heads in order of a number',
    {
      params,
      query: z.strictObject({
        sort: words('best (default), worst, a column of head_stats').optional(),
        matrix: matrixName.optional(),
        ...listing,
      }),
    },
    HeadRows,
  );
  return routes()
    .openapi(search, (c) => {
      const { q, ...options } = c.req.valid('query');
      const { model } = c.req.valid('param');
      const atlas = state.atlas(model);
      return answer(c, state, { model, quick: () => atlas.search(q, options) });
    })
    .openapi(sql, (c) => {
      const { q, limit } = c.req.valid('query');
      const { model } = c.req.valid('param');
      const atlas = state.atlas(model);
      return answer(c, state, {
        model,
        queue: state.sqlQueue,
        work: async ({ signal }) => {
          const rows = await atlas.sql(q, { limit, signal });
          return { columns: Object.keys(rows[0] ?? {}), rows };
        },
        table: ({ rows, columns }) => columnsOf(rows, columns),
      });
    })
    .openapi(tables, (c) => {
      const { model } = c.req.valid('param');
      const atlas = state.atlas(model);
      return answer(c, state, {
        model,
        quick: () => ({
          tables: tablesOf(atlas.manifest).map(({ name, rows }) => ({
            name,
            rows,
            columns: Object.entries(TABLES[name as TableName]).map(([column, type]) => ({ name: column, type })),
          })),
        }),
      });
    })
    .openapi(neurons, (c) => {
      const { format: _, ...options } = c.req.valid('query');
      const { model } = c.req.valid('param');
      const atlas = state.atlas(model);
      return answer(c, state, {
        model,
        quick: async () => ({ sort: options.sort ?? 'norm', neurons: await atlas.neurons(options) }),
        table: ({ neurons }) => columnsOf(neurons as unknown as Record<string, unknown>[]),
      });
    })
    .openapi(heads, (c) => {
      const { format: _, ...options } = c.req.valid('query');
      const { model } = c.req.valid('param');
      const atlas = state.atlas(model);
      return answer(c, state, {
        model,
        quick: async () => ({ sort: options.sort ?? 'best', heads: await atlas.heads(options) }),
        table: ({ heads }) => columnsOf(heads as unknown as Record<string, unknown>[]),
      });
    });
}
