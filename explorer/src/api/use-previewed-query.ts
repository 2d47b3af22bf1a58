import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { AnswerTo, AskedOf, Endpoint } from '../../../src/client.ts';
import { apiQuery } from './queries.ts';
import type { Applied } from './types.ts';
import { useLongQuery } from './use-long-query.ts';

/** The same question with `preview`: exact where the normaliser is there, else from a sample of the vectors. */
export const previewed = <A>(asked: A): A => {
  const { query } = asked as { query: object };
  return { ...asked, query: { ...query, preview: true } };
};

interface How<T> {
  /** Whether `freq` is asked for; other readings need no pass over all layers. */
  preview: boolean;
  /** Whether an answer to another question may stand until this one is there; default: never. */
  keep?: (old: T) => boolean;
  enabled?: boolean;
  /** Whether the exact answer may be asked for, which a part of a page leaves to the whole; default: it may. */
  ready?: boolean;
}

/**
 * A reading's first words at once, and the exact ones when the pass over all layers is done. Where the normaliser is
 * there already the first answer is exact, and nothing more is asked. `preview`: how many vectors of how many what is
 * shown was taken from, undefined where it is exact. `began` stays when the exact answer is there, so that what says it
 * keeps its room.
 */
export function usePreviewedQuery<E extends Endpoint>(
  question: E,
  asked: AskedOf<E>,
  { preview, keep, enabled = true, ready = true }: How<AnswerTo<E>>,
) {
  const first = useLongQuery(question, previewed(asked), { enabled: enabled && preview });
  const began = preview ? sampleOf(first.data) : undefined;
  const direct = !preview || began !== undefined || first.isError;
  const exact = useLongQuery(question, asked, { enabled: enabled && direct && ready });
  const shown = direct ? exact : first;
  const fresh = exact.data ?? (preview ? first.data : undefined);
  const last = useRef<AnswerTo<E>>(undefined);
  useEffect(() => {
    if (fresh !== undefined) last.current = fresh;
  }, [fresh]);
  const old = last.current;
  const kept = fresh === undefined && !shown.error && old !== undefined && keep?.(old) ? old : undefined;
  return {
    ...shown,
    data: fresh ?? kept,
    isPending: fresh === undefined && kept === undefined && shown.isPending,
    isPlaceholderData: fresh === undefined && kept !== undefined,
    preview: fresh === undefined ? undefined : sampleOf(fresh),
    began,
  };
}

/**
 * Words beside something else: those of a preview at once, where the exact ones take a pass over all layers, and the
 * exact ones in their place, for which all else that the page asks goes first. `preview` and `began` as above.
 */
export function useWords<E extends Endpoint>(
  question: E,
  asked: AskedOf<E>,
  { preview = true, enabled = true }: { preview?: boolean; enabled?: boolean } = {},
) {
  const first = useQuery({ ...apiQuery(question, preview ? previewed(asked) : asked, 'aside'), enabled });
  const began = sampleOf(first.data);
  const exact = useQuery({ ...apiQuery(question, asked, 'last'), enabled: enabled && began !== undefined });
  return {
    data: exact.data ?? first.data,
    isFetching: first.isFetching,
    preview: exact.data === undefined ? began : undefined,
    began,
  };
}

/** A token's answer, of many places, says by itself that it is a preview. */
const sampleOf = (answer: unknown): Applied['preview'] => {
  const { applied, preview } = (answer ?? {}) as { applied?: Applied; preview?: Applied['preview'] };
  return applied?.preview ?? preview;
};
