import type { BlockStore } from '../source/blocks.ts';
import type { Cache } from '../source/source.ts';

/** What a page keeps in the browser: blocks of files and derived data, up to a limit. */
export interface SiteStorage {
  readonly blocks: BlockStore;
  cache(fingerprint: string): Cache;
  /** Factors of heads, of all models. */
  readonly factors: Cache;
  /** Bytes that are kept, and how many may be. */
  usage(): Promise<{ bytes: number; limit: number }>;
  clear(): Promise<void>;
}

/** In workers only, so that the types of pages lack it (File System standard, 3.5). */
interface Synchronous {
  createSyncAccessHandle(): Promise<{
    truncate(bytes: number): void;
    write(bytes: BufferSource, options: { at: number }): number;
    close(): void;
  }>;
}

const ROOT = 'weightscope';
/** Of what the browser grants at most a half, and never more than this. */
const MOST = 1 << 30;

interface Entry {
  name: string;
  bytes: number;
  written: number;
}

/**
 * Storage in the browser's private file system, for a worker. When it is full, what was written first goes first. Where
 * there is none (an old browser, a page without https) undefined: everything works, and is fetched again next time.
 */
export async function openStorage(): Promise<SiteStorage | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(ROOT, { create: true });
    const { quota = MOST } = await navigator.storage.estimate();
    return new PrivateFiles(root, folder, Math.min(MOST, quota / 2));
  } catch {
    return undefined;
  }
}

class PrivateFiles implements SiteStorage {
  readonly #root: FileSystemDirectoryHandle;
  readonly #limit: number;
  #folder: FileSystemDirectoryHandle;
  /** In the order in which they were written; listed once. */
  #entries: Promise<Map<string, Entry>> | undefined;

  constructor(root: FileSystemDirectoryHandle, folder: FileSystemDirectoryHandle, limit: number) {
    this.#root = root;
    this.#folder = folder;
    this.#limit = limit;
  }

  readonly blocks: BlockStore = {
    get: async (file, block) => this.#read(await nameOf(`${file} ${block}`)),
    put: async (file, block, bytes) => this.#write(await nameOf(`${file} ${block}`), bytes),
  };

  cache(fingerprint: string): Cache {
    return {
      get: async (name) => this.#read(await nameOf(`${fingerprint} ${name}`)),
      put: async (name, bytes) => this.#write(await nameOf(`${fingerprint} ${name}`), bytes),
    };
  }

  readonly factors: Cache = this.cache('factor');

  async usage() {
    return { bytes: sum(await this.#listed()), limit: this.#limit };
  }

  async clear(): Promise<void> {
    await this.#root.removeEntry(ROOT, { recursive: true }).catch(() => undefined);
    this.#folder = await this.#root.getDirectoryHandle(ROOT, { create: true });
    this.#entries = undefined;
  }

  /** A file begins with the hash of its bytes: one that was cut short counts as absent. */
  async #read(name: string): Promise<Uint8Array | undefined> {
    try {
      const handle = await this.#folder.getFileHandle(name);
      const all = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      const bytes = all.slice(DIGEST);
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return digest.every((byte, i) => byte === all[i]) && all.length >= DIGEST ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    try {
      const entries = await this.#listed();
      if (bytes.length > this.#limit) return;
      for (const old of entries.values()) {
        if (sum(entries) + bytes.length <= this.#limit) break;
        entries.delete(old.name);
        await this.#folder.removeEntry(old.name).catch(() => undefined);
      }
      const handle = await this.#folder.getFileHandle(name, { create: true });
      const access = await (handle as unknown as Synchronous).createSyncAccessHandle();
      try {
        access.truncate(0);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource));
        access.write(digest, { at: 0 });
        access.write(bytes as BufferSource, { at: DIGEST });
      } finally {
        access.close();
      }
      entries.set(name, { name, bytes: bytes.length, written: Date.now() });
    } catch {
      // A full disk, or another tab that writes the same: nothing is lost but time.
    }
  }

  #listed(): Promise<Map<string, Entry>> {
    this.#entries ??= (async () => {
      const found: Entry[] = [];
      for await (const [name, handle] of this.#folder as unknown as AsyncIterable<[string, FileSystemHandle]>) {
        if (handle.kind !== 'file') continue;
        const { size, lastModified } = await (handle as FileSystemFileHandle).getFile();
        found.push({ name, bytes: Math.max(0, size - DIGEST), written: lastModified });
      }
      found.sort((a, b) => a.written - b.written);
      return new Map(found.map((entry) => [entry.name, entry]));
    })();
    return this.#entries;
  }
}

const DIGEST = 32;

const sum = (entries: ReadonlyMap<string, Entry>): number =>
  [...entries.values()].reduce((all, { bytes }) => all + bytes, 0);

/** A file's name for any text. */
async function nameOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
