import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Adapter } from './compare/adapter/open.ts';
import { addEngine } from './engine/select.ts';
import { WeightscopeError } from './errors.ts';
import { type OpenOptions, openModel as openAnywhere, openCheckpoint } from './model/open.ts';
import { SAMPLE, SAMPLE_NORMALISERS } from './model/sample.node.ts';
import { splitStack } from './model/stacks.ts';
import type { Model } from './model/types.ts';
import { meant } from './nearest.ts';
import { fileCache } from './source/cache.node.ts';
import { fileFolder } from './source/file.node.ts';
import { httpFolder } from './source/http.ts';
import { type HubOptions, hubFolder } from './source/hub.node.ts';
import type { Cache, SourceFolder } from './source/source.ts';

addEngine('native', async () => (await import('./engine/native/native.node.ts')).nativeEngine());

export interface NodeOpenOptions extends OpenOptions {
  /**
   * Read the weights of a hub checkpoint by ranges instead of fetching the files; those in the cache are read there.
   */
  ranges?: boolean;
  /** Called while a hub checkpoint is fetched; `done` is 0 to 1. */
  progress?: (done: number, what: string) => void;
  /** An adapter that is put into the weights: what {@link openAdapter} takes. */
  adapter?: string;
  /** The base that is taken away, so that only what changed is left: what {@link openModel} takes. */
  minus?: string;
}

/**
 * Opens a checkpoint: `sample` (the built-in model), a path (a folder, a .safetensors, a .gguf), a URL, a hub id
 * (`openai-community/gpt2-medium`, `org/name@revision`), each with `#encoder`, `#decoder` or `#cross` behind it where a
 * model has two stacks (`t5-small#cross`), or what the browser's `openModel` takes. A path wins over a
 * hub id of the same spelling. Reads headers, config and tokenizer only; normalisers are kept in the user's cache.
 * With `adapter` it is the model with that in its weights, with `minus` only what it has beside that base.
 */
export async function openModel(
  location: string | URL | SourceFolder | Readonly<Record<string, Uint8Array>>,
  { adapter, minus, ...options }: NodeOpenOptions = {},
): Promise<Model> {
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  try {
    let model = keep(await openPlain(location, options));
    if (adapter !== undefined) {
      const { withAdapter } = await import('./compare/adapter/with-adapter.ts');
      model = await withAdapter(model, keep(await openAdapter(adapter, options)), options.signal);
    }
    if (minus === undefined) return model;
    const { difference } = await import('./compare/difference.ts');
    const { name: _, ...plain } = options;
    return difference(keep(await openPlain(minus, plain)), model);
  } catch (error) {
    await Promise.allSettled(opened.map((one) => one.close()));
    throw error;
  }
}

/**
 * Opens a PEFT adapter: a folder with adapter_config.json, its weights' file, a URL of the folder, or a hub id. Throws
 * `SOURCE_NOT_FOUND`, and what `openAdapter` of a folder throws.
 */
export async function openAdapter(location: string, options: NodeOpenOptions = {}): Promise<Adapter> {
  const { openAdapter: openAdapterIn } = await import('./compare/adapter/open.ts');
  const { signal } = options;
  if (/^https?:\/\//.test(location)) {
    const folder = location.endsWith('/') ? location : `${location}/`;
    return openAdapterIn(httpFolder(folder, options.http), { name: location, signal });
  }
  const found = await stat(location).catch(() => undefined);
  if (found?.isDirectory()) return openAdapterIn(await fileFolder(location), { name: location, signal });
  if (found) {
    const named = { name: location, file: basename(location), signal };
    return openAdapterIn(await fileFolder(dirname(location)), named);
  }
  if (!looksLikeHubId(location))
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected an adapter's folder, its adapter_model.safetensors, a URL or a hub id, but nothing is at ${JSON.stringify(location)}.`,
    );
  return openAdapterIn(await hubFolder(location, hubOptions(location, options)), { name: location, signal });
}

/** The folder in which a checkpoint's files lie. */
export async function folderOf(location: string, options: NodeOpenOptions): Promise<SourceFolder> {
  if (/^https?:\/\//.test(location)) {
    const url = new URL(location);
    if (!/\.(gguf|safetensors)$/.test(url.pathname) && !url.pathname.endsWith('/')) url.pathname += '/';
    return httpFolder(new URL('.', url).href, options.http);
  }
  const path = location === 'sample' ? SAMPLE : location;
  const found = await stat(path).catch(() => undefined);
  if (found) return fileFolder(found.isDirectory() ? path : dirname(path));
  return hubFolder(location, hubOptions(location, options));
}

/** A checkpoint itself, with no adapter and no base taken away. */
export async function openPlain(
  location: string | URL | SourceFolder | Readonly<Record<string, Uint8Array>>,
  options: NodeOpenOptions = {},
): Promise<Model> {
  const settings: OpenOptions = { cache: fileCache, ...options };
  if (typeof location !== 'string' || /^https?:\/\//.test(location)) return openAnywhere(location, settings);
  const named = { name: location, ...settings };
  if (location === 'sample') return openFile(SAMPLE, { ...named, cache: sampleCache, ...options });
  const found = await stat(location).catch(() => undefined);
  if (found?.isDirectory()) return openCheckpoint(await fileFolder(location), named);
  if (found) return openFile(location, named);
  const { location: place, stack } = splitStack(location);
  if (stack !== undefined) return openPlain(place, { name: location, stack, ...options });
  if (!looksLikeHubId(location)) {
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected \`sample\`, a folder, a .safetensors or .gguf file, a URL or a hub id such as openai-community/gpt2, but nothing is at ${JSON.stringify(location)}.`,
    );
  }
  const folder = await hubFolder(location, hubOptions(location, options)).catch((error: unknown) => {
    throw error instanceof WeightscopeError ? misspelt(location, error) : error;
  });
  return openCheckpoint(folder, named);
}

function hubOptions(location: string, { progress, signal, ranges }: NodeOpenOptions): HubOptions {
  // The total grows as further files turn out to be needed: one stage for all of them, which never runs backwards.
  let furthest = 0;
  const report = (done: number, total: number): void => {
    furthest = Math.max(furthest, total > 0 ? done / total : 0);
    progress?.(furthest, `fetching ${location}`);
  };
  return { progress: report, signal, ranges };
}

/** A hub id that the hub has not, and that is the built-in model's name but for a letter or two. */
function misspelt(location: string, error: WeightscopeError): WeightscopeError {
  const question = meant(location, ['sample']);
  if (question === '' || error.code === 'ABORTED') return error;
  const first = `Nothing is at ${JSON.stringify(location)} here${question}; as a hub id:`;
  return new WeightscopeError(error.code, `${first} ${error.message}`, { cause: error });
}

/** A location that means the same in another folder: a path becomes absolute. */
export async function locationOf(location: string): Promise<string> {
  const there = async (place: string): Promise<boolean> =>
    place !== 'sample' && (await stat(place).catch(() => undefined)) !== undefined;
  if (await there(location)) return resolve(location);
  const { location: place, stack } = splitStack(location);
  return stack !== undefined && (await there(place)) ? `${resolve(place)}#${stack}` : location;
}

async function openFile(path: string, options: OpenOptions): Promise<Model> {
  return openCheckpoint(await fileFolder(dirname(path)), { file: basename(path), ...options });
}

/** The user's cache, and behind it the normalisers that ship with the sample: a first look need not wait for them. */
function sampleCache(fingerprint: string): Cache {
  const own = fileCache(fingerprint);
  return {
    ...own,
    async get(name) {
      const shipped = /^freq-\d+-.*-unembed\.safetensors$/.test(name);
      return (await own.get(name)) ?? (shipped ? readFile(SAMPLE_NORMALISERS) : undefined);
    },
  };
}

/**
 * `name` or `org/name`, with or without a revision; a file name with an ending that weights have is a mistyped path.
 */
function looksLikeHubId(location: string): boolean {
  return (
    /^[\w][\w.-]*(\/[\w][\w.-]*)?(@.+)?$/.test(location) && !/\.(gguf|safetensors|bin|pt|pth|npz?)$/.test(location)
  );
}
