import type { z } from 'zod';
import type { Dimensions } from '../model/types.ts';
import { tokenOf } from '../reading/applied.ts';
import { parseExpression } from '../reading/expression.ts';
import { findTokens } from '../reading/find-tokens.ts';
import { hasSharedExpert } from '../reading/parameters.ts';
import { neuronText, placeIn } from '../reading/place.ts';
import type { Token } from '../reading/types.ts';
import { model, whole, words } from './parameters.ts';
import { question } from './question.ts';
import { Places } from './results.ts';

type Place = z.infer<typeof Places>['places'][number];

export const resolve = question({
  name: 'resolve',
  title: 'Where a person wants to go: neuron 28:100, head 23:9, a word, an expression',
  path: '/api/models/{model}/resolve',
  place: model,
  parameters: {
    q: words('What was typed', { required: true }),
    k: whole('How many tokens', { max: 100, default: 8 }),
  },
  result: Places,
  sources: {
    opened: async ({ q, k }, { served: { model, atlas } }) => {
      const sizes = (model?.dimensions ?? atlas!.manifest.dimensions) as Dimensions;
      const find: FindTokens = async (options) => {
        if (!model) return (await atlas!.tokens(options)).tokens.map(({ id, token, label }) => ({ id, token, label }));
        if (options.id !== undefined) return options.id < sizes.vocab ? [tokenOf(model, options.id)] : [];
        return model.vocabulary ? findTokens(model, options).tokens : [];
      };
      const experts = sizes.experts + (model && hasSharedExpert(model) ? 1 : 0);
      return { places: await placesOf(q, k, { ...sizes, experts }, find) };
    },
  },
});

type FindTokens = (options: { id?: number; text?: string; prefix?: string; k: number }) => Promise<Token[]>;

/** Places that the text may mean, likeliest first; only such as the model has, a shared expert counted with others. */
export async function placesOf(q: string, k: number, sizes: Dimensions, find: FindTokens): Promise<Place[]> {
  const places: Place[] = [];
  const place = placeIn(q);
  if (place) {
    const { kind, layer, index, expert } = place;
    const there = layer < sizes.layers && index < sizes.neurons && (expert === undefined || expert < sizes.experts);
    const at = { layer, neuron: index, ...(expert && { expert }) };
    if (kind !== 'head' && there) places.push({ kind: 'neuron', text: `neuron ${neuronText(at)}`, ...at });
    if (kind !== 'neuron' && layer < sizes.layers && index < sizes.heads)
      places.push({ kind: 'head', text: `head ${layer}:${index}`, layer, head: index });
  }
  const id = /^\s*#(\d{1,9})\s*$/.exec(q);
  if (id) {
    for (const token of await find({ id: Number(id[1]), k: 1 }))
      places.push({ kind: 'token', text: token.label, token });
  }
  if (isExpression(q)) places.push({ kind: 'vector', text: q.trim(), expression: q.trim() });
  if (q.trim() !== '' && k > 0) {
    // A whole word, as it stands in a sentence, comes before the piece of a word that is spelt alike.
    const spaced = await find({ text: ` ${q.trim()}`, k });
    const exact = await find({ text: q, k });
    const begun = await find({ prefix: q, k });
    const found = new Map([...spaced, ...exact, ...begun].map((token) => [token.id, token]));
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
