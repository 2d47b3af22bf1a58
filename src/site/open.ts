import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { openCheckpoint, openModel } from '../model/open.ts';
import { splitStack } from '../model/stacks.ts';
import type { Model } from '../model/types.ts';
import { quote } from '../quote.ts';
import type { FactorStore } from '../reading/factor-cache.ts';
import { blobFolder } from '../source/blobs.ts';
import { type BlockStore, blockSource } from '../source/blocks.ts';
import { httpFolder } from '../source/http.ts';
import { piecesFolder } from '../source/pieces.ts';
import type { HttpOptions } from '../source/request.ts';
import type { Cache, SourceFolder } from '../source/source.ts';
import { checkBudget } from './budget.ts';
import { hubFolder, parseHubPlace } from './hub-folder.ts';
import type { Place } from './manifest.ts';

/** What a reader opens: files that were chosen, an address, a hub id. */
export type Wanted =
  | { files: readonly (readonly [path: string, file: Blob])[] }
  | { url: string }
  | { hub: string; token?: string };

export interface Around {
  /** The page's folder. */
  base: string;
  /** The hub's address. */
  hub?: string;
  store?: BlockStore;
  cache?: (fingerprint: string) => Cache;
  /** Where factors of heads are kept. */
  factors?: FactorStore;
  http?: HttpOptions;
  /** Bytes; default {@link BUDGET_BYTES}. */
  budget?: number;
}

/** How opening is followed, and stopped. */
export interface Opening {
  signal?: AbortSignal;
  /** Bytes that came from the web, each time more did. */
  received?: (bytes: number) => void;
}

/** Opens a model and checks that it can be read in a page. Throws what `openCheckpoint` throws, and `TOO_LARGE`. */
export async function openPlace(
  place: Place | Wanted,
  name: string | undefined,
  around: Around,
  { signal, received }: Opening = {},
): Promise<Model> {
  let opening = true;
  const told = (bytes: number): void => {
    if (opening) received?.(bytes);
  };
  const http = { ...around.http, ...(signal && { signal }), ...(received && { received: told }) };
  const model = await opened(place, name, { ...around, http });
  opening = false;
  try {
    throwIfAborted(signal);
    checkBudget(model, around.budget);
    return model;
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function opened(place: Place | Wanted, name: string | undefined, around: Around): Promise<Model> {
  const { base, store, cache, http } = around;
  if ('folder' in place) {
    const folder = piecesFolder(new URL(`${place.folder}/`, base), place.files, { ...http, store });
    return openCheckpoint(folder, { name, file: place.file, stack: place.stack as never, cache, signal: http?.signal });
  }
  if ('url' in place) return openUrl(place.url, name, around);
  if ('hub' in place) {
    const { location, stack } = splitStack(place.hub);
    const wanted = parseHubPlace(location);
    const token = 'token' in place ? place.token : undefined;
    const folder = await hubFolder(wanted, { ...http, endpoint: around.hub, token, store });
    return openCheckpoint(folder, {
      name: name ?? place.hub,
      file: wanted.file,
      stack,
      cache,
      signal: http?.signal,
    });
  }
  const files = new Map(place.files);
  const { folder, file } = chosen(files);
  return openCheckpoint(blobFolder(folder, name ?? 'the folder'), { name, file, cache, signal: http?.signal });
}

async function openUrl(url: string, name: string | undefined, { store, cache, http }: Around): Promise<Model> {
  if (!/^https?:\/\//.test(url))
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected an address that begins with https:// (or http://), got ${quote(url)}.`,
    );
  const { location, stack } = splitStack(url);
  const at = new URL(location);
  const file = /[^/]+\.(gguf|safetensors)$/.exec(at.pathname)?.[0];
  if (!store) return openModel(url, { name, cache, http, signal: http?.signal });
  if (file) at.pathname = at.pathname.slice(0, -file.length);
  const options = { name: name ?? url, file: file && decodeURIComponent(file), stack, cache, signal: http?.signal };
  return openCheckpoint(inBlocks(httpFolder(at, http), store), options);
}

/**
 * The same folder, of which what was read is kept. A file without a version could be another one tomorrow: it is not.
 */
function inBlocks(folder: SourceFolder, store: BlockStore): SourceFolder {
  return {
    ...folder,
    async open(name) {
      const source = await folder.open(name);
      if (!source) return undefined;
      const versioned = !source.version.startsWith('-');
      return blockSource(source, source.slice, versioned ? { store } : {});
    },
  };
}

/** Of one chosen file that is a model, that file; else the folder, without the name that all paths begin with. */
function chosen(files: ReadonlyMap<string, Blob>): { folder: ReadonlyMap<string, Blob>; file?: string } {
  const paths = [...files.keys()];
  if (paths.length === 0)
    throw new WeightscopeError('ARGUMENT_INVALID', 'Expected a file or a folder, got nothing; choose again.');
  const [first] = paths[0].split('/');
  const nested = paths.every((path) => path.startsWith(`${first}/`));
  const folder = nested ? new Map([...files].map(([path, file]) => [path.slice(first.length + 1), file])) : files;
  const [only] = folder.keys();
  return folder.size === 1 ? { folder, file: only } : { folder };
}
