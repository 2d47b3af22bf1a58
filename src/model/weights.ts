import { WeightscopeError } from '../errors.ts';
import { openTensorFile } from '../formats/open.ts';
import { readShardedSafetensors } from '../formats/safetensors/sharded.ts';
import type { TensorFile, TensorInfo } from '../formats/tensor.ts';
import type { SourceFolder } from '../source/source.ts';

const INDEX = 'model.safetensors.index.json';
const SINGLE = 'model.safetensors';
/** Weights of something else that is kept beside a model's. */
const NOT_THE_MODEL = /^(adapter_|optimizer|training_args|consolidated|mmproj)/;

/**
 * The weights of a folder: `file` where it is given, else the single safetensors file, else the sharded one, else all
 * *.safetensors together, else the one *.gguf: the order of `transformers`, which takes `model.safetensors` before an
 * index beside it. Throws `SOURCE_NOT_FOUND`, saying what is there instead.
 */
export async function readWeights(folder: SourceFolder, file?: string): Promise<TensorFile> {
  if (file !== undefined) return readOne(folder, file);
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
  // Of a model in several parts the first one says so.
  if (gguf.length === 1 || (gguf.length > 1 && gguf.every((name) => /-\d{5}-of-\d{5}\.gguf$/.test(name))))
    return readOne(folder, gguf[0]);
  throw nothing(folder, names, gguf);
}

/** A plain HTTP server does not say what it has: the two usual names are tried. */
async function readUnlisted(folder: SourceFolder): Promise<TensorFile> {
  const source = await folder.open(SINGLE);
  if (source) return openTensorFile(source);
  const index = await folder.open(INDEX);
  await index?.close?.();
  return index ? readShardedSafetensors(folder, INDEX) : readOne(folder, SINGLE);
}

async function readOne(folder: SourceFolder, name: string): Promise<TensorFile> {
  const source = await folder.open(name);
  if (!source)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected weights in ${name} of ${folder.name}, found no such file; name a folder with *.safetensors, or a .safetensors or .gguf file.`,
    );
  return openTensorFile(source);
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

function nothing(folder: SourceFolder, names: readonly string[], gguf: readonly string[]): WeightscopeError {
  if (gguf.length > 1)
    return new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected one .gguf file in ${folder.name}, found ${gguf.length}: ${some(gguf)}; name one of them.`,
    );
  const pickled = names.find((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  if (pickled)
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected *.safetensors or *.gguf in ${folder.name}, found PyTorch weights (${pickled}); convert them with save_pretrained(…, safe_serialization=True) of transformers.`,
    );
  return new WeightscopeError(
    'SOURCE_NOT_FOUND',
    `Expected *.safetensors or *.gguf in ${folder.name}, found ${names.length === 0 ? 'no files' : some(names)}; name a checkpoint's folder or file.`,
  );
}

const some = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');
