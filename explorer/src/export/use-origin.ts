import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { modelsQuery } from '../api/queries.ts';
import { parseReadingSearch } from '../state/reading-search.ts';
import type { Origin } from './figure.ts';

/** Of the page that is open. */
export function useOrigin(): Origin {
  const { model: id } = useParams({ strict: false });
  const search = parseReadingSearch(useSearch({ strict: false }) as Record<string, unknown>);
  const { data } = useQuery(modelsQuery());
  return {
    model: data?.models.find((one) => one.id === id),
    version: data?.version,
    search,
    link: location.href,
  };
}
