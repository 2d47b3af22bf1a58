import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { path, type Query } from './client.ts';
import { getWithProgress, type Progress } from './progress.ts';

/** As useQuery with apiQuery, for answers that may take seconds: says how far they are. Leaving the page stops the work. */
export function useLongQuery<T>(
  parts: readonly (string | number)[],
  query: Query = {},
  { enabled = true }: { enabled?: boolean } = {},
) {
  const url = path(parts, query);
  const [progress, setProgress] = useState<{ url: string; at: Progress }>();
  const result = useQuery({
    queryKey: [url],
    queryFn: ({ signal }) => getWithProgress<T>(url, { signal, onProgress: (at) => setProgress({ url, at }) }),
    enabled,
  });
  return { ...result, progress: progress?.url === url ? progress.at : undefined };
}
