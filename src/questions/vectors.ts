import { norm } from '../reading/embedding.ts';
import { readVector, vectorOf } from '../reading/vectors.ts';
import { as, chance, filters, model, preview, READING, reading, whole, words } from './parameters.ts';
import { question } from './question.ts';
import { VectorReading } from './results.ts';
import { columnsOf, RANKED_COLUMNS, rankedRows, withMargin } from './table.ts';

export const vector = question({
  name: 'vector',
  title: 'Any vector as words, arithmetic included',
  path: '/api/models/{model}/vectors',
  place: model,
  parameters: {
    expression: words('Such as ff:0:381.value - tok:" king"', { max: 4000, required: true }),
    k: whole('How many of the best tokens', { default: 50 }),
    bottom: whole('How many of the worst tokens', { default: 0 }),
    ...chance,
    ...reading,
    ...preview,
    normalize: as(reading.normalize, { cli: { value: 'how', group: READING, default: 'none' } }),
    ...filters,
  },
  result: VectorReading,
  sources: {
    weights: async (model, { expression, k, bottom, chance }, options) => ({
      ...(await readVector(model, expression, { ...options, k, bottom, chance })),
      norm: norm(await vectorOf(model, expression, { ...options, progress: undefined })),
    }),
  },
  table: (ranked) => {
    const rows = rankedRows(ranked);
    return columnsOf(rows, withMargin(rows, RANKED_COLUMNS));
  },
});
