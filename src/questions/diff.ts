import { diffModels } from '../compare/diff.ts';
import { as, filters, flag, model, reading, second, whole } from './parameters.ts';
import { question } from './question.ts';
import { ModelDiff } from './results.ts';
import { columnsOf } from './table.ts';

export const diff = question({
  name: 'diff',
  title: 'What differs between two models, in numbers and in words',
  path: '/api/models/{model}/diff',
  place: model,
  parameters: {
    ...second,
    k: whole('How many tokens or pairs of each list', { max: 1000, default: 5 }),
    neurons: whole('How many of the neurons that changed most', { max: 1000, default: 6 }),
    heads: whole('How many of the heads, and of the directions, that changed most', { max: 100, default: 3 }),
    intruders: flag('Look for intruder dimensions in models of any width', {
      more: 'of 1,024 numbers each matrix takes half a minute',
    }),
    words: whole('Compare the first words of so many neurons of each layer and part', {
      max: 1_000_000,
      more: '0: of none; default 32 where one of both is quantised',
    }),
    normalize: as(reading.normalize, {
      cli: { value: 'how', usual: 'cosine' },
    }),
    ...filters,
  },
  result: ModelDiff,
  call: (a, { k, neurons, heads, words, intruders }, options, b) =>
    diffModels(a, b, { ...options, k, neurons, heads, words, ...(intruders && { intruders }) }),
  sources: {},
  table: ({ parameters }) =>
    columnsOf(
      parameters.map(({ vectors: _, heads: __, ...row }) => row),
      ['name', 'kind', 'layer', 'count', 'width', 'size', 'change', 'relative', 'typical', 'rounding', 'verdict'],
    ),
});
