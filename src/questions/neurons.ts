import type { z } from 'zod';
import type { AtlasNeuron } from '../atlas/query/readings.ts';
import { embedding, embeddingOf, norm } from '../reading/embedding.ts';
import { neuronHistograms } from '../reading/histogram.ts';
import { neuronShape, neuronVector, similarNeurons } from '../reading/neuron-vectors.ts';
import { readNeuron } from '../reading/neurons.ts';
import { rowsOf } from '../reading/pairs.ts';
import { neuronText } from '../reading/place.ts';
import { base64Of } from './base64.ts';
import { NEURON_PARTS } from './options.ts';
import { chance, choice, expert, filters, index, listOf, model, part, preview, reading, whole } from './parameters.ts';
import { question } from './question.ts';
import { Histogram, NeuronReading, RawVector, Similar, TokenMap } from './results.ts';
import { columnsOf, RANKED_COLUMNS, rankedRows, withMargin } from './table.ts';

const PATH = '/api/models/{model}/neurons/{layer}/{neuron}';
const place = {
  ...model,
  layer: index('Counted from 0'),
  neuron: index('Counted from 0', { value: 'index', sentence: 'of the neuron, counted from 0' }),
};
const parts = listOf('Which parts; default all there are', NEURON_PARTS, {
  cli: { flag: 'part', value: 'parts', sentence: 'Which, with commas between several', usual: 'all' },
});

export const neuron = question({
  name: 'neuron',
  title: 'A neuron as words',
  path: PATH,
  place,
  parameters: {
    k: whole('How many of the best tokens', { default: 50, lists: 'top' }),
    bottom: whole('How many of the worst tokens', { default: 0, lists: 'top' }),
    parts,
    expert,
    ...chance,
    ...reading,
    ...preview,
    ...filters,
  },
  result: NeuronReading,
  call: (model, { layer, neuron, parts, k, bottom, expert, noChance }, options) =>
    readNeuron(model, layer, neuron, { ...options, parts, k, bottom, expert, chance: !noChance }),
  sources: {
    lists: {
      // With the checkpoint, a neuron is read in no time, and all of it.
      alone: true,
      read: async (atlas, { layer, neuron, parts, k, bottom, expert }, options) =>
        withCosines(await atlas.neuron(layer, neuron, { ...options, parts, k, bottom, expert })),
    },
    weights: async (model, { layer, neuron, parts, k, bottom, expert, chance }, options) => {
      const { progress: _, ...of } = { ...options, parts, k, bottom, expert, chance };
      return {
        ...(await readNeuron(model, layer, neuron, { ...options, ...of })),
        ...(await neuronShape(model, layer, neuron, of)),
      };
    },
  },
  table: ({ parts }) => {
    const rows = Object.entries(parts).flatMap(([name, ranked]) => rankedRows(ranked, { part: name }));
    return columnsOf(rows, ['part', ...withMargin(rows, RANKED_COLUMNS)]);
  },
  command: {
    name: 'neuron',
    summary: 'a neuron: the words it answers to and the words it writes',
    description:
      "Reads neuron INDEX of a layer's feed-forward part: the tokens its key (and up row, in gated MLPs) answers to most, " +
      'and the tokens its value writes.',
  },
});

export const histogram = question({
  name: 'histogram',
  title: "The distribution of a neuron's scores over all tokens",
  path: `${PATH}/histogram`,
  place,
  parameters: {
    bins: whole('Equal bins', { min: 1, max: 10_000, default: 80 }),
    parts,
    expert,
    ...reading,
    ...filters,
  },
  result: Histogram,
  sources: {
    weights: (model, { layer, neuron, bins, parts, expert }, options) =>
      neuronHistograms(model, layer, neuron, { ...options, bins, parts, expert }),
  },
  table: ({ parts }) =>
    columnsOf(
      Object.entries(parts).flatMap(([part, { edges, counts }]) =>
        counts.map((count, bin) => ({ part, from: edges[bin], to: edges[bin + 1], count })),
      ),
      ['part', 'from', 'to', 'count'],
    ),
});

export const similar = question({
  name: 'similar',
  title: 'The neurons that are most like it, of all layers',
  path: `${PATH}/similar`,
  place,
  parameters: {
    part,
    k: whole('How many', { min: 1, max: 1000, default: 20 }),
    expert,
    by: choice(
      '`list`: the cosine of listed scores, from the atlas (default with one); `vector`: of the vectors',
      ['vector', 'list'],
      { only: 'http' },
    ),
  },
  result: Similar,
  sources: {
    opened: async ({ model, layer, neuron, part, k, expert, by }, { opened, served }) => {
      if (by === 'vector' || (by === undefined && served.atlas === undefined)) return undefined;
      const found = await opened.atlas(model).similar(layer, neuron, { part, k, expert });
      const neurons = found.map(({ part: _, bottom: __, ...place }) => place);
      return { source: 'atlas' as const, measure: 'lists of scores', part, neurons };
    },
    weights: async (model, { layer, neuron, part, k, expert }, options) => {
      const neurons = await similarNeurons(model, layer, neuron, { ...options, part, k, expert });
      return { source: 'live' as const, measure: 'vectors', part, neurons };
    },
  },
  table: ({ neurons, source }) =>
    columnsOf(neurons, ['layer', 'expert', 'neuron', 'cosine', ...(source === 'atlas' ? ['top'] : [])]),
});

export const neuronNumbers = question({
  name: 'neuronNumbers',
  title: 'The numbers of one of its vectors',
  path: `${PATH}/vector`,
  place,
  parameters: { part, expert, foldNorm: reading.foldNorm },
  result: RawVector,
  queue: 'none',
  sources: {
    weights: async (model, { layer, neuron, part, expert, foldNorm }, { signal }) => {
      const x = await neuronVector(model, layer, neuron, part, { expert, foldNorm, signal });
      return {
        name: `ff:${neuronText({ layer, neuron, expert })}.${part}`,
        width: x.length,
        norm: norm(x),
        values: Array.from(x),
      };
    },
  },
});

export const tokenMap = question({
  name: 'tokenMap',
  title: 'The rows of E of its best tokens, to be laid out',
  path: `${PATH}/map`,
  place,
  parameters: {
    part,
    n: whole('How many tokens', { min: 1, max: 2000, default: 300 }),
    expert,
    ...reading,
    ...filters,
  },
  result: TokenMap,
  sources: {
    weights: async (model, { layer, neuron, part, n, expert }, options) => {
      const { parts } = await readNeuron(model, layer, neuron, { ...options, parts: [part], k: n, expert });
      const tokens = parts[part]!.top;
      const e = await embedding(model, embeddingOf(`ff.${part}`, options.embedding), options.signal);
      const rows = rowsOf(
        e,
        tokens.map((token) => token.id),
      );
      return { tokens, width: e.columns, rows: base64Of(rows.data) };
    },
  },
});

/** An atlas's neuron in the shape of a live one: cosines only where it has statistics. */
function withCosines({ statistics, ...rest }: AtlasNeuron): z.infer<typeof NeuronReading> {
  const { key_value_cosine: keyValue, up_value_cosine: upValue } = statistics ?? {};
  return {
    ...rest,
    cosines: { ...(keyValue != null && { keyValue }), ...(upValue != null && { upValue }) },
  };
}
