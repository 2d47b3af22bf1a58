import { siteFetch } from '../site/client.ts';
import { isSite } from '../site/site.ts';

/** How questions reach what answers them: the server that served the page, or the page's own worker. */
export const reach: typeof fetch = isSite ? siteFetch : (url, init) => fetch(url, init);
