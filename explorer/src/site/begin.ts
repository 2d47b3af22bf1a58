import { download } from '../save.ts';
import { siteFetch, warmUp } from './client.ts';

/** Milliseconds in which the page is to itself. */
const AFTER_FIRST_VIEW = 1500;

/** What only a site's page does before it starts: it waits for `begin.js`, then loads its worker. */
export async function beginSite(): Promise<void> {
  await (window as { weightscopeBegin?: Promise<void> }).weightscopeBegin;
  warmUp();
  document.addEventListener('click', save);
  setTimeout(() => void keepPage(), AFTER_FIRST_VIEW);
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
