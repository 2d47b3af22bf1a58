import { z } from '@hono/zod-openapi';
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
      const query = c.req.valid('query');
      const model = state.live(id);
      const options = {
        engine,
        ...readOptions(query),
        parts: query.parts,
        k: query.k,
        bottom: query.bottom,
        expert: query.expert,
      };
      return answer(c, state, {
        model: id,
        work: async (run) => ({
          ...(await readNeuron(model, layer, neuron, { ...options, ...run })),
          ...(await neuronShape(model, layer, neuron, { ...options, signal: run.signal })),
        }),
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
      const { atlas } = state.model(id);
      if (by === 'list' || (atlas && by === undefined)) {
        const open = state.atlas(id);
        return answer(c, state, {
          model: id,
          light: true,
          work: async () => ({
            source: 'atlas' as const,
            measure: 'lists of scores',
            part: which,
            neurons: (await open.similar(layer, neuron, { part: which, k, expert: of })).map(
              ({ layer, expert, neuron, cosine, top }) => ({ layer, expert, neuron, cosine, top }),
            ),
          }),
          table: ({ neurons }) => columnsOf(neurons),
        });
      }
      const model = state.live(id);
      return answer(c, state, {
        model: id,
        work: async (run) => ({
          source: 'live' as const,
          measure: 'vectors',
          part: which,
          neurons: (await similarNeurons(model, layer, neuron, { engine, part: which, k, expert: of, ...run })) as {
            layer: number;
            expert: number;
            neuron: number;
            cosine: number;
            top?: string;
          }[],
        }),
        table: ({ neurons }) => columnsOf(neurons),
      });
    })
    .openapi(vector, (c) => {
      const { model: id, layer, neuron } = c.req.valid('param');
      const { part: which, expert: of, foldNorm } = c.req.valid('query');
      const model = state.live(id);
      return answer(c, state, {
        model: id,
        light: true,
        work: async ({ signal }) => {
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
