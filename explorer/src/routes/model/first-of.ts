import { formatScore } from '../../format.ts';
import type { Extremes } from './columns.ts';

const RANKS = ['highest', 'second highest'];

/** The highest, each with a title of its own: two cards that are called alike could be one thing twice. */
export function firstOf<K extends 'head' | 'neuron'>(found: Extremes | undefined, kind: K, count: number) {
  return (found?.highest ?? []).slice(0, count).map((entry, rank) => ({
    entry,
    kind,
    title: `${RANKS[rank]} ${found!.what}, ${formatScore(entry.value)}`,
    matrix: found!.part === 'qk' ? ('qk' as const) : ('vo' as const),
  }));
}
