/**
 * Whether an address is that of a card: `embed` stands in its query, whatever its value, as on the server, which lets
 * no other page be framed. On a site the query stands behind the `#`.
 */
export function isEmbed({ search, hash }: { search: string; hash: string }): boolean {
  const at = hash.indexOf('?');
  return [search, at < 0 ? '' : hash.slice(at)].some((query) => new URLSearchParams(query).has('embed'));
}

/** Decided once, when the page is loaded: nothing that happens in a card makes it the whole page. */
export const embedded = globalThis.location !== undefined && isEmbed(globalThis.location);
