import { oneOf, wholeNumber } from '../../state/reading-search.ts';

/** What a later head reads of what an earlier one writes. */
export const KINDS = ['q', 'k', 'v'] as const;
export type Kind = (typeof KINDS)[number];

/** What the page keeps in its URL. */
export interface CircuitSearch {
  /** Absent: `k`. */
  kind?: Exclude<Kind, 'k'>;
  /** Arcs drawn; absent: {@link ARCS}. */
  arcs?: number;
  /** Heads that were pinned, `1:5,4:2`. */
  pins?: string;
}

export const ARCS = 60;
export const MOST_ARCS = 400;
const MOST_PINS = 12;

export function parseCircuitSearch({ kind, arcs, pins }: Record<string, unknown>): CircuitSearch {
  const which = oneOf(kind, ['q', 'v']);
  const count = wholeNumber(arcs, 1, MOST_ARCS);
  // The router reads one pin, 1:5, as text, and never as a number.
  const pinned = joinPins(splitPins(typeof pins === 'string' ? pins : undefined));
  return {
    ...(which && { kind: which }),
    ...(count !== undefined && count !== ARCS && { arcs: count }),
    ...(pinned && { pins: pinned }),
  };
}

export function splitPins(pins: string | undefined): string[] {
  const known = (pins ?? '').split(',').filter((pin) => /^\d{1,4}:\d{1,4}$/.test(pin));
  return [...new Set(known)].slice(0, MOST_PINS);
}

export const joinPins = (pins: readonly string[]): string | undefined =>
  pins.length === 0 ? undefined : pins.join(',');
