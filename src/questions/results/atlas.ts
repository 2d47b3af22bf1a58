import { z } from 'zod';
import { type ColumnSpec, TABLES } from '../../atlas/schema.ts';
import { matrixName, number, part, sign } from './common.ts';

const Match = z.object({
  token: number,
  label: z.string(),
  rank: number.meta({ description: 'Place of the neuron or head among the best of the token' }),
  score: number,
});

const standsOut = {
  score: number.meta({ description: 'Sum over the words met of the best matching score' }),
  share: number.meta({
    description:
      'What the answer is ordered by: the size of score, of a neuron divided by the length of all scores listed of it, of a head by that of its best pair',
  }),
  met: number.meta({ description: 'Alternatives of the search that are met' }),
};

export const SearchResult = z
  .object({
    neurons: z.array(
      z.object({
        layer: number,
        expert: number,
        neuron: number,
        part,
        sign,
        ...standsOut,
        matches: z.array(
          Match.extend({
            within: number
              .nullable()
              .meta({ description: "Place of the token in the neuron's own list; null beyond it" }),
          }),
        ),
      }),
    ),
    heads: z.array(
      z.object({
        layer: number,
        head: number,
        matrix: matrixName,
        sign,
        ...standsOut,
        matches: z.array(
          Match.extend({
            pairRank: number.nullable().meta({ description: "Best place of the token in the head's own pairs" }),
          }),
        ),
      }),
    ),
    terms: z.array(
      z.array(z.object({ term: z.object({ kind: z.string(), text: z.string() }), tokens: z.array(number) })),
    ),
    notes: z.array(z.string()).meta({
      description: 'Words that no token is, and what was not searched since the atlas does not have it (yet)',
    }),
  })
  .meta({ id: 'SearchResult' });

export const Rows = z
  .object({ columns: z.array(z.string()), rows: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: 'Rows' });

export const Tables = z
  .object({
    tables: z.array(
      z.object({ name: z.string(), rows: number, columns: z.array(z.object({ name: z.string(), type: z.string() })) }),
    ),
  })
  .meta({ id: 'Tables' });

const row = {
  layer: number,
  best: number,
  worst: number,
  top: z.string(),
  bottom: z.string(),
  value: number.nullable(),
  p: number.nullish().meta({ description: 'Of a statistic: its p, null in older atlases' }),
  q: number
    .nullish()
    .meta({ description: 'False discoveries to expect among all neurons (heads of this matrix) with as small a p' }),
};

export const NeuronRows = z
  .object({
    sort: z.string(),
    neurons: z.array(z.object({ ...row, expert: number, neuron: number, part, norm: number, reading_norm: number })),
  })
  .meta({ id: 'NeuronRows' });

export const HeadRows = z
  .object({ sort: z.string(), heads: z.array(z.object({ ...row, head: number, kv_head: number, matrix: matrixName })) })
  .meta({ id: 'HeadRows' });

type SchemaOf<S> = S extends `STRING${string}`
  ? z.ZodString
  : S extends `${string}?`
    ? z.ZodNullable<z.ZodNumber>
    : z.ZodNumber;

/** Rows as a table of the atlas has them. */
function rowOf<const T extends Readonly<Record<string, ColumnSpec>>>(table: T) {
  const schema = (spec: string) =>
    spec.startsWith('STRING') ? z.string() : spec.endsWith('?') ? number.nullable() : number;
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, schema(spec)])) as {
    [C in keyof T]: SchemaOf<T[C]>;
  };
}

const q = number
  .nullable()
  .meta({ description: 'False discoveries to expect among all of this kind with as small a p' });

export const RelationRows = z
  .object({
    sort: z.string(),
    relations: z.array(
      z.object({ ...rowOf(TABLES.head_relations), matrix: matrixName, promoted_q: q, suppressed_q: q }),
    ),
  })
  .meta({ id: 'RelationRows' });

export const CompositionRows = z
  .object({
    compositions: z.array(z.object({ ...rowOf(TABLES.head_compositions), kind: z.enum(['q', 'k', 'v']), q })),
  })
  .meta({ id: 'CompositionRows' });
