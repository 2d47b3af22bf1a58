import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../../../src/client.ts';
import { isGone } from './gone.ts';
import { modelsQuery } from './queries.ts';

/** Whether the server answers; `back` for a moment after it had gone, `locked` when it wants its token again. */
export type Contact = 'here' | 'gone' | 'back' | 'locked';

/** Milliseconds between two looks at the server. */
const LOOKS = { gone: 1500, building: 1500, quiet: 20_000 };
const SAID = 5000;

/**
 * Looks at the server from time to time: oftener while an atlas is being made or while nobody answers. An atlas that is
 * there swaps its data in; a server that is back is asked again what the page shows.
 */
export function useContact() {
  const client = useQueryClient();
  const models = useQuery({
    ...modelsQuery(),
    refetchInterval: ({ state }) => {
      if (isGone(state.error)) return LOOKS.gone;
      return state.data?.models.some(({ building }) => building) ? LOOKS.building : LOOKS.quiet;
    },
  });
  const gone = isGone(models.error);
  const locked = models.error instanceof ApiError && models.error.status === 401;

  // What fails because nobody answers is a reason to look at once.
  useEffect(
    () =>
      client.getQueryCache().subscribe(({ type, query }) => {
        if (type !== 'updated' || !isGone(query.state.error) || query.queryKey[0] === modelsQuery().queryKey[0]) return;
        const known = client.getQueryState(modelsQuery().queryKey);
        if (known?.fetchStatus === 'idle' && !isGone(known.error))
          void client.refetchQueries({ queryKey: modelsQuery().queryKey });
      }),
    [client],
  );

  const [back, setBack] = useState(false);
  const was = useRef(false);
  useEffect(() => {
    if (gone || locked) {
      was.current = true;
      setBack(false);
      return;
    }
    if (!was.current || !models.data) return;
    was.current = false;
    setBack(true);
    // It may be another one: nothing of before is certain.
    void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== modelsQuery().queryKey[0] });
    const timer = setTimeout(() => setBack(false), SAID);
    return () => clearTimeout(timer);
  }, [gone, locked, models.data, client]);

  const atlases = useRef(new Map<string, string | undefined>());
  useEffect(() => {
    for (const { id, atlas } of models.data?.models ?? []) {
      const [known, had] = [atlases.current.has(id), atlases.current.get(id)];
      // First its neurons are there, then all of it.
      const has = atlas === null ? undefined : String(atlas.settings.what);
      atlases.current.set(id, has);
      if (!known || has === undefined || has === had) continue;
      const of = `/api/models/${encodeURIComponent(id)}`;
      void client.invalidateQueries({ predicate: ({ queryKey }) => isOf(String(queryKey[0]), of) });
    }
  }, [models.data, client]);

  const contact: Contact = gone ? 'gone' : locked ? 'locked' : back ? 'back' : 'here';
  return { contact, models: models.data?.models ?? [], opens: models.data?.opens === true };
}

/** Whether a URL asks this model, not one whose name begins alike. */
function isOf(url: string, path: string): boolean {
  const { pathname } = new URL(url, 'http://localhost');
  return pathname === path || pathname.startsWith(`${path}/`);
}
