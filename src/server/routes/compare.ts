import { z } from '@hono/zod-openapi';
import type { Model } from '../../model/types.ts';
import { answer } from '../answer.ts';
import { whole } from '../query.ts';
import { Comparison } from '../schemas.ts';
import type { ServedModel, ServerState } from '../served.ts';
import { question, routes } from './common.ts';

export function compareRoutes(state: ServerState) {
  const id = (which: string) => z.string().openapi({ description: `The id of model ${which}` });
  const compare = question(
    'compare',
    '/api/compare',
    'What two models share, and what their atlases have different',
    {
      query: z.strictObject({
        a: id('A'),
        b: id('B'),
        among: whole('Tokens and pairs of each list that are compared; default 20', { min: 1, max: 1000 }).optional(),
        k: whole('How many of each kind; default 20', { min: 1, max: 10_000 }).optional(),
      }),
    },
    Comparison,
  );
  return routes().openapi(compare, (c) => {
    const { a, b, among, k } = c.req.valid('query');
    const [one, two] = [state.model(a), state.model(b)];
    const { diff } = state.served;
    return answer(c, state, {
      model: [a, b],
      queue: state.sqlQueue,
      work: async () => ({
        a,
        b,
        shared: sharedBy(one, two),
        diff: one.atlas && two.atlas && diff ? await diff(one.atlas.path, two.atlas.path, { among, k }) : null,
      }),
    });
  });
}

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
