import { sha256 } from '../atlas/hash.ts';
import { MANIFEST, parseManifest } from '../atlas/manifest.ts';
import { Atlas } from '../atlas/query/atlas.ts';
import type { Database } from '../atlas/query/database.ts';
import type { AtlasFolder, TableFile } from '../atlas/query/folder.ts';
import { type AtlasFile, TABLE_NAMES, type TableName } from '../atlas/schema.ts';
import { WeightscopeError } from '../errors.ts';
import { BLOCK_BYTES } from '../source/blocks.ts';
import { piecesFolder } from '../source/pieces.ts';
import type { Source, SourceFolder } from '../source/source.ts';
import type { SiteModel } from './manifest.ts';
import type { Around } from './open.ts';

/** Bytes of an atlas that are kept in memory between reads. */
const REMEMBERED = 64 << 20;

/**
 * Opens the atlas of a site's model: its tables are read by ranges, which are the pieces that they lie in. Throws
 * `ATLAS_INVALID`, `SOURCE_NOT_FOUND`, `NETWORK`.
 */
export async function openSiteAtlas(place: NonNullable<SiteModel['atlas']>, around: Around): Promise<Atlas> {
  const { base, store, http } = around;
  const from = piecesFolder(new URL(`${place.folder}/`, base), place.files, { ...http, store, remembered: 0 });
  const described = await from.open(MANIFEST);
  if (!described)
    throw new WeightscopeError('ATLAS_INVALID', `Expected ${MANIFEST} in ${from.name}; write the site again.`);
  const manifest = parseManifest(await described.slice(0, described.byteLength), from.name);
  const blocks = new Blocks(from);
  const files = Object.fromEntries(TABLE_NAMES.map((table) => [table, [] as TableFile[]])) as AtlasFolder['files'];
  for (const { table, name, bytes, rows } of manifest.files)
    if (table in files) files[table as TableName].push(blocks.table(name, bytes, rows));
  return Atlas.of({
    path: from.name,
    manifest,
    files,
    later: new Set(place.later),
    database: () => new NoDatabase(),
    whole: (file) => wholeFile(from, file),
  });
}

async function wholeFile(from: SourceFolder, { name, bytes, sha256: expected }: AtlasFile): Promise<Uint8Array> {
  const source = await from.open(name);
  const found = await source?.slice(0, source.byteLength);
  if (found && (await sha256(found)) === expected) return found;
  throw new WeightscopeError(
    'ATLAS_INVALID',
    `Expected ${name} in ${from.name} as it was written (${bytes} bytes), found ${found ? `${found.length} bytes that differ` : 'nothing'}; write the site again.`,
  );
}

/** Blocks of an atlas's files, each fetched once however many ask for it, the last ones kept in memory. */
class Blocks {
  readonly #from: SourceFolder;
  readonly #kept = new Map<string, Promise<Uint8Array>>();

  constructor(from: SourceFolder) {
    this.#from = from;
  }

  table(name: string, bytes: number, rows: number): TableFile {
    let source: Promise<Source | undefined> | undefined;
    const block = async (i: number): Promise<Uint8Array> => {
      source ??= this.#from.open(name);
      const file = await source;
      if (!file || file.byteLength !== bytes) throw new Error(`${name} is not there as it was written`);
      return file.slice(i * BLOCK_BYTES, Math.min(bytes, (i + 1) * BLOCK_BYTES));
    };
    const read = async (at: number, into: Uint8Array): Promise<void> => {
      if (at < 0 || at + into.length > bytes) throw new Error('it is cut off');
      const [first, end] = [Math.floor(at / BLOCK_BYTES), Math.ceil((at + into.length) / BLOCK_BYTES)];
      await Promise.all(
        Array.from({ length: Math.max(0, end - first) }, async (_, i) => {
          const found = await this.#once(`${name} ${first + i}`, () => block(first + i));
          const start = (first + i) * BLOCK_BYTES;
          const [from, to] = [Math.max(at, start), Math.min(at + into.length, start + found.length)];
          into.set(found.subarray(from - start, to - start), from - at);
        }),
      );
    };
    return { path: `${this.#from.name}${name}`, bytes, rows, open: () => ({ read, close: () => undefined }) };
  }

  #once(key: string, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#kept.get(key);
    const found = known ?? fetch();
    // What was asked for last is at the end.
    this.#kept.delete(key);
    this.#kept.set(key, found);
    if (!known) {
      found.catch(() => this.#kept.delete(key));
      const [first] = this.#kept.keys();
      if (this.#kept.size > REMEMBERED / BLOCK_BYTES) this.#kept.delete(first);
    }
    return found;
  }
}

/**
 * No SQL: DuckDB for browsers is 34 MB of WebAssembly, and loads what reads Parquet from its maker's host, while a site
 * asks nobody but its own.
 */
class NoDatabase implements Database {
  rows(): Promise<never> {
    return Promise.reject(noDatabase());
  }

  stream(): Promise<never> {
    return Promise.reject(noDatabase());
  }

  close(): void {}
}

const noDatabase = (): WeightscopeError =>
  new WeightscopeError(
    'PACKAGE_MISSING',
    'SQL and regular expressions need DuckDB, which a site does not bring along (34 MB); ask them of `weightscope explore` or `weightscope atlas`.',
  );
