import { z } from '@hono/zod-openapi';
import type { AtlasNeuron } from '../../atlas/query/readings.node.ts';
import { embedding, norm } from '../../reading/embedding.ts';
import { neuronHistograms } from '../../reading/histogram.ts';
import { neuronShape, neuronVector, similarNeurons } from '../../reading/neuron-vectors.ts';
import { readNeuron } from '../../reading/neurons.ts';
import { rowsOf } from '../../reading/pairs.ts';
import type { NeuronPart } from '../../reading/types.ts';
import { answer } from '../answer.ts';
import { base64Of } from '../base64.ts';
import { expert, filters, format, listOf, NEURON_PARTS, neuronParams, reading, readOptions, whole } from '../query.ts';
import { Histogram, NeuronReading, part, RawVector, Similar, TokenMap } from '../schemas.ts';
import type { ServerState } from '../served.ts';
import { columnsOf } from '../tables.ts';
import { question, routes } from './common.ts';

const PATH = '/api/models/{model}/neurons/{layer}/{neuron}';
const parts = listOf(NEURON_PARTS, 'Which parts; default all there are').optional();
const onePart = part.default('value').openapi({ description: 'Whose vector' });

export function neuronRoutes(state: ServerState) {
  const { engine } = state.served;
  const params = neuronParams;
  const read = question(
    'neurons',
    PATH,
    'A neuron as words',
    {
      params,
      query: z.strictObject({
        k: whole('How many of the best tokens; default 50').optional(),
        bottom: whole('How many of the worst; default 0').optional(),
        parts,
        expert,
        ...reading,
        ...filters,
        format,
      }),
    },
    NeuronReading,
  );
  const histogram = question(
    'neurons',
    `${PATH}/histogram`,
    "The distribution of a neuron's scores over all tokens",
    {
      params,
      query: z.strictObject({
        bins: whole('Equal bins; default 80', { min: 1, max: 10_000 }).optional(),
        parts,
        expert,
        ...reading,
        ...filters,
      }),
    },
    Histogram,
  );
  const similar = question(
    'neurons',
    `${PATH}/similar`,
    'The neurons that are most like it, of all layers',
    {
      params,
      query: z.strictObject({
        part: onePart,
        k: whole('How many; default 20', { max: 1000 }).optional(),
        expert,
        by: z.enum(['vector', 'list']).optional().openapi({
          description:
            '`list`: the cosine of listed scores, from the atlas (default with one); `vector`: of the vectors',
        }),
        format,
      }),
    },
    Similar,
  );
  const vector = question(
    'neurons',
    `${PATH}/vector`,
    'The numbers of one of its vectors',
    { params, query: z.strictObject({ part: onePart, expert, foldNorm: reading.foldNorm }) },
    RawVector,
  );
  const map = question(
    'neurons',
    `${PATH}/map`,
    'The rows of E of its best tokens, to be laid out',
    {
      params,
      query: z.strictObject({
        part: onePart,
        n: whole('How many tokens; default 300', { min: 1, max: 2000 }).optional(),
        expert,
        ...reading,
        ...filters,
      }),
    },
    TokenMap,
  );

  return routes()
    .openapi(read, (c) => {
      const { model: id, layer, neuron } = c.req.valid('param');
      const { parts, bottom = 0, expert, ...query } = c.req.valid('query');
      const k = query.k ?? state.defaultLength(id, 'top', 50);
      const options = { engine, ...readOptions(query), parts, k, bottom, expert };
      const atlas = state.matching(id, options);
      // With the checkpoint, a neuron is read in no time, and all of it.
      const listed = !state.model(id).model && atlas && Math.max(k, bottom) <= atlas.manifest.settings.top;
      return answer(c, state, {
        model: id,
        quick: async () => (listed ? withCosines(await atlas.neuron(layer, neuron, options)) : undefined),
        work: async (run) => {
          const model = state.live(id);
          return {
            ...(await readNeuron(model, layer, neuron, { ...options, ...run })),
            ...(await neuronShape(model, layer, neuron, { ...options, signal: run.signal })),
          };
        },
        table: ({ parts: read }) =>
          columnsOf(
            Object.entries(read).flatMap(([name, { top, bottom }]) => [
              ...top.map((token, i) => ({ part: name, end: 'top', rank: i + 1, ...token })),
              ...bottom.map((token, i) => ({ part: name, end: 'bottom', rank: i + 1, ...token })),
            ]),
            ['part', 'end', 'rank', 'id', 'token', 'label', 'score'],
          ),
      });
    })
    .openapi(histogram, (c) => {
      const { model: id, layer, neuron } = c.req.valid('param');
      const query = c.req.valid('query');
      const model = state.live(id);
      const { bins, parts: chosen, expert: of } = query;
      const options = { engine, ...readOptions(query), bins, parts: chosen, expert: of };
      return answer(c, state, {
        model: id,
        work: (run) => neuronHistograms(model, layer, neuron, { ...options, ...run }),
      });
    })
    .openapi(similar, (c) => {
      const { model: id, layer, neuron } = c.req.valid('param');
      const { part: which, k, expert: of, by } = c.req.valid('query');
      const byList = by === 'list' || (by === undefined && state.model(id).atlas !== undefined);
      return answer<z.infer<typeof Similar>>(c, state, {
        model: id,
        quick: async () => {
          if (!byList) return undefined;
          const found = await state.atlas(id).similar(layer, neuron, { part: which, k, expert: of });
          const neurons = found.map(({ part: _, bottom: __, ...place }) => place);
          return { source: 'atlas', measure: 'lists of scores', part: which, neurons };
        },
        work: async (run) => {
          const options = { engine, part: which, k, expert: of, ...run };
          const neurons = await similarNeurons(state.live(id), layer, neuron, options);
          return { source: 'live', measure: 'vectors', part: which, neurons };
        },
        table: ({ neurons }) => columnsOf(neurons, ['layer', 'expert', 'neuron', 'cosine', ...(byList ? ['top'] : [])]),
      });
    })
    .openapi(vector, (c) => {
      const { model: id, layer, neuron } = c.req.valid('param');
      const { part: which, expert: of, foldNorm } = c.req.valid('query');
      const model = state.live(id);
      return answer(c, state, {
        model: id,
        quick: async ({ signal }) => {
          const x = await neuronVector(model, layer, neuron, which, { expert: of, foldNorm, signal });
          return { name: nameOf(layer, neuron, which), width: x.length, norm: norm(x), values: Array.from(x) };
        },
      });
    })
    .openapi(map, (c) => {
      const { model: id, layer, neuron } = c.req.valid('param');
      const query = c.req.valid('query');
      const { part: which, n = 300, expert: of } = query;
      const model = state.live(id);
      return answer(c, state, {
        model: id,
        work: async (run) => {
          const options = { engine, ...readOptions(query), parts: [which], k: n, expert: of, ...run };
          const { parts: read } = await readNeuron(model, layer, neuron, options);
          const tokens = read[which]!.top;
          const e = await embedding(model, query.embedding, run.signal);
          const rows = rowsOf(
            e,
            tokens.map((token) => token.id),
          );
          return { tokens, width: e.columns, rows: base64Of(rows.data) };
        },
      });
    });
}

const nameOf = (layer: number, neuron: number, which: NeuronPart) => `ff:${layer}:${neuron}.${which}`;

/** An atlas's neuron in the shape of a live one: cosines only where it has statistics. */
function withCosines({ statistics, expert: _, ...rest }: AtlasNeuron): z.infer<typeof NeuronReading> {
  const { key_value_cosine: keyValue, up_value_cosine: upValue } = statistics ?? {};
  return { ...rest, cosines: { ...(keyValue != null && { keyValue }), ...(upValue != null && { upValue }) } };
}
