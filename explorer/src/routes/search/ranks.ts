import { useQuery } from '@tanstack/react-query';
import { apiQuery, models, place } from '../../api/queries.ts';

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
  model: string,
  part: string,
  sign: '+' | '-',
  found: readonly MetPlace[],
  enabled: boolean,
) {
  const tokens = [...new Set(found.flatMap((one) => one.tokens))].sort((a, b) => a - b).slice(0, MOST);
  const query = useQuery({
    ...apiQuery(models[':model'].atlas.sql, {
      param: place({ model }),
      query: { q: ranksSql(part, sign, tokens), limit: MOST_ROWS },
    }),
    enabled: enabled && tokens.length > 0,
  });
  return new Map(
    (query.data?.rows ?? []).map(({ layer, neuron, rank }) => [`${layer}:${neuron}`, Number(rank)] as [string, number]),
  );
}

/** Part and sign are the page's own words, tokens are numbers: nothing that was typed comes into the SQL. */
export function ranksSql(part: string, sign: '+' | '-', tokens: readonly number[]): string {
  return `SELECT layer, neuron, min(rank) AS rank FROM neuron_tokens WHERE part = '${part}' AND sign = '${sign}' AND token IN (${tokens.join(', ')}) GROUP BY layer, neuron`;
}
