/** What a reader wants opened. */
export interface Place {
  place: string;
  /** It is an adapter, to be put into the weights of the base. */
  adapter?: boolean;
}

/** Places of models that this reader opened from a page, latest first, kept in their browser alone. */
const KEY = 'weightscope-opened';
const MOST = 6;

export function recentPlaces(): Place[] {
  try {
    return placesOf(JSON.parse(localStorage.getItem(KEY) ?? '[]'));
  } catch {
    // Not every browser lets a page keep something, and what is kept may be anything.
    return [];
  }
}

export function remember(place: Place): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(withPlace(recentPlaces(), place)));
  } catch {
    // It is then forgotten.
  }
}

/** What of a kept value are places. */
export function placesOf(kept: unknown): Place[] {
  if (!Array.isArray(kept)) return [];
  return kept
    .flatMap((one: Partial<Place> | null) =>
      typeof one?.place === 'string' ? [{ place: one.place, ...(one.adapter === true && { adapter: true }) }] : [],
    )
    .slice(0, MOST);
}

/** With `place` first, once. */
export function withPlace(places: readonly Place[], place: Place): Place[] {
  const others = places.filter((one) => one.place !== place.place || !one.adapter !== !place.adapter);
  return [place, ...others].slice(0, MOST);
}
