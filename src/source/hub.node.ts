import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, WeightscopeError } from '../errors.ts';
import { download, writable } from './download.node.ts';
import { fileFolder, fileSource } from './file.node.ts';
import { httpSource } from './http.ts';
import { etagName, exists, HubCache, type Link } from './hub-cache.node.ts';
import { exchange, type HubHttp, retrying } from './hub-http.ts';
import { type HubId, parseHubId } from './hub-id.ts';
import { type HubListing, hubListing } from './hub-listing.ts';
import { withLock } from './hub-lock.node.ts';
import { HubProgress, type HubProgressCallback } from './hub-progress.ts';
import {
  checkEndpoint,
  type Environment,
  hubCacheDir,
  hubEndpoint,
  hubOffline,
  hubToken,
  symlinksDisabled,
} from './hub-settings.node.ts';
import { checkFileName } from './range.ts';
import type { Source, SourceFolder } from './source.ts';

export interface HubOptions {
  /** Default `HF_ENDPOINT`, else the public hub. */
  endpoint?: string;
  /** Default `HF_TOKEN`, else the token file. */
  token?: string;
  /** Default `HF_HUB_CACHE` and its fallbacks. */
  cacheDir?: string;
  progress?: HubProgressCallback;
  signal?: AbortSignal;
  /** Use only what is in the cache; default `HF_HUB_OFFLINE`. */
  offline?: boolean;
  /** Read weights (.safetensors, .gguf) that are not in the cache by ranges, and keep nothing of them. */
  ranges?: boolean;
  fetch?: typeof fetch;
  /** What a test replaces: the environment, the waiting between attempts, the patience with a silent server, links. */
  env?: Environment;
  wait?: HubHttp['wait'];
  timeout?: number;
  symlink?: Link;
}

/**
 * A model on the hub (`openai-community/gpt2`, `org/name@revision`), fetched file by file when opened, into the cache
 * that Python's huggingface_hub shares. What is there is not fetched again; without a network the cache is the folder.
 * Throws `ARGUMENT_INVALID`, `SOURCE_NOT_FOUND`, `UNAUTHORIZED`, `NETWORK`, `ABORTED`; opening a file may also throw
 * `OUTPUT_UNWRITABLE`, `SOURCE_CHANGED` (hash) and `SOURCE_TRUNCATED` (size).
 */
export async function hubFolder(id: string, options: HubOptions = {}): Promise<SourceFolder> {
  const env = options.env ?? process.env;
  const hubId = parseHubId(id);
  const cache = new HubCache(
    options.cacheDir ?? hubCacheDir(env),
    hubId.repo,
    symlinksDisabled(env) ? refuseLinks : options.symlink,
  );
  const cached = await cachedCommit(cache, hubId.revision);
  if (options.offline ?? hubOffline(env)) {
    if (cached) return new CachedFolder(id, cache, cached);
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `The model ${id} is not in the cache (${options.cacheDir ?? hubCacheDir(env)}) and the network is turned off; unset HF_HUB_OFFLINE to fetch it.`,
    );
  }
  const http: HubHttp = {
    endpoint: checkEndpoint(options.endpoint ?? hubEndpoint(env)),
    token: options.token ?? (await hubToken(env)),
    fetch: options.fetch ?? fetch,
    wait: options.wait ?? ((ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined)),
    timeout: options.timeout ?? 30_000,
    signal: options.signal,
  };
  try {
    // With a copy at hand one attempt is enough, as Python does it.
    const listing = await hubListing(http, hubId, cached ? 1 : undefined);
    return new HubFolder(id, hubId, http, cache, listing, new HubProgress(options.progress), options.ranges ?? false);
  } catch (error) {
    // The copy serves whoever may have lost the network, the token, or the model itself.
    const refused = error instanceof WeightscopeError && REFUSED.has(error.code);
    if (cached && refused) return new CachedFolder(id, cache, cached, error);
    throw error;
  }
}

const REFUSED: ReadonlySet<ErrorCode> = new Set(['NETWORK', 'UNAUTHORIZED', 'SOURCE_NOT_FOUND']);

const refuseLinks: Link = () => Promise.reject(new Error('HF_HUB_DISABLE_SYMLINKS is set'));

async function cachedCommit(cache: HubCache, revision: string): Promise<string | undefined> {
  const commit = await cache.commitOf(revision);
  return commit && (await exists(cache.snapshot(commit))) ? commit : undefined;
}

/** A file of the cache as a source that says where it came from. */
async function hubSource(cache: HubCache, id: string, commit: string, name: string): Promise<Source> {
  const file = await fileSource(cache.file(commit, name));
  return { ...file, name: `${id}/${name}`, version: commit };
}

/** What the cache holds of a commit, without the hub. */
class CachedFolder implements SourceFolder {
  readonly name: string;
  readonly #cache: HubCache;
  readonly #commit: string;
  /** Why the hub could not be asked. */
  readonly #cause?: unknown;

  constructor(name: string, cache: HubCache, commit: string, cause?: unknown) {
    this.name = name;
    this.#cache = cache;
    this.#commit = commit;
    this.#cause = cause;
  }

  async open(name: string): Promise<Source | undefined> {
    checkFileName(name);
    if (await exists(this.#cache.file(this.#commit, name)))
      return hubSource(this.#cache, this.name, this.#commit, name);
    // Nobody asks for a numbered shard but because an index names it: absence is an interrupted download.
    if (/-\d{5}-of-\d{5}\./.test(name))
      throw new WeightscopeError(
        'SOURCE_NOT_FOUND',
        `The file ${name} of ${this.name} has not been downloaded and the hub is out of reach; run again with a network.`,
        { cause: this.#cause },
      );
    return undefined;
  }

  async list(): Promise<string[]> {
    return (await (await fileFolder(this.#cache.snapshot(this.#commit))).list()) ?? [];
  }
}

class HubFolder implements SourceFolder {
  readonly name: string;
  readonly #id: HubId;
  readonly #http: HubHttp;
  readonly #cache: HubCache;
  readonly #listing: HubListing;
  readonly #progress: HubProgress;
  readonly #ranges: boolean;
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(
    name: string,
    id: HubId,
    http: HubHttp,
    cache: HubCache,
    listing: HubListing,
    progress: HubProgress,
    ranges: boolean,
  ) {
    this.#ranges = ranges;
    this.name = name;
    this.#id = id;
    this.#http = http;
    this.#cache = cache;
    this.#listing = listing;
    this.#progress = progress;
  }

  async list(): Promise<string[]> {
    return [...this.#listing.files.keys()];
  }

  async open(name: string): Promise<Source | undefined> {
    checkFileName(name);
    const { commit, files } = this.#listing;
    if (!files.has(name)) {
      await this.#cache.rememberAbsent(commit, name);
      return undefined;
    }
    if (await this.#has(name)) await this.#remember().catch(() => undefined);
    else if (this.#ranges && /\.(safetensors|gguf)$/.test(name)) return this.#byRanges(name);
    else await this.#fetchOnce(name);
    return hubSource(this.#cache, this.name, commit, name);
  }

  #has(name: string): Promise<boolean> {
    return exists(this.#cache.file(this.#listing.commit, name));
  }

  #remember(): Promise<void> {
    return this.#cache.remember(this.#id.revision, this.#listing.commit);
  }

  #url(name: string): string {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return `${this.#http.endpoint}/${this.#id.repo}/resolve/${this.#listing.commit}/${path}`;
  }

  /** Requests are redirected to signed addresses elsewhere; `fetch` leaves the token behind. */
  async #byRanges(name: string): Promise<Source> {
    const { fetch, token, signal } = this.#http;
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    const source = await httpSource(this.#url(name), { fetch, headers, signal });
    return { ...source, name: `${this.name}/${name}`, version: this.#listing.commit };
  }

  #fetchOnce(name: string): Promise<void> {
    let fetching = this.#fetching.get(name);
    if (!fetching) {
      fetching = this.#fetch(name).finally(() => this.#fetching.delete(name));
      this.#fetching.set(name, fetching);
    }
    return fetching;
  }

  async #fetch(name: string): Promise<void> {
    const { repo } = this.#id;
    const { commit, files } = this.#listing;
    const request = { url: this.#url(name), repo, what: name };
    const { etag, size } = await this.#head(request);
    const total = size ?? files.get(name);
    await this.#expectShards(name);
    const blob = this.#cache.blob(etag);
    await writable(blob, () => mkdir(dirname(blob), { recursive: true }));
    await writable(blob, () => this.#remember());
    const wait = this.#http.wait;
    await writable(blob, () =>
      withLock(this.#cache.lock(etag), wait, this.#http.signal, async () => {
        if (await this.#has(name)) return; // another process was faster
        const fresh = !(await exists(blob));
        if (fresh) {
          const part = `${blob}.incomplete`;
          await download(this.#http, {
            request,
            part,
            size: total,
            sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : undefined,
            progress: (done, all) => this.#progress.report(name, done, all),
          });
          await rename(part, blob);
        }
        await this.#cache.place(etag, commit, name, fresh);
      }),
    );
    this.#progress.finish(name);
  }

  /** Name and size of a file's blob, from the headers of the hub itself: where it redirects to is signed for GET. */
  #head(request: { url: string; repo: string; what: string }): Promise<{ etag: string; size: number | undefined }> {
    const stopAt = (linked: Headers) => linked.has('x-linked-etag');
    return retrying(this.#http, () =>
      exchange(this.#http, { ...request, method: 'HEAD', stopAt }, async ({ response, linked }) => {
        const plain = response.ok && !response.headers.has('content-encoding');
        const length = linked.get('x-linked-size') ?? (plain ? response.headers.get('content-length') : null);
        return {
          etag: etagName(linked.get('x-linked-etag') ?? response.headers.get('etag')),
          size: length === null ? undefined : Number(length),
        };
      }),
    );
  }

  /** Counts all missing shards of a set from its first one on, so that the total does not grow with each. */
  async #expectShards(name: string): Promise<void> {
    const set = /^(.*)-\d{5}(-of-\d{5}\..*)$/.exec(name);
    if (!set) return;
    for (const [other, size] of this.#listing.files)
      if (size !== undefined && other.startsWith(set[1]) && other.endsWith(set[2]) && !(await this.#has(other)))
        this.#progress.expect(other, size);
  }
}
