import { escaped } from '../export/element.ts';
import { isSite } from '../site/site.ts';

/**
 * The whole address of a path of the page (`/m/sample/neuron/4/100`), on a site behind the `#` of where it lies. Made
 * from the path alone: neither a token nor anything else of this window is in it.
 */
export function linkTo(address: string, base: string = globalThis.document?.baseURI ?? 'http://localhost/'): string {
  const { origin, href } = new URL(base);
  return isSite ? `${href.replace(/[#?].*$/s, '')}#${address}` : `${origin}${address}`;
}

/** The address of a card: without the page around it. */
export const embedLink = (address: string): string => linkTo(`${address}${address.includes('?') ? '&' : '?'}embed=1`);

/** What shows a card in another page. */
export const frameOf = (address: string, title: string): string =>
  `<iframe src="${escaped(embedLink(address))}" title="${escaped(title)}" width="620" height="640" style="border:0" loading="lazy"></iframe>`;
