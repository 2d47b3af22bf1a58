import type { z } from 'zod';
import type { Model } from '../model/types.ts';
import type { ServedModel } from './opened.ts';
import { whole, words } from './parameters.ts';
import { question } from './question.ts';
import { Comparison } from './results.ts';

const id = (which: string) => words(`The id of model ${which}`, { min: 0, required: true });

export const compare = question({
  name: 'compare',
  title: 'What two models share, and what their atlases have different',
  path: '/api/compare',
  place: {},
  parameters: {
    a: id('A'),
    b: id('B'),
    among: whole('Tokens and pairs of each list that are compared', { min: 1, max: 1000, default: 20 }),
    k: whole('How many of each kind', { min: 1, max: 10_000, default: 20 }),
  },
  result: Comparison,
  queue: 'sql',
  models: ({ a, b }) => [a, b],
  sources: {
    opened: async ({ a, b, among, k }, { opened }) => {
      const [one, two] = [opened.model(a), opened.model(b)];
      return {
        a,
        b,
        shared: sharedBy(one, two),
        diff: one.atlas && two.atlas ? await one.atlas.diff(two.atlas, { among, k }) : null,
      };
    },
  },
});

function sharedBy(a: ServedModel, b: ServedModel): z.infer<typeof Comparison>['shared'] {
  const sizes = ({ model, atlas }: ServedModel) =>
    (model?.dimensions ?? atlas?.manifest.dimensions ?? {}) as Record<string, number | boolean>;
  const kind = ({ model, atlas }: ServedModel) => model?.architecture ?? atlas?.manifest.model.architecture;
  const [one, two] = [sizes(a), sizes(b)];
  const texts = a.model && b.model ? sharedTexts(a.model, b.model) : { tokens: 0, same: false };
  return {
    architecture: kind(a) === kind(b),
    vocabulary: texts.same,
    tokens: texts.tokens,
    dimensions: Object.keys(one).map((name) => ({ name, a: one[name], b: two[name] })),
  };
}

function sharedTexts({ vocabulary: a }: Model, { vocabulary: b }: Model): { tokens: number; same: boolean } {
  if (!a || !b) return { tokens: 0, same: false };
  let [tokens, same] = [0, a.tokens === b.tokens];
  for (let id = 0; id < a.size; id++) {
    if (a.isPadding(id)) continue;
    if (b.find(a.text(id)).length > 0) tokens++;
    if (same && a.piece(id) !== b.piece(id)) same = false;
  }
  return { tokens, same };
}
