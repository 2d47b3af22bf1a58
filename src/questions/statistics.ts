import { statisticRows as allStatistics } from '../reading/statistics/whole-model.ts';
import { choice, layers, model, reading, whole, words } from './parameters.ts';
import { question } from './question.ts';
import { Statistic, StatisticNames, StatisticRows } from './results.ts';
import { statistic as columns, statisticNames as namesOf } from './statistic-columns.ts';
import { columnsOf } from './table.ts';

const place = { ...model, kind: choice('Of what', ['neurons', 'heads'], { required: true }) };

export const statisticNames = question({
  name: 'statisticNames',
  title: 'The statistics there are',
  path: '/api/models/{model}/statistics/{kind}',
  place,
  parameters: {},
  result: StatisticNames,
  sources: { opened: ({ kind }, { served }) => ({ kind, statistics: namesOf(served, kind) }) },
});

export const statistic = question({
  name: 'statistic',
  title: 'One number for every neuron or head of the model, with quartiles by layer',
  path: '/api/models/{model}/statistics/{kind}/{name}',
  place: { ...place, name: words('Which', { min: 0, max: 100, required: true, example: 'norm' }) },
  parameters: {},
  result: Statistic,
  queue: 'engine',
  sources: {
    opened: ({ kind, name }, { opened, served, signal, progress }) =>
      columns(served, kind, name, { engine: opened.served.engine, signal, progress }),
  },
  table: ({ layer, index, expert, part, value }) => ({
    columns: { layer, index, ...(expert && { expert }), part, value },
  }),
});

/** All statistics of all neurons or heads: what an atlas's tables of statistics have, without one. */
export const statisticRows = question({
  name: 'statisticRows',
  title: 'Every statistic of every neuron or head beside its nulls, with p and q, from the weights',
  path: '/api/models/{model}/statistics',
  place: model,
  parameters: {
    of: choice('Of what', ['heads', 'neurons'], { default: 'heads' }),
    layers: layers('Only of these layers, such as 0,2-3', { cli: { value: 'ranges' } }),
    k: whole('How many of each statistic a table shows', {
      min: 1,
      default: 5,
      only: 'cli',
      cli: { shown: true },
      more: 'JSON and CSV have every row',
    }),
    embedding: reading.embedding,
    foldNorm: reading.foldNorm,
  },
  result: StatisticRows,
  call: (model, { of, layers, embedding, foldNorm }, { engine, signal, progress }) =>
    allStatistics(model, of, { layers, embedding, foldNorm, engine, signal, progress }),
  sources: {},
  table: ({ rows }) => columnsOf(rows),
  command: {
    name: 'statistics',
    summary: 'how much every head copies, how its halves fit, what neurons’ scores look like, each with its p',
    description:
      'Measures every head (or neuron) of a model as an atlas with statistics does, without one: each number beside its nulls,\n' +
      'with p, and with q, the false discoveries to expect among all that were measured. docs/statistics.md says what each is.',
  },
});
