import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { askWithProgress } from '../../../src/client.ts';
import { type Place, remember } from '../state/recent-places.ts';
import { models, modelsQuery } from './queries.ts';
import type { Progress } from './use-long-query.ts';

/** Opens a model in the running server, one at a time; `opened` is told its id. */
export function useOpening(opened: (id: string) => void) {
  const client = useQueryClient();
  const running = useRef<AbortController>(undefined);
  const [asked, setAsked] = useState<string>();
  const [progress, setProgress] = useState<Progress>();
  const [error, setError] = useState<unknown>();
  const cancel = useCallback(() => running.current?.abort(), []);
  const open = async (wanted: Place, base: string): Promise<void> => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setAsked(wanted.place);
    setProgress(undefined);
    setError(undefined);
    try {
      const { id } = await askWithProgress<{ id: string }>(models.$url({ query: {} }), {
        body: { ...wanted, base },
        signal: stop.signal,
        progress: (done, what) => {
          if (running.current === stop) setProgress({ done, what });
        },
      });
      remember(wanted);
      await client.refetchQueries({ queryKey: modelsQuery().queryKey });
      if (!stop.signal.aborted) opened(id);
    } catch (problem) {
      if (!stop.signal.aborted) setError(problem);
    } finally {
      if (running.current === stop) {
        running.current = undefined;
        setAsked(undefined);
      }
    }
  };
  return { open, cancel, asked, progress, error };
}
