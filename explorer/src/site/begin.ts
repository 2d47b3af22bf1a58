import type { createExplorerRouter } from '../router.tsx';
import { download } from '../save.ts';
import { filesAreOpen, siteFetch, warmUp } from './client.ts';

type Router = ReturnType<typeof createExplorerRouter>;

/** Milliseconds in which the page is to itself. */
const AFTER_FIRST_VIEW = 1500;

/** What only a site's page does before it starts: it waits for `begin.js`, then loads its worker. */
export async function beginSite(): Promise<void> {
  await (window as { weightscopeBegin?: Promise<void> }).weightscopeBegin;
  // It is there already where the page's questions are for it; else it comes when the first view is shown.
  if ((window as { weightscopeWorker?: Worker }).weightscopeWorker) warmUp();
  else setTimeout(warmUp, AFTER_FIRST_VIEW);
  document.addEventListener('click', save);
  setTimeout(() => void keepPage(), AFTER_FIRST_VIEW);
}

/**
 * A first view that did not wait for the service worker is without threads: going to another page is when they are
 * wanted, and when the page may be loaded anew without anybody seeing it. Chosen files would be lost by that.
 */
export function isolateLater({ subscribe, history }: Pick<Router, 'subscribe' | 'history'>): void {
  subscribe('onBeforeNavigate', ({ fromLocation, pathChanged }) => {
    if (!fromLocation || !pathChanged || filesAreOpen()) return;
    history.flush();
    (window as { weightscopeIsolate?: () => void }).weightscopeIsolate?.();
  });
}

/** A link to an answer has no server behind it: the worker's answer is saved as the file. */
function save(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || event.defaultPrevented || !new URL(link.href, location.href).pathname.startsWith('/api/')) return;
  event.preventDefault();
  void siteFetch(link.href).then(async (response) => {
    const name = link.download || 'weightscope.json';
    if (response.ok) download(name, await response.blob(), response.headers.get('content-type') ?? '');
  });
}

/** Tells the service worker what the page is made of, so that it works without a connection at the next visit. */
async function keepPage(): Promise<void> {
  const controller = navigator.serviceWorker?.controller;
  if (!controller) return;
  const site = (await (await fetch('site.json')).json().catch(() => undefined)) as { page?: string[] } | undefined;
  if (site?.page) controller.postMessage({ keep: site.page });
}
