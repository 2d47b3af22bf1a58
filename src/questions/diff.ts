import { MATRICES } from './options.ts';
import { as, choice, filters, flag, index, model, reading, second, whole } from './parameters.ts';
import { question } from './question.ts';
import { HeadChange, ModelDiff } from './results.ts';
import { columnsOf } from './table.ts';

const normalize = as(reading.normalize, { cli: { value: 'how', usual: 'cosine' } });

// What two models take is loaded when two are compared: a page's first view needs none of it.
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
    normalize,
    ...filters,
  },
  result: ModelDiff,
  call: async (a, { k, neurons, heads, words, intruders }, options, b) => {
    const { diffModels } = await import('../compare/diff.ts');
    return diffModels(a, b, { ...options, k, neurons, heads, words, ...(intruders && { intruders }) });
  },
  sources: {},
  table: ({ parameters }) =>
    columnsOf(
      parameters.map(({ vectors: _, heads: __, ...row }) => row),
      ['name', 'kind', 'layer', 'count', 'width', 'size', 'change', 'relative', 'typical', 'rounding', 'verdict'],
    ),
});

export const headChange = question({
  name: 'headChange',
  title: 'What changed in one head between two models: the pairs that rose most and fell most',
  path: '/api/models/{model}/heads/{layer}/{head}/change',
  place: { ...model, layer: index('Counted from 0'), head: index('Counted from 0') },
  parameters: {
    ...second,
    matrix: choice('Which of its matrices', MATRICES, { default: 'vo' }),
    k: whole('How many pairs of each end', { max: 10_000, default: 8 }),
    normalize,
    ...filters,
  },
  result: HeadChange,
  call: async (a, { layer, head, matrix, k }, options, b) => {
    const { readHeadChange } = await import('../compare/head-change.ts');
    return readHeadChange(a, b, layer, head, { ...options, matrix, k });
  },
  sources: {},
});
