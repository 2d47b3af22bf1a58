import { useQuery } from '@tanstack/react-query';
import { head, modelQuery } from '../../api/queries.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { usePreviewedQuery } from '../../api/use-previewed-query.ts';
import {
  chanceQuery,
  countQuery,
  type HeadPlace,
  heatMapQuery,
  matrixQuery,
  of,
  pairsQuery,
  spectrumQuery,
  statisticsQuery,
} from './queries.ts';

const HEAT_MAP = 24;

/**
 * Everything the page asks of a head, what is looked at first asked first: the pairs, then what the slider needs, then
 * the rest one after the other. The server does one piece of heavy work at a time, and a browser keeps six connections.
 */
export function useHead(place: HeadPlace, beyond: number | undefined) {
  const pairs = usePreviewedQuery(head, of(place, pairsQuery(place, beyond)), {
    preview: place.search.normalize === undefined,
    keep: () => true,
  });
  const guessed = pairs.preview !== undefined;
  // What is wrong with the place or the setting is said once, by the pairs. What needs the whole pass waits for it.
  const listed = !guessed && (pairs.isSuccess || pairs.cancelled);
  // Without the pass what needs no normaliser goes on.
  const givenUp = guessed && pairs.cancelled;
  const curve = useLongQuery(head.scores, of(place, matrixQuery(place)), { enabled: listed });
  // Down to the last listed score a count is a look-up; below it, it comes with the pairs.
  const last = curve.data?.scores.at(-1) ?? Number.POSITIVE_INFINITY;
  const instant = place.search.end !== 'lowest' && beyond !== undefined && beyond >= last;
  const count = useLongQuery(head.count, of(place, countQuery(place, beyond)), { enabled: instant });
  const heatMap = useLongQuery(head.heat, of(place, heatMapQuery(place, HEAT_MAP)), {
    enabled: over(curve),
    keep: true,
  });
  const spectrum = useLongQuery(head.spectrum, of(place, spectrumQuery(place)), {
    enabled: over(heatMap) || givenUp,
  });
  const info = useQuery(modelQuery(place.model));
  // An atlas alone has no vectors to compare with; in the order of the other matrix the first pair is not the best.
  const asksChance = info.data?.live === true && place.search.order !== 'other';
  const chance = useLongQuery(head, of(place, chanceQuery(place)), {
    enabled: over(spectrum) && !guessed && asksChance,
  });
  const statistics = useLongQuery(head.statistics, of(place, statisticsQuery(place)), {
    enabled: over(spectrum) && (over(chance) || givenUp || (info.data !== undefined && !asksChance)),
  });
  return {
    pairs,
    exact: pairs.data !== undefined && !guessed,
    curve,
    count: instant ? count.data : undefined,
    heatMap: givenUp ? { ...heatMap, cancelled: true, refetch: pairs.refetch } : heatMap,
    spectrum,
    statistics,
    chance,
    asksChance,
  };
}

/** The next may begin. */
const over = ({ isFetched, cancelled }: { isFetched: boolean; cancelled: boolean }): boolean => isFetched || cancelled;

export type HeadAnswers = ReturnType<typeof useHead>;
