import { type ErrorCode, WeightscopeError } from '../errors.ts';
import { resolveStorage, withStandIns } from '../formats/quantised/resolve.ts';
import type { TensorFile, TensorInfo } from '../formats/tensor.ts';
import { quote } from '../quote.ts';
import { httpFolder } from '../source/http.ts';
import { memoryFolder } from '../source/memory.ts';
import type { HttpOptions } from '../source/request.ts';
import type { Cache, SourceFolder } from '../source/source.ts';
import { vocabularyFromGguf } from '../vocabulary/gguf.ts';
import { readVocabulary } from '../vocabulary/read.ts';
import type { Vocabulary } from '../vocabulary/types.ts';
import type { Config } from './architecture.ts';
import { architectureOf } from './architectures/index.ts';
import { bind } from './bind.ts';
import { readConfig } from './config.ts';
import { fingerprint } from './fingerprint.ts';
import { configFromGguf } from './gguf-config.ts';
import { type StackName, splitStack, viewOf } from './stacks.ts';
import type { Model } from './types.ts';
import { readWeights } from './weights.ts';

export interface OpenOptions {
  /** What readings call the model; default: the folder's or file's name. */
  name?: string;
  /** The weights file in the folder, e.g. `model.Q4_K_M.gguf`; default: found by itself. */
  file?: string;
  /** Where derived data may be kept between runs, or what makes such a place for the fingerprint; default nowhere. */
  cache?: Cache | ((fingerprint: string) => Cache);
  /** Another tokenizer than the checkpoint's; `null`: none is read. */
  vocabulary?: Vocabulary | null;
  /** Of an encoder-decoder, the layers that readings are of; default the decoder's. Locations say it with `#cross`. */
  stack?: StackName;
  /** For URLs: headers and the like. */
  http?: HttpOptions;
  signal?: AbortSignal;
}

/**
 * Opens a checkpoint: a URL (of a .gguf or .safetensors file, or of a folder; relative ones count from the page), a
 * folder, or files in memory (`{ 'config.json': bytes, 'model.safetensors': bytes }`). Only headers, config and
 * tokenizer are read. Throws what {@link openCheckpoint} throws, and `NETWORK`.
 */
export async function openModel(
  location: string | URL | SourceFolder | Readonly<Record<string, Uint8Array>>,
  options: OpenOptions = {},
): Promise<Model> {
  if (location instanceof URL || typeof location === 'string') {
    const { location: place, stack } = splitStack(String(location));
    const { folder, file } = splitUrl(place);
    const name = options.name ?? String(location);
    return openCheckpoint(httpFolder(folder, options.http), { file, stack, ...options, name });
  }
  return openCheckpoint(isFolder(location) ? location : memoryFolder(location), options);
}

/**
 * Opens the checkpoint in a folder: config.json, tokenizer and *.safetensors (sharded or not), or a *.gguf.
 * Throws `SOURCE_NOT_FOUND` (no weights), `CONFIG_MISSING`, `CONFIG_INVALID`, `ARCHITECTURE_UNKNOWN`, `TENSOR_MISSING`,
 * `TENSOR_SHAPE`, and what the formats throw. A tokenizer that cannot be read is a note.
 */
export async function openCheckpoint(folder: SourceFolder, options: OpenOptions = {}): Promise<Model> {
  const name = options.name ?? (options.file ? `${folder.name}/${options.file}` : folder.name);
  const weights = await readWeights(folder, options.file);
  try {
    return await openWeights(weights, folder, name, options);
  } catch (error) {
    await closeAll(weights);
    throw error;
  }
}

async function openWeights(
  weights: TensorFile,
  folder: SourceFolder,
  name: string,
  options: OpenOptions,
): Promise<Model> {
  const { format, metadata } = weights;
  const config =
    format === 'gguf' ? configFromGguf(metadata, weights.tensors, name) : await readConfig(folder, options.signal);
  const stored = await resolveStorage(weights, config, name, folder);
  const { tensors, notes, standIns } = stored;
  const origin: Origin = { format, standIns, folder, stack: options.stack };
  const bound = bindTensors(origin, config, withStandIns(stored), name);
  const found = await findVocabulary(weights, folder, bound.dimensions.vocab, config, options);
  const said = found.vocabulary?.notes ?? (found.note === undefined ? [] : [found.note]);
  const print = fingerprint(options.stack ? { ...config, 'weightscope.stack': options.stack } : config, tensors);
  const model: Model = {
    name,
    ...bound,
    config,
    tensors,
    vocabulary: found.vocabulary,
    fingerprint: print,
    cache: typeof options.cache === 'function' ? options.cache(print) : options.cache,
    notes: [...bound.notes, ...notes, ...said],
    close: () => closeAll(weights),
  };
  origins.set(model, { ...origin, storageNotes: notes });
  return model;
}

/** What of a checkpoint decides how its tensors become parameters, beside its config. */
interface Origin {
  readonly format: TensorFile['format'];
  readonly standIns: ReadonlyMap<string, TensorInfo>;
  readonly folder: SourceFolder;
  readonly stack: StackName | undefined;
  readonly storageNotes?: readonly string[];
}

const origins = new WeakMap<Model, Origin>();

/** The format of the file that a model was opened from; undefined for one that was made of others. */
export const formatOfModel = (model: Model): TensorFile['format'] | undefined => origins.get(model)?.format;

/** The folder that a model was opened from; undefined for one that was made of others. */
export const folderOfModel = (model: Model): SourceFolder | undefined => origins.get(model)?.folder;

type BoundModel = Pick<
  Model,
  'architecture' | 'modelType' | 'dimensions' | 'parameters' | 'stackConfig' | 'notes' | 'unread'
>;

function bindTensors(
  { format, stack: wanted }: Origin,
  config: Config,
  tensors: ReadonlyMap<string, TensorInfo>,
  name: string,
): BoundModel {
  const modelType = config.model_type as string;
  const architecture = architectureOf(modelType, format, name, typical(tensors.keys()));
  const bound = bind(architecture, config, tensors, name);
  const {
    parameters,
    sizes,
    config: stackConfig,
    note,
  } = viewOf(bound.parameters, bound.sizes, bound.stacks, wanted, name);
  return {
    // GGUF's own names of architectures are those of families; ours for GGUF only say which names its tensors have.
    architecture: format === 'gguf' ? modelType : architecture.family,
    modelType,
    dimensions: { ...sizes, gated: bound.gated },
    parameters,
    ...(stackConfig && { stackConfig }),
    notes: [...(note === undefined ? [] : [note]), ...bound.notes],
    unread: bound.unread,
  };
}

/**
 * An opened model's parameters made of other tensors than those of its file, under the names that its file has;
 * `config` where sizes differ. Reads nothing. Throws what {@link openCheckpoint} throws of tensors.
 */
export function rebind(
  model: Model,
  tensors: ReadonlyMap<string, TensorInfo>,
  config: Config = model.config,
): BoundModel {
  const origin = origins.get(model);
  if (!origin)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected a checkpoint that was opened from files, got ${quote(model.name)}, which was made of others.`,
    );
  const bound = bindTensors(origin, config, withStandIns({ ...origin, tensors, notes: [] }), model.name);
  return { ...bound, notes: [...bound.notes, ...(origin.storageNotes ?? [])] };
}

/** The name of a tensor that tells most about a model: one of its first layer. */
function typical(names: Iterable<string>): string | undefined {
  let first: string | undefined;
  for (const name of names) {
    if (name.endsWith('weight') && /\b0\..*weight$/.test(name)) return name;
    first ??= name;
  }
  return first;
}

/** What is wrong with a file that is no tokenizer; a pointer to one, or a network that gives none, are mended first. */
const NO_TOKENIZER: readonly ErrorCode[] = ['TOKENIZER_INVALID', 'SOURCE_UNREADABLE', 'FORMAT_LIMIT'];

async function findVocabulary(
  { format, metadata }: TensorFile,
  folder: SourceFolder,
  size: number,
  config: Config,
  { vocabulary, signal }: OpenOptions,
): Promise<{ vocabulary?: Vocabulary; note?: string }> {
  if (vocabulary !== undefined) return { vocabulary: vocabulary ?? undefined };
  try {
    const own = format === 'gguf' ? vocabularyFromGguf(metadata, size) : undefined;
    return own ? { vocabulary: own } : await readVocabulary(folder, size, config, signal);
  } catch (error) {
    // Weights are as readable without words.
    if (!(error instanceof WeightscopeError) || !NO_TOKENIZER.includes(error.code)) throw error;
    return { note: `The tokenizer cannot be read, so tokens are shown by their numbers: ${error.message}` };
  }
}

async function closeAll({ tensors }: TensorFile): Promise<void> {
  const sources = new Set([...tensors.values()].map(({ source }) => source));
  await Promise.all([...sources].map((source) => source.close?.()));
}

function isFolder(location: SourceFolder | Readonly<Record<string, Uint8Array>>): location is SourceFolder {
  return typeof location.open === 'function';
}

/** A URL of a weights file is that file in its folder; any other is a folder. */
function splitUrl(location: string): { folder: string; file?: string } {
  const base = typeof document === 'undefined' ? undefined : document.baseURI;
  let url: URL;
  try {
    url = new URL(location, base);
  } catch (cause) {
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected a URL, got ${quote(String(location))}.`, {
      cause,
    });
  }
  const file = /[^/]+\.(gguf|safetensors)$/.exec(url.pathname)?.[0];
  if (file) return { folder: new URL('.', url).href, file: decoded(file) };
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { folder: url.href };
}

function decoded(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch (cause) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected a URL whose percent signs encode UTF-8, got one that ends with ${quote(file)}.`,
      { cause },
    );
  }
}
