import { TABLES, type TableName } from '../atlas/schema.ts';
import { tableRows } from './models.ts';
import { MATRICES, NEURON_PARTS } from './options.ts';
import { choice, flag, listOf, model, whole, words } from './parameters.ts';
import { question } from './question.ts';
import { HeadRows, NeuronRows, Rows, SearchResult, Tables } from './results.ts';
import { columnsOf } from './table.ts';

const PATH = '/api/models/{model}/atlas';

export const listing = {
  layer: whole('Of one layer', { max: 100_000, cli: { signed: true } }),
  ascending: flag('Smallest first'),
  k: whole('How many', { min: 1, default: 20 }),
};

export const search = question({
  name: 'search',
  title: 'Neurons and heads for words',
  path: `${PATH}/search`,
  place: model,
  parameters: {
    // As long as an address may be: a thousand words with OR between.
    q: words('king, " king", king*, /ing$/, king queen, king OR queen', { max: 12_000, required: true }),
    parts: listOf('Only these', [...NEURON_PARTS, ...MATRICES], {
      cli: { flag: 'part', value: 'parts', sentence: 'Only these, with commas between several' },
    }),
    sign: choice('Only largest (+) or smallest (-) scores', ['+', '-']),
    k: whole('How many of each kind', { min: 1, max: 10_000, default: 20 }),
  },
  result: SearchResult,
  sources: { atlas: (atlas, { model: _, q, ...options }) => atlas.search(q, options) },
});

export const sql = question({
  name: 'sql',
  title: 'The rows of one SELECT',
  path: `${PATH}/sql`,
  place: model,
  parameters: {
    q: words('One SELECT in DuckDB’s SQL', { max: 10_000, required: true }),
    limit: whole('At most so many rows', { default: 10_000 }),
  },
  result: Rows,
  queue: 'sql',
  sources: {
    atlas: async (atlas, { q, limit }, { signal }) => {
      const rows = await atlas.sql(q, { limit, signal });
      return { columns: Object.keys(rows[0] ?? {}), rows };
    },
  },
  table: ({ rows, columns }) => columnsOf(rows, columns),
});

export const tables = question({
  name: 'tables',
  title: 'Its tables',
  path: `${PATH}/tables`,
  place: model,
  parameters: {},
  result: Tables,
  sources: {
    atlas: (atlas) => ({
      tables: tableRows(atlas.manifest).map(({ name, rows }) => ({
        name,
        rows,
        columns: Object.entries(TABLES[name as TableName]).map(([column, type]) => ({ name: column, type })),
      })),
    }),
  },
});

export const neuronRows = question({
  name: 'neuronRows',
  title: 'Neurons in order of a number',
  path: `${PATH}/neurons`,
  place: model,
  parameters: {
    sort: words('norm (default), best, worst, a column of neuron_stats', {
      cli: {
        value: 'column',
        sentence: 'norm, reading_norm (of the listed scores), best, worst (token score), or a column of neuron_stats',
        default: 'norm',
      },
    }),
    part: choice('Only this', NEURON_PARTS),
    ...listing,
  },
  result: NeuronRows,
  sources: {
    atlas: async (atlas, { model: _, ...options }) => ({
      sort: options.sort ?? 'norm',
      neurons: await atlas.neurons(options),
    }),
  },
  table: ({ neurons }) => columnsOf(neurons),
  atlasCommand: { name: 'neurons', summary: 'neurons in order of a number' },
});

export const headRows = question({
  name: 'headRows',
  title: 'Heads in order of a number',
  path: `${PATH}/heads`,
  place: model,
  parameters: {
    sort: words('best (default), worst, a column of head_stats', {
      cli: {
        value: 'column',
        sentence: 'best (pair), worst, or a column of head_stats such as copying_z',
        default: 'best',
      },
    }),
    matrix: choice('Only this', MATRICES),
    ...listing,
  },
  result: HeadRows,
  sources: {
    atlas: async (atlas, { model: _, ...options }) => ({
      sort: options.sort ?? 'best',
      heads: await atlas.heads(options),
    }),
  },
  table: ({ heads }) => columnsOf(heads),
  atlasCommand: { name: 'heads', summary: 'heads in order of a number' },
});
