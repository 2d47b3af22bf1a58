import { parseVector, type VectorFileOptions } from '../reading/vector-file.ts';
import type { NamedVector } from '../reading/vectors.ts';
import { readGiven } from './given.ts';

const FILE = /\.(npy|safetensors|json)$/i;

/** A vector of a million numbers is a tenth of this; a safetensors file may have other tensors beside it. */
const MAX_BYTES = 256_000_000;
const MAX_FILE = 2 ** 31;

/** What `vector` was given: `-` is standard input, a file's name that file, all else an expression. */
export async function givenVector(text: string, options: VectorFileOptions): Promise<string | NamedVector> {
  if (text !== '-' && !FILE.test(text)) return text;
  const limit = /\.safetensors$/i.test(text) ? MAX_FILE : MAX_BYTES;
  const bytes = await readGiven(text, 'the vector', 'give a .npy, .safetensors or .json file', limit);
  return parseVector(bytes, text === '-' ? 'standard input' : text, options);
}
