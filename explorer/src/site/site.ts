/**
 * Whether this page is a site's: answered by a worker in it, not by a server. Undefined on a server's page and in
 * tests.
 */
const named = globalThis.document?.querySelector<HTMLMetaElement>('meta[name="weightscope-worker"]')?.content;

/** The worker's file; what is set makes the page a site's. */
export const workerFile: string | undefined = named || undefined;
export const isSite = workerFile !== undefined;
