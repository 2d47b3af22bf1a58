import { WeightscopeError } from '../errors.ts';
import { quote } from '../quote.ts';
import { parseVector, type VectorFileOptions } from '../reading/vector-file.ts';
import type { NamedVector } from '../reading/vectors.ts';
import { wrongExpression } from './arguments.ts';
import { readGiven } from './given.ts';

const FILE = /\.(npy|safetensors|json)$/i;

/** A vector of a million numbers is a tenth of this; a safetensors file may have other tensors beside it. */
const MAX_BYTES = 256_000_000;
const MAX_FILE = 2 ** 31;

/** Files that people keep vectors in and that are not read. */
const OTHER_FILE = /\.(npz|txt|csv|tsv|pt|pth|bin|pkl|gguf|parquet|h5|mat)$/i;

/** What `vector` was given: `-` is standard input, a file's name that file, all else an expression. */
export async function givenVector(text: string, options: VectorFileOptions): Promise<string | NamedVector> {
  if (OTHER_FILE.test(text) && !/["[]/.test(text)) {
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a vector in a .npy, .safetensors or .json file, got ${text}; numpy.save writes one: np.save('v.npy', v).`,
    );
  }
  if (text !== '-' && !FILE.test(text)) {
    const wrong = wrongExpression([text]);
    if (wrong !== undefined) throw new WeightscopeError('EXPRESSION_INVALID', wrong);
    if (options.tensor === undefined) return text.trim();
    throw new WeightscopeError(
      'USAGE',
      `Expected a .safetensors file for --tensor, got the expression ${quote(text)}.`,
    );
  }
  const limit = /\.safetensors$/i.test(text) ? MAX_FILE : MAX_BYTES;
  const bytes = await readGiven(text, 'the vector', 'give a .npy, .safetensors or .json file', limit);
  return parseVector(bytes, text === '-' ? 'standard input' : text, options);
}
