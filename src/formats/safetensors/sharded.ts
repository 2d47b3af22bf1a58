import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { SourceFolder } from '../../source/source.ts';
import { refuseLfsPointer } from '../lfs.ts';
import { openTensorFile } from '../open.ts';
import type { TensorFile, TensorInfo } from '../tensor.ts';
import type { SafetensorsLimits } from './read.ts';

const MAX_INDEX_BYTES = 100_000_000;

/**
 * Reads a sharded checkpoint: `model.safetensors.index.json` with `{"weight_map": {tensor: file}}`, and the header of
 * each shard in the same folder. The tensors are those of the map, `metadata` is the index's own.
 * Throws `SOURCE_NOT_FOUND` when the index or a shard is absent, `FORMAT_INVALID` when index and shards disagree.
 */
export async function readShardedSafetensors(
  folder: SourceFolder,
  indexName = 'model.safetensors.index.json',
  limits: SafetensorsLimits = {},
): Promise<TensorFile> {
  const { weightMap, metadata } = await readIndex(folder, indexName);
  const shards = new Map<string, TensorFile>();
  const readShard = async (file: string) => {
    const source = await folder.open(file);
    if (!source) throw missing(folder, file);
    shards.set(file, await openTensorFile(source, limits));
  };
  await Promise.all([...new Set(weightMap.values())].map(readShard));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, file] of weightMap) {
    const info = shards.get(file)!.tensors.get(name);
    if (!info) throw invalid(folder, indexName, `it places tensor ${quote(name)} in ${file}, which does not have it`);
    tensors.set(name, info);
  }
  return { format: 'safetensors', tensors, metadata };
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
  let index: { weight_map?: unknown; metadata?: unknown };
  try {
    index = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(folder, indexName, 'it is not JSON in UTF-8', cause);
  }
  const weightMap = index?.weight_map;
  if (typeof weightMap !== 'object' || weightMap === null) throw invalid(folder, indexName, 'it has no weight_map');
  const entries = Object.entries(weightMap);
  for (const [name, file] of entries)
    if (typeof file !== 'string' || !/^[^/\\]+\.safetensors$/.test(file))
      throw invalid(
        folder,
        indexName,
        `it places tensor ${quote(name)} in ${quote(String(file))}, not in a .safetensors file beside it`,
      );
  const metadata = typeof index.metadata === 'object' && index.metadata !== null ? Object.entries(index.metadata) : [];
  return { weightMap: new Map(entries as [string, string][]), metadata: new Map<string, unknown>(metadata) };
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
    `Expected a safetensors index in ${file} of ${folder.name}, but ${what}.`,
    { cause },
  );
}
