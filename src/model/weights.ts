import { WeightscopeError } from '../errors.ts';
import { refuseOtherGguf } from '../formats/gguf/kind.ts';
import { partsOf, readSplitGguf } from '../formats/gguf/split.ts';
import { openTensorFile } from '../formats/open.ts';
import { readShardedSafetensors } from '../formats/safetensors/sharded.ts';
import type { TensorFile, TensorInfo } from '../formats/tensor.ts';
import type { SourceFolder } from '../source/source.ts';
import { noWeights, some } from './other-weights.ts';

/** The usual names, in the order of `transformers`: a single file comes before an index beside it. */
const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const TORCH_SINGLE = 'pytorch_model.bin';
const TORCH_INDEX = 'pytorch_model.bin.index.json';
/** Weights of something else that is kept beside a model's. */
const NOT_THE_MODEL = /^(adapter_|optimizer|training_args|consolidated|mmproj)/;
/** One of several parts: its number and how many there are. */
const PART = /-(\d{5})-of-(\d{5})\.(gguf|safetensors|bin)$/;

/**
 * The weights of a folder: `file` where it is given, else the single safetensors file, else the sharded one, else all
 * *.safetensors together, else the one *.gguf, else PyTorch's. Throws `SOURCE_NOT_FOUND` and `FORMAT_UNSUPPORTED`,
 * saying what is there instead.
 */
export async function readWeights(folder: SourceFolder, file?: string): Promise<TensorFile> {
  if (file !== undefined) return readNamed(folder, file);
  const names = await folder.list();
  if (!names) return readUnlisted(folder);
  if (names.includes(SINGLE)) return readOne(folder, SINGLE);
  // A folder with variants (model.fp16.safetensors.index.json) is read by its plain weights.
  const index = names.includes(INDEX) ? INDEX : names.find((name) => name.endsWith('.safetensors.index.json'));
  if (index) return readShardedSafetensors(folder, index);
  const here = names.filter((name) => !name.includes('/') && !NOT_THE_MODEL.test(name));
  const safetensors = here.filter((name) => name.endsWith('.safetensors'));
  if (safetensors.length > 0) return readTogether(folder, safetensors);
  const gguf = here.filter((name) => name.endsWith('.gguf'));
  // Any part of a model in several stands for it.
  const models = [...new Map(gguf.map((name) => [name.replace(PART, '-of-$2.$3'), name])).values()];
  if (models.length === 1) return readOne(folder, models[0]);
  if (models.length > 1)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected one .gguf file in ${folder.name}, found ${models.length}: ${some(models)}; name one of them.`,
    );
  if (names.includes(TORCH_SINGLE)) return readOne(folder, TORCH_SINGLE);
  if (names.includes(TORCH_INDEX)) return readShardedSafetensors(folder, TORCH_INDEX);
  throw noWeights(folder.name, names);
}

/** A plain HTTP server does not say what it has: the usual names are tried. */
async function readUnlisted(folder: SourceFolder): Promise<TensorFile> {
  for (const name of [SINGLE, INDEX, TORCH_SINGLE, TORCH_INDEX]) {
    const source = await folder.open(name);
    if (!source) continue;
    if (!name.endsWith('.json')) return openTensorFile(source);
    await source.close?.();
    return readShardedSafetensors(folder, name);
  }
  return readOne(folder, SINGLE);
}

/** One part of several, or a file beside the weights, is not the model: the folder is. */
async function readNamed(folder: SourceFolder, file: string): Promise<TensorFile> {
  if (file.endsWith('.index.json')) return readShardedSafetensors(folder, file);
  const [, , parts, kind] = PART.exec(file) ?? [];
  if (kind !== undefined && kind !== 'gguf' && Number(parts) > 1)
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a whole model in ${file}, found one of its ${Number(parts)} parts; name the folder ${folder.name} instead.`,
    );
  if (file.endsWith('.json'))
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected weights in ${file}, found JSON that lies beside them; name the folder ${folder.name} instead.`,
    );
  return readOne(folder, file);
}

async function readOne(folder: SourceFolder, name: string): Promise<TensorFile> {
  const source = await folder.open(name);
  if (!source)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected weights in ${name} of ${folder.name}, found no such file; name a folder with *.safetensors, or a .safetensors, .gguf or .bin file.`,
    );
  const file = await openTensorFile(source);
  if (file.format === 'gguf') refuseOtherGguf(file, name);
  if (partsOf(file) === 1) return file;
  await source.close?.();
  return readSplitGguf(folder, name, file);
}

async function readTogether(folder: SourceFolder, names: readonly string[]): Promise<TensorFile> {
  const files = await Promise.all(names.map((name) => readOne(folder, name)));
  const tensors = new Map<string, TensorInfo>();
  for (const file of files)
    for (const [name, info] of file.tensors) {
      const other = tensors.get(name);
      if (other)
        throw new WeightscopeError(
          'FORMAT_INVALID',
          `Expected tensor ${name} once in ${folder.name}, found it in ${other.source.name} and ${info.source.name}; name the file that is meant.`,
        );
      tensors.set(name, info);
    }
  return { format: files[0].format, tensors, metadata: files[0].metadata };
}
