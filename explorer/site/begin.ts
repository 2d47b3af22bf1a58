/**
 * Runs before a site's page starts: puts the service worker in place, and, at the first visit to a host that sends no
 * headers for it, loads the page once more so that it is cross-origin isolated. The page waits for this, though not
 * for long; without service workers (an old browser, a private window, no https) it starts at once and computes on one
 * thread.
 */
export {};

declare global {
  interface Window {
    /** Resolves when the page may start; never where it is about to be loaded again. */
    weightscopeBegin?: Promise<void>;
    /** The page's worker, started beside the page's scripts and not after them. */
    weightscopeWorker?: Worker;
    /** Loads the page once more where that makes it cross-origin isolated, and it was not tried before. */
    weightscopeIsolate?: () => void;
  }
}

/** Whether the page's first view came with the site: a model's own page, read in no special way. */
const isFirstView =
  document.querySelector('meta[name="weightscope-first"]') !== null && /^(#\/?(m\/[^/?]+\/?)?)?$/.test(location.hash);
/** Milliseconds after which the page starts with what there is: a first view needs no threads, and begins without. */
const PATIENCE = isFirstView ? 1000 : 3000;
const TRIED = `weightscope-isolated ${new URL('.', location.href).pathname}`;

window.weightscopeBegin = begin()
  .catch(() => undefined)
  .then(() => {
    // It would take the processor from the first view.
    if (isFirstView) return;
    const { content } = document.querySelector<HTMLMetaElement>('meta[name="weightscope-worker"]')!;
    window.weightscopeWorker = new Worker(content, { type: 'module', name: 'weightscope' });
  });

async function begin(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  const registering: Promise<ServiceWorkerRegistration | undefined> = serviceWorker.register('service-worker.js');
  registering.catch(() => undefined);
  if (serviceWorker.controller || crossOriginIsolated) {
    sessionStorage.removeItem(TRIED);
    return;
  }
  if (sessionStorage.getItem(TRIED)) return;
  window.weightscopeIsolate = () => {
    if (!serviceWorker.controller || sessionStorage.getItem(TRIED)) return;
    sessionStorage.setItem(TRIED, '1');
    location.reload();
  };
  const controlled = new Promise<boolean>((resolve) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(true));
    setTimeout(() => resolve(false), PATIENCE);
    // What blocks service workers may refuse, or say nothing.
    registering.then(
      (registration) => registration ?? resolve(false),
      () => resolve(false),
    );
  });
  if (!(await controlled)) return;
  window.weightscopeIsolate();
  await new Promise<never>(() => {});
}
