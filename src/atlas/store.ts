/** Where an atlas's files are written: a folder, or anything that keeps named bytes. */
export interface Store {
  /** For messages. */
  readonly name: string;
  get(name: string): Promise<Uint8Array | undefined>;
  /** All or nothing: after a failure, or in the middle of it, `name` is what it was before. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Names that begin with `prefix`, sorted, with their sizes. */
  list(prefix: string): Promise<{ name: string; bytes: number }[]>;
  /** No error when there is none. */
  remove(name: string): Promise<void>;
}

/** In memory; for tests and browsers. */
export function memoryStore(name = 'memory'): Store {
  const files = new Map<string, Uint8Array>();
  return {
    name,
    get: async (file) => files.get(file),
    put: async (file, bytes) => void files.set(file, bytes.slice()),
    list: async (prefix) =>
      [...files]
        .filter(([file]) => file.startsWith(prefix))
        .map(([file, bytes]) => ({ name: file, bytes: bytes.length }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    remove: async (file) => void files.delete(file),
  };
}
