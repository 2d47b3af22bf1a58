import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { WeightscopeError } from '../errors.ts';
import { parseVector, type VectorFileOptions } from '../reading/vector-file.ts';
import type { NamedVector } from '../reading/vectors.ts';

const FILE = /\.(npy|safetensors|json)$/i;

/** What `vector` was given: `-` is standard input, a file's name that file, all else an expression. */
export async function givenVector(text: string, options: VectorFileOptions): Promise<string | NamedVector> {
  if (text === '-') return parseVector(await buffer(process.stdin), 'standard input', options);
  if (!FILE.test(text)) return text;
  const bytes = await readFile(text).catch((cause: NodeJS.ErrnoException) => {
    throw new WeightscopeError(
      cause.code === 'ENOENT' ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE',
      `Cannot read the vector ${text} (${cause.code ?? cause.message}): give a .npy, .safetensors or .json file.`,
      { cause },
    );
  });
  return parseVector(bytes, text, options);
}
