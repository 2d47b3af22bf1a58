import { model, whole } from './parameters.ts';
import { question } from './question.ts';
import { Health } from './results.ts';
import { columnsOf } from './table.ts';

export const doctor = question({
  name: 'doctor',
  title: 'The health of a model’s vocabulary and weights',
  path: '/api/models/{model}/doctor',
  place: model,
  parameters: {
    examples: whole('How many examples of each finding', { max: 10_000, default: 10 }),
  },
  result: Health,
  call: async (model, { examples }, { signal, progress }) => {
    const { examineModel } = await import('../compare/doctor.ts');
    return examineModel(model, { examples, signal, progress });
  },
  sources: {},
  table: ({ findings }) =>
    columnsOf(
      findings.map(({ examples, ...row }) => ({ ...row, examples: examples.join(', ') })),
      ['check', 'level', 'count', 'what', 'examples'],
    ),
});
