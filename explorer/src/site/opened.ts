import type { Wanted } from '../../../src/site/open.ts';

/**
 * Models that the reader opened by their place, which the page opens again when it is loaded anew. Tokens are not
 * kept.
 */
const KEY = 'weightscope-opened';
const MOST = 8;

type Placed = { url: string } | { hub: string };

export function openedBefore(): Wanted[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((place) => isPlaced(place)).slice(-MOST) : [];
  } catch {
    return [];
  }
}

const isPlaced = (place: Partial<{ url: unknown; hub: unknown }> | null): place is Placed =>
  typeof (place?.url ?? place?.hub) === 'string';

export function rememberOpened(wanted: Wanted): void {
  if ('files' in wanted) return;
  const place: Placed = 'url' in wanted ? { url: wanted.url } : { hub: wanted.hub };
  const others = openedBefore().filter((one) => JSON.stringify(one) !== JSON.stringify(place));
  sessionStorage.setItem(KEY, JSON.stringify([...others, place]));
}

/** What was typed: an address, or a hub id. */
export const wantedOf = (text: string, token: string): Wanted =>
  /^https?:\/\//i.test(text.trim())
    ? { url: text.trim() }
    : { hub: text.trim(), ...(token.trim() !== '' && { token: token.trim() }) };

export interface OpenSearch {
  place?: string;
}

export const parseOpenSearch = ({ place }: Record<string, unknown>): OpenSearch =>
  typeof place === 'string' && place !== '' ? { place } : {};
