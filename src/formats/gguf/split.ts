import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { Source, SourceFolder } from '../../source/source.ts';
import type { TensorFile, TensorInfo } from '../tensor.ts';
import { type GgufLimits, readGguf } from './read.ts';

/** What llama-gguf-split calls the parts: number, counted from 1, and how many there are. */
const PART = /^(.*-)(\d{5})(-of-)(\d{5})(\.gguf)$/;
const MAX_PARTS = 1000;
const AT_ONCE = 32;

/** How many parts the model has of which this file is one; 1 for a whole one. */
export function partsOf({ format, metadata }: TensorFile): number {
  const parts = format === 'gguf' ? metadata.get('split.count') : 1;
  return typeof parts === 'number' && parts > 1 ? parts : 1;
}

/**
 * A model in several files, of which `name` is any: the tensors of all, and the metadata of the first, which alone has
 * more than its place among them (`split.no`, from 0). Throws `SOURCE_NOT_FOUND` naming a part that is not there,
 * `FORMAT_UNSUPPORTED` where the name does not tell the others', `FORMAT_INVALID` where the parts are not of one model.
 */
export async function readSplitGguf(folder: SourceFolder, name: string, one: TensorFile, limits: GgufLimits = {}) {
  const count = partsOf(one);
  const [, start, , of, total, end] = PART.exec(name) ?? [];
  if (count > MAX_PARTS || Number(total) !== count)
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a whole model in ${name}, found one of ${count} parts and no names of the others; name them as llama-gguf-split does (…-00001-of-${String(count).padStart(5, '0')}.gguf) or join them with "llama-gguf-split --merge".`,
    );
  const parts: TensorFile[] = new Array(count);
  const sources: Source[] = [];
  const waiting = parts.keys();
  const readNext = async () => {
    for (const i of waiting) {
      const file = `${start}${String(i + 1).padStart(5, '0')}${of}${total}${end}`;
      const source = await folder.open(file);
      if (!source)
        throw new WeightscopeError(
          'SOURCE_NOT_FOUND',
          `Expected the file ${file} in ${folder.name}, one of ${count} parts of a model; fetch the missing part.`,
        );
      sources.push(source);
      parts[i] = await readGguf(source, limits);
      const no = parts[i].metadata.get('split.no');
      if (no !== i || partsOf(parts[i]) !== count)
        throw invalid(folder, `${file} says that it is part ${Number(no) + 1} of ${partsOf(parts[i])}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, readNext));
    return together(parts, folder);
  } catch (error) {
    await Promise.all(sources.map((source) => source.close?.()));
    throw error;
  }
}

function together(parts: readonly TensorFile[], folder: SourceFolder): TensorFile {
  const tensors = new Map<string, TensorInfo>();
  for (const part of parts)
    for (const [name, info] of part.tensors) {
      if (tensors.has(name)) throw invalid(folder, `the tensor ${quote(name)} is in two of them`);
      tensors.set(name, info);
    }
  const { metadata } = parts[0];
  const expected = metadata.get('split.tensors.count');
  if (expected !== undefined && expected !== tensors.size)
    throw invalid(folder, `they have ${tensors.size} tensors, not ${String(expected)}`);
  return { format: 'gguf', tensors, metadata };
}

function invalid(folder: SourceFolder, what: string): WeightscopeError {
  return new WeightscopeError(
    'FORMAT_INVALID',
    `Expected the parts of one model in ${folder.name}, but ${what}; fetch them again.`,
  );
}
