import { WeightscopeError } from '../../errors.ts';
import { JsonError, JsonReader } from '../../json.ts';
import { describe, quote } from '../../quote.ts';
import type { SourceFolder } from '../../source/source.ts';
import { refuseLfsPointer } from '../lfs.ts';
import { openTensorFile } from '../open.ts';
import { standIn, type TensorFile, type TensorInfo } from '../tensor.ts';
import type { SafetensorsLimits } from './read.ts';

const MAX_INDEX_BYTES = 100_000_000;
/** Ten times more than any checkpoint is known to have. */
const MAX_SHARDS = 10_000;
/** Shards whose headers are read at one time: enough to hide the latency of a network. */
const AT_ONCE = 32;

/**
 * Reads a sharded checkpoint: `model.safetensors.index.json` (or PyTorch's `pytorch_model.bin.index.json`) with
 * `{"weight_map": {tensor: file}}`, and the header of each shard in the same folder. The tensors are those of the map
 * and what its shards hold besides, which `transformers` loads too; `metadata` is the index's own. A shard or tensor
 * that is not there is refused when it is wanted (`standIns`): by `SOURCE_NOT_FOUND`, or by `FORMAT_INVALID` where
 * index and shards disagree. Throws `SOURCE_NOT_FOUND` when the index or all shards are absent.
 */
export async function readShardedSafetensors(
  folder: SourceFolder,
  indexName = 'model.safetensors.index.json',
  limits: SafetensorsLimits = {},
): Promise<TensorFile> {
  const { weightMap, files, metadata } = await readIndex(folder, indexName);
  const shards = new Map<string, TensorFile>();
  const absent = new Set<string>();
  const waiting = files.values();
  const readShards = async () => {
    for (const file of waiting) {
      const source = await folder.open(file);
      source ? shards.set(file, await openTensorFile(source, limits)) : absent.add(file);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, readShards));
    if (shards.size === 0) throw missing(folder, weightMap.values().next().value ?? indexName);
  } catch (error) {
    await Promise.all([...shards.values()].map(close));
    throw error;
  }
  const tensors = new Map<string, TensorInfo>();
  const standIns = new Map<string, TensorInfo>();
  for (const [name, file] of weightMap) {
    const info = shards.get(file)?.tensors.get(name);
    if (info) tensors.set(name, info);
    else standIns.set(name, standIn(name, absent.has(file) ? missing(folder, file) : misplaced(name, file)));
  }
  /** Tensors that a second file has too, with that file. */
  const twice = new Map<string, string>();
  for (const file of files)
    for (const [name, info] of shards.get(file)?.tensors ?? []) {
      if (!weightMap.has(name) && !tensors.has(name)) tensors.set(name, info);
      else if (tensors.has(name) && tensors.get(name) !== info) twice.set(name, file);
    }
  const [{ format }] = shards.values();
  return { format, tensors, metadata, standIns, notes: [...gaps(), ...repeated()] };

  /** Who reads file by file takes the last of them, and who reads by the index the one that it names. */
  function repeated(): string[] {
    const [first] = twice;
    if (!first) return [];
    const [name, file] = first;
    const how = weightMap.has(name) ? 'as the index says' : 'of the first that has it';
    return [
      `${plural(twice.size, 'tensor')} of the checkpoint ${twice.size > 1 ? 'are' : 'is'} in more than one of its files: ${quote(name)} is read ${how}, and not of ${quote(file)}; other programs may take the other.`,
    ];
  }

  function misplaced(name: string, file: string): WeightscopeError {
    return invalid(
      folder,
      indexName,
      `it places tensor ${quote(name)} in ${file}, which does not have it; fetch the index and its files again`,
    );
  }

  /** A tensor that nothing reads does not close the model, but that it is not there is said. */
  function gaps(): string[] {
    if (standIns.size === 0) return [];
    const [first] = standIns.keys();
    const files =
      absent.size > 0
        ? `: ${plural(absent.size, 'file')} of its index ${absent.size > 1 ? 'are' : 'is'} not there`
        : '';
    return [
      `The checkpoint lacks ${plural(standIns.size, 'tensor')}, such as ${quote(first)}${files}; no parameter shown is made of them.`,
    ];
  }
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

async function close({ tensors }: TensorFile): Promise<void> {
  const [first] = tensors.values();
  await first?.source.close?.();
}

async function readIndex(folder: SourceFolder, indexName: string) {
  const source = await folder.open(indexName);
  if (!source) throw missing(folder, indexName);
  if (source.byteLength > MAX_INDEX_BYTES)
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Expected an index of at most ${MAX_INDEX_BYTES} bytes in ${source.name}, found ${source.byteLength}.`,
    );
  const bytes = await source.slice(0, source.byteLength);
  await source.close?.();
  refuseLfsPointer(bytes, source.name);
  const weightMap = new Map<string, string>();
  const files = new Set<string>();
  let metadata: unknown;
  let found = false;
  try {
    const reader = new JsonReader(bytes);
    if (!reader.isObject()) throw invalid(folder, indexName, 'it has no weight_map');
    reader.object((key) => {
      if (key === 'metadata') metadata = reader.value();
      else if (key !== 'weight_map') reader.skip();
      else {
        found = reader.isObject();
        if (!found) throw invalid(folder, indexName, 'it has no weight_map');
        reader.object((name) => {
          const file = reader.isString() ? reader.string() : reader.value();
          if (typeof file !== 'string' || !/^[^/\\]+\.(safetensors|bin)$/.test(file))
            throw invalid(
              folder,
              indexName,
              `it places tensor ${quote(name)} in ${typeof file === 'string' ? quote(file) : describe(file)}, not in a .safetensors or .bin file beside it`,
            );
          weightMap.set(name, file);
          files.add(file);
          if (files.size > MAX_SHARDS)
            throw new WeightscopeError(
              'FORMAT_LIMIT',
              `Expected at most ${MAX_SHARDS} files in ${indexName} of ${folder.name}, found more; no checkpoint has so many.`,
            );
        });
      }
    });
    reader.end();
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw invalid(folder, indexName, `it is not JSON in UTF-8: ${cause.message}`, cause);
  }
  if (!found) throw invalid(folder, indexName, 'it has no weight_map');
  return {
    weightMap,
    files,
    metadata: new Map<string, unknown>(typeof metadata === 'object' ? Object.entries(metadata ?? {}) : []),
  };
}

function missing(folder: SourceFolder, file: string): WeightscopeError {
  return new WeightscopeError(
    'SOURCE_NOT_FOUND',
    `Expected the file ${file} in ${folder.name}; fetch the missing part of the checkpoint.`,
  );
}

function invalid(folder: SourceFolder, file: string, what: string, cause?: unknown): WeightscopeError {
  return new WeightscopeError(
    'FORMAT_INVALID',
    `Expected an index of weights in ${file} of ${folder.name}, but ${what}.`,
    { cause },
  );
}
