import { z } from '@hono/zod-openapi';
import type { Model } from '../../model/types.ts';
import { parseExpression } from '../../reading/expression.ts';
import { findTokens } from '../../reading/find-tokens.ts';
import { answer } from '../answer.ts';
import { modelParam, whole, words } from '../query.ts';
import { Places } from '../schemas.ts';
import type { ServerState } from '../served.ts';
import { question, routes } from './common.ts';

type Place = z.infer<typeof Places>['places'][number];

export function resolveRoutes(state: ServerState) {
  const resolve = question(
    'resolve',
    '/api/models/{model}/resolve',
    'Where a person wants to go: neuron 28:100, head 23:9, a word, an expression',
    {
      params: modelParam,
      query: z.strictObject({
        q: words('What was typed'),
        k: whole('How many tokens; default 8', { max: 100 }).optional(),
      }),
    },
    Places,
  );
  return routes().openapi(resolve, (c) => {
    const { model: id } = c.req.valid('param');
    const { q, k = 8 } = c.req.valid('query');
    const model = state.live(id);
    return answer(c, state, { model: id, light: true, work: () => ({ places: placesOf(model, q, k) }) });
  });
}

/** Places that the text may mean, likeliest first; only such as the model has. */
export function placesOf(model: Model, q: string, k: number): Place[] {
  const places: Place[] = [];
  const { layers, heads, neurons, vocab } = model.dimensions;
  const match = /^\s*(n(?:euron)?|h(?:ead)?|ff)?\s*(\d+)\s*[:., ]\s*(\d+)\s*$/i.exec(q);
  if (match) {
    const [kind, layer, index] = [match[1]?.[0].toLowerCase(), Number(match[2]), Number(match[3])];
    if (kind !== 'h' && layer < layers && index < neurons)
      places.push({ kind: 'neuron', text: `neuron ${layer}:${index}`, layer, neuron: index });
    if ((kind === 'h' || !kind) && layer < layers && index < heads)
      places.push({ kind: 'head', text: `head ${layer}:${index}`, layer, head: index });
  }
  const id = /^\s*(?:tok:)?#(\d+)\s*$/.exec(q);
  if (id && Number(id[1]) < vocab) {
    const token = model.vocabulary?.token(Number(id[1])) ?? { id: Number(id[1]), token: id[0], label: `#${id[1]}` };
    places.push({ kind: 'token', text: token.label, token });
  }
  if (isExpression(q)) places.push({ kind: 'vector', text: q.trim(), expression: q.trim() });
  if (model.vocabulary && q.trim() !== '') {
    const exact = findTokens(model, { text: q, k }).tokens;
    const spaced = findTokens(model, { text: ` ${q.trim()}`, k }).tokens;
    const begun = findTokens(model, { prefix: q, k }).tokens;
    const found = new Map([...exact, ...spaced, ...begun].map((token) => [token.id, token]));
    for (const token of [...found.values()].slice(0, k)) places.push({ kind: 'token', text: token.label, token });
  }
  return places;
}

function isExpression(q: string): boolean {
  // A bare word parses as the name of a parameter: those have a dot.
  if (!/[:.]/.test(q)) return false;
  try {
    parseExpression(q);
    return true;
  } catch {
    return false;
  }
}
