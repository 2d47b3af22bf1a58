import { useQuery } from '@tanstack/react-query';
import { EXAMPLES } from '../../../src/guide/lesson.ts';
import { apiQuery, models, place } from '../api/queries.ts';
import type { Statistic } from '../api/types.ts';

interface Place {
  layer: number;
  index: number;
}

/**
 * Where the menu leads before a place was visited: of the built-in model to the lesson's examples, of others to what
 * stands out by the first statistic, once that is known; else to the middle of the model.
 */
export function useWorthSeeing(model: string, layers: number, kind: 'neuron' | 'head'): Place {
  const name = kind === 'head' ? 'copying' : 'key_value_cosine';
  const question = apiQuery(models[':model'].statistics[':kind'][':name'], {
    param: place({ model, kind: `${kind}s`, name }),
    query: {},
  });
  // Only what the model's page has asked for: a menu computes nothing.
  const { data } = useQuery({ ...question, enabled: false });
  if (model === 'sample') return EXAMPLES.find((example) => example.kind === kind) as Place;
  return (data && highest(data)) ?? { layer: Math.floor(layers / 2), index: 0 };
}

/** The place of the highest value; the earlier of equals. */
export function highest({ layer, index, value }: Pick<Statistic, 'layer' | 'index' | 'value'>): Place | undefined {
  let best = -1;
  value.forEach((one, i) => {
    if (one !== null && (best < 0 || one > value[best]!)) best = i;
  });
  return best < 0 ? undefined : { layer: layer[best]!, index: index[best]! };
}
