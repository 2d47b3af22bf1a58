import { useQuery } from '@tanstack/react-query';
import { EXAMPLES } from '../../../src/guide/lesson.ts';
import { apiQuery, models, place, statisticNamesQuery } from '../api/queries.ts';
import type { ModelInfo, Statistic } from '../api/types.ts';

interface Place {
  layer: number;
  index: number;
  /** It is merely in the middle of the model: nothing is known to stand out yet. */
  middle?: true;
}

/**
 * Where the menu leads before a place was visited: of the built-in model to the lesson's examples, of others to what
 * stands out by the first statistic, once that is known; else to the middle of the model, which the page says.
 */
export function useWorthSeeing(info: ModelInfo | undefined, kind: 'neuron' | 'head'): Place {
  const model = info?.id ?? '';
  const name = kind === 'head' ? 'copying' : 'key_value_cosine';
  const question = apiQuery(models[':model'].statistics[':kind'][':name'], {
    param: place({ model, kind: `${kind}s`, name }),
    query: {},
  });
  const names = useQuery({
    ...statisticNamesQuery(model, `${kind}s`),
    enabled: model !== 'sample' && (info?.atlas ?? null) !== null,
  });
  // Only what an atlas has or the model's page has asked for: a menu computes nothing.
  const kept = names.data?.statistics.some((one) => one.name === name && one.source === 'atlas') === true;
  const { data } = useQuery({ ...question, enabled: kept });
  if (model === 'sample') return EXAMPLES.find((example) => example.kind === kind) as Place;
  return (data && highest(data)) ?? { layer: Math.floor((info?.layers ?? 0) / 2), index: 0, middle: true };
}

/** The place of the highest value; the earlier of equals. */
export function highest({ layer, index, value }: Pick<Statistic, 'layer' | 'index' | 'value'>): Place | undefined {
  let best = -1;
  value.forEach((one, i) => {
    if (one !== null && (best < 0 || one > value[best]!)) best = i;
  });
  return best < 0 ? undefined : { layer: layer[best]!, index: index[best]! };
}
