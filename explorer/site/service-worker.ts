/**
 * Stands between a site's page and its host. It keeps the page's own files for times without a connection, and adds the
 * two headers that make a page cross-origin isolated, which threads need, where the host cannot send them. The model's
 * data does not pass through its store: the worker keeps that by itself.
 */
export {};

/** What of the Service Workers standard is used here; a page's types lack it. */
interface Scope {
  registration: { scope: string };
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(type: 'message', listener: (event: Lasting & { data: unknown }) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetched) => void): void;
}
interface Lasting {
  waitUntil(until: Promise<unknown>): void;
}
interface Fetched extends Lasting {
  request: Request;
  respondWith(response: Promise<Response>): void;
}

const worker = self as unknown as Scope;
/** Of this site alone: several may lie on one host. */
const NAME = `weightscope ${worker.registration.scope}`;
const ISOLATING = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener('message', (event) => {
  const { keep } = (event.data ?? {}) as { keep?: string[] };
  if (Array.isArray(keep)) event.waitUntil(keepPage(keep));
});

/** Fetches the page's files that are not kept yet, and lets go of those of an earlier version. */
async function keepPage(files: readonly string[]): Promise<void> {
  const cache = await caches.open(NAME);
  const wanted = new Set(files.map((file) => new URL(file, worker.registration.scope).href));
  for (const { url } of await cache.keys()) if (!wanted.has(url)) await cache.delete(url);
  for (const url of wanted) if (!(await cache.match(url))) await cache.add(url).catch(() => undefined);
}

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { scope } = worker.registration;
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return;
  const path = request.url.slice(scope.length).replace(/[?#].*$/, '');
  // Neither a model's data nor the docs are files of the page.
  if (/^(?:data|docs)\//.test(path)) return;
  // The names of built files carry a hash of what is in them: such a file never changes.
  const lasting = ['assets/', 'worker/', 'first/'].some((folder) => path.startsWith(folder));
  event.respondWith(answer(event, lasting).then(isolated));
});

async function answer(event: Fetched, lasting: boolean): Promise<Response> {
  const { request } = event;
  const key = request.mode === 'navigate' ? worker.registration.scope : request.url;
  const kept = async () => (await caches.open(NAME)).match(key);
  if (lasting) {
    // Whatever the store does, the page gets its files.
    const found = await kept().catch(() => undefined);
    if (found) return found;
  }
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected && response.type === 'basic') {
      const copy = response.clone();
      event.waitUntil(
        caches
          .open(NAME)
          .then((cache) => cache.put(key, copy))
          .catch(() => undefined),
      );
    }
    return response;
  } catch (error) {
    const found = await kept().catch(() => undefined);
    if (found) return found;
    throw error;
  }
}

function isolated(response: Response): Response {
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.type === 'error') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATING)) headers.set(name, value);
  const empty = response.status === 204 || response.status === 304;
  const { status, statusText } = response;
  return new Response(empty ? null : response.body, { status, statusText, headers });
}
