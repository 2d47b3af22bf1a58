import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { path, type Query } from './client.ts';
import { getWithProgress, type Progress } from './progress.ts';

/**
 * A question whose answer takes long: its progress comes with it, and leaving it stops the server's work. `keep`: until the
 * answer is there, that to the question before is given (`isPlaceholderData`).
 */
export function useLongQuery<T>(
  parts: readonly (string | number)[],
  query: Query,
  options: { enabled?: boolean; keep?: boolean } = {},
) {
  const url = path(parts, query);
  const [progress, setProgress] = useState<Progress & { url: string }>();
  const result = useQuery<T>({
    queryKey: [url],
    queryFn: ({ signal }) => getWithProgress<T>(url, { signal, onProgress: (now) => setProgress({ ...now, url }) }),
    enabled: options.enabled ?? true,
    ...(options.keep && { placeholderData: keepPreviousData }),
  });
  const running = result.isFetching && progress?.url === url ? progress : undefined;
  return { ...result, progress: running };
}
