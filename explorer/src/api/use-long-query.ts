import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { type AnswerTo, type AskedOf, askWithProgress, type Endpoint } from '../../../src/client.ts';
import { reach } from './reach.ts';
import { inTurn } from './turns.ts';

/** How far an answer is. */
export interface Progress {
  /** 0 to 1. */
  done: number;
  what: string;
}

/** A wait that says how far it is and that can be given up. */
export interface Wait {
  progress?: Progress | undefined;
  /** Stops the work, on the server too. */
  cancel?: (() => void) | undefined;
  /** It was given up; asking again goes on. */
  cancelled?: boolean;
}

/**
 * As useQuery with apiQuery, for an answer that may take seconds: its progress comes with it, and leaving or cancelling
 * it stops the server's work. `keep`: until the answer is there, that to the question before is given
 * (`isPlaceholderData`).
 */
export function useLongQuery<E extends Endpoint>(
  question: E,
  asked: AskedOf<E>,
  { enabled = true, keep = false }: { enabled?: boolean; keep?: boolean } = {},
) {
  const url = String(question.$url(asked));
  const client = useQueryClient();
  const [said, setSaid] = useState<Progress & { url: string }>();
  const [left, setLeft] = useState<string>();
  const result = useQuery<AnswerTo<E>>({
    queryKey: [url],
    queryFn: ({ signal }) => {
      setLeft(undefined);
      const progress = (done: number, what: string) => setSaid({ url, done, what });
      return inTurn(() => askWithProgress<AnswerTo<E>>(url, { signal, progress, fetch: reach }), signal);
    },
    enabled,
    ...(keep && { placeholderData: keepPreviousData }),
  });
  const cancel = useCallback(() => {
    setLeft(url);
    void client.cancelQueries({ queryKey: [url], exact: true });
  }, [client, url]);
  return {
    ...result,
    progress: result.isFetching && said?.url === url ? said : undefined,
    // What has not begun cannot be stopped.
    cancel: result.isFetching ? cancel : undefined,
    cancelled: left === url && !result.isFetching && (result.data === undefined || result.isPlaceholderData),
  };
}
