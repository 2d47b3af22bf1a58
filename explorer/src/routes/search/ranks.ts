import { useQueries, useQuery } from '@tanstack/react-query';
import type { AtlasSettings } from '../../../../src/atlas/schema.ts';
import { apiQuery, models, place } from '../../api/queries.ts';
import type { ModelInfo, NeuronPart } from '../../api/types.ts';
import { isSite } from '../../site/site.ts';

interface MetPlace {
  layer: number;
  index: number;
  tokens: readonly number[];
}

/** How many tokens are asked for at once; more make the question longer than a URL may be. */
const MOST = 400;
/** As many as the API gives. */
const MOST_ROWS = 100_000;

/**
 * The best rank of the words that were met within each neuron's own list, as the atlas keeps it: by `layer:neuron`.
 * Words that are not among a neuron's listed tokens have none.
 */
export function useRanksWithin(
  info: ModelInfo | undefined,
  part: string,
  sign: '+' | '-',
  found: readonly MetPlace[],
  enabled: boolean,
): Map<string, number> {
  const atlas = enabled ? info?.atlas : undefined;
  const tokens = [...new Set(found.flatMap((one) => one.tokens))].sort((a, b) => a - b).slice(0, MOST);
  const asked = useQuery({
    ...apiQuery(models[':model'].atlas.sql, {
      param: place({ model: info?.id ?? '' }),
      query: { q: ranksSql(part, sign, tokens), limit: MOST_ROWS },
    }),
    enabled: !isSite && Boolean(atlas) && tokens.length > 0,
  });
  // A site has no SQL, and nobody between the page and the lists: they are read one by one.
  const lists = useQueries({
    queries: isSite && info && atlas ? found.map((one) => listQuery(info.id, atlas.settings, part, sign, one)) : [],
    combine: (all) => all.map(({ data }) => data?.parts[part as NeuronPart]?.[sign === '+' ? 'top' : 'bottom']),
  });
  if (!isSite)
    return new Map(
      (asked.data?.rows ?? []).map(
        ({ layer, neuron, rank }) => [`${layer}:${neuron}`, Number(rank)] as [string, number],
      ),
    );
  const ranks = found.flatMap(({ layer, index }, i): [string, number][] => {
    const rank = lists[i]?.findIndex(({ id }) => tokens.includes(id)) ?? -1;
    return rank < 0 ? [] : [[`${layer}:${index}`, rank + 1]];
  });
  return new Map(ranks);
}

/** A neuron's whole list as the atlas has it. */
function listQuery(
  model: string,
  settings: NonNullable<ModelInfo['atlas']>['settings'],
  part: string,
  sign: '+' | '-',
  { layer, index }: MetPlace,
) {
  const { normalize, foldNorm, embedding, top } = settings as unknown as AtlasSettings;
  const long = sign === '+' ? { k: top } : { k: 1, bottom: top };
  return apiQuery(models[':model'].neurons[':layer'][':neuron'], {
    param: place({ model, layer, neuron: index }),
    query: { parts: part, ...long, normalize, foldNorm, embedding },
  });
}

/** Part and sign are the page's own words, tokens are numbers: nothing that was typed comes into the SQL. */
export function ranksSql(part: string, sign: '+' | '-', tokens: readonly number[]): string {
  return `SELECT layer, neuron, min(rank) AS rank FROM neuron_tokens WHERE part = '${part}' AND sign = '${sign}' AND token IN (${tokens.join(', ')}) GROUP BY layer, neuron`;
}
