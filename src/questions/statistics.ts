import { choice, model, words } from './parameters.ts';
import { question } from './question.ts';
import { Statistic, StatisticNames } from './results.ts';
import { statistic as columns, statisticNames as namesOf } from './statistic-columns.ts';

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
