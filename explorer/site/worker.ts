/** The worker of a site's page: the server's API, answered here. */
import { problemOf } from '../../src/server/problems.ts';
import { SiteHost } from '../../src/site/host.ts';
import { parseSite, SITE } from '../../src/site/manifest.ts';
import { type Kept, prefetched } from '../../src/site/prefetch.ts';
import type { FromWorker, ToWorker, Usage } from '../../src/site/protocol.ts';
import { openStorage } from '../../src/site/storage.ts';

const say = (message: FromWorker, transfer: Transferable[] = []): void =>
  (postMessage as (message: FromWorker, transfer: Transferable[]) => void)(message, transfer);

let started: Promise<{ host: SiteHost; kept: Kept }> | undefined;
const stops = new Map<number, AbortController>();

async function start({ base, again }: ToWorker & { type: 'start' }) {
  const [storage, response] = await Promise.all([openStorage(), fetch(new URL(SITE, base), { cache: 'no-cache' })]);
  const site = parseSite(await response.json());
  const around = {
    base,
    hub: site.hub,
    store: storage?.blocks,
    ...(storage && { cache: (fingerprint: string) => storage.cache(fingerprint), factors: storage.factors }),
  };
  const host = new SiteHost(site, around, again);
  return { host, kept: prefetched(site, around, storage) };
}

addEventListener('message', ({ data: message }: MessageEvent<ToWorker>) => {
  if (message.type === 'start') {
    started ??= start(message);
    started.catch(() => undefined);
    return;
  }
  if (message.type === 'cancel') {
    stops.get(message.id)?.abort();
    return;
  }
  const { id } = message;
  void answer(message).catch((error) => {
    const { status, body } = problemOf(error);
    if (body.error.code === 'INTERNAL') console.error(error);
    say({ type: 'failed', id, status, ...body.error });
  });
});

async function answer(message: Exclude<ToWorker, { type: 'start' | 'cancel' }>): Promise<void> {
  const { host, kept } = await started!;
  const { id } = message;
  if (message.type === 'ask') return kept.after(() => ask(host, message));
  if (message.type === 'open') return open(host, message);
  if (message.type === 'clear') await kept.clear();
  const usage: Usage = await kept.usage();
  say({ type: 'result', id, value: usage });
}

/** Opens a model, and says how many bytes came for it; it stops when the page has left. */
async function open(host: SiteHost, { id, wanted }: ToWorker & { type: 'open' }): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  let bytes = 0;
  const received = (more: number): void => {
    bytes += more;
    say({ type: 'received', id, bytes });
  };
  try {
    say({ type: 'result', id, value: await host.open(wanted, { signal: stop.signal, received }) });
  } finally {
    stops.delete(id);
  }
}

/** An answer as it comes; it stops when the page has left. */
async function ask(host: SiteHost, { id, url, headers }: ToWorker & { type: 'ask' }): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    const response = await host.fetch(new Request(url, { headers, signal: stop.signal }));
    say({ type: 'head', id, status: response.status, headers: [...response.headers] });
    const reader = response.body?.getReader();
    stop.signal.addEventListener('abort', () => void reader?.cancel().catch(() => undefined));
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      // A copy that is its own buffer, so that it can be handed over.
      const bytes = piece.value.slice();
      say({ type: 'body', id, bytes }, [bytes.buffer]);
    }
    say({ type: 'end', id });
  } finally {
    stops.delete(id);
  }
}
