import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { byLayer, entriesOf, extremes, firstChoice, partsOf } from '../../../../src/questions/standouts.ts';
import type { StatisticKind } from '../../../../src/reading/statistics/catalogue.ts';
import { models, place, statisticNamesQuery } from '../../api/queries.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { titleOf } from './choose-statistic.tsx';
import { colourScale } from './columns.ts';

/**
 * A chosen statistic, `part.name` as the URL has it, and what is drawn of it. One that is computed live can be told to
 * wait.
 */
export function useStatistic(
  model: string,
  kind: StatisticKind,
  chosen: string | undefined,
  wish: string,
  wait = false,
) {
  const names = useQuery(statisticNamesQuery(model, kind));
  const known = names.data?.statistics ?? [];
  const dot = chosen?.indexOf('.') ?? -1;
  const asked =
    chosen !== undefined && dot > 0 ? { part: chosen.slice(0, dot), name: chosen.slice(dot + 1) } : undefined;
  const name = asked && known.some((one) => one.name === asked.name) ? asked.name : firstChoice(known, wish);
  const source = known.find((one) => one.name === name)?.source;
  const query = useLongQuery(
    models[':model'].statistics[':kind'][':name'],
    { param: place({ model, kind, name: name ?? '' }), query: {} },
    { enabled: name !== undefined && !(wait && source === 'live') },
  );
  const parts = useMemo(() => (query.data ? partsOf(query.data) : undefined), [query.data]);
  const usual = kind === 'heads' ? 'vo' : 'value';
  const part =
    parts === undefined ? (asked?.part ?? usual) : (parts.find((one) => one === asked?.part) ?? parts[0] ?? usual);
  const drawn = useMemo(() => {
    if (!query.data) return undefined;
    const values = byLayer(query.data, part);
    const entries = entriesOf(values);
    return { values, entries, scale: colourScale(entries.map(({ value }) => value)), ...extremes(entries, 3) };
  }, [query.data, part]);
  const what =
    name === undefined
      ? ''
      : `${titleOf(kind, name)}${(parts?.length ?? 0) > 1 ? ` of ${part === 'vo' || part === 'qk' ? part.toUpperCase() : part}` : ''}`;
  return { names: known, namesError: names.error, name, part, parts, what, query, drawn };
}
