/** Bytes that can be read by ranges: a file, a URL, an array in memory. */
export interface Source {
  /** For messages and fingerprints: a path, a URL, or a name given by the caller. */
  readonly name: string;
  readonly byteLength: number;
  /**
   * Bytes `[start, end)`; exactly `end - start` of them, or an error (`SOURCE_TRUNCATED`, `OUT_OF_RANGE`, `NETWORK` …).
   * The array may be a view on shared memory: treat it as read-only.
   */
  slice(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * What changes when the bytes change, without reading them: size and modification time of a file, ETag of a URL,
   * the hub's commit. Keys caches.
   */
  readonly version: string;
  close?(): Promise<void>;
}

/** Named files that belong together: a folder, a hub snapshot, a URL's directory, a record of byte arrays. */
export interface SourceFolder {
  readonly name: string;
  /** The file's source, or undefined when there is no such file. `name` may contain `/`, never `..`. */
  open(name: string): Promise<Source | undefined>;
  /** All file names, where they can be known (a plain HTTP server does not tell: undefined). */
  list(): Promise<string[] | undefined>;
}

/** A place for derived data; names are plain file names. A failing `put` is not an error. */
export interface Cache {
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, bytes: Uint8Array): Promise<void>;
}
