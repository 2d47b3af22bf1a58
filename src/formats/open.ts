import { WeightscopeError } from '../errors.ts';
import type { Source } from '../source/source.ts';
import { type GgufLimits, readGguf } from './gguf/read.ts';
import { refuseLfsPointer } from './lfs.ts';
import { readSafetensors, type SafetensorsLimits } from './safetensors/read.ts';
import type { TensorFile } from './tensor.ts';
import { readTorch, type TorchLimits } from './torch/read.ts';

/**
 * Reads the header of a weights file, GGUF, safetensors or PyTorch by its first bytes, whatever its name.
 * Throws `LFS_POINTER`, `FORMAT_UNKNOWN`, `FORMAT_UNSUPPORTED` for what is recognised as something else, and what the
 * format's own reader throws.
 */
export async function openTensorFile(
  source: Source,
  limits: SafetensorsLimits & GgufLimits & TorchLimits = {},
): Promise<TensorFile> {
  const first = await source.slice(0, Math.min(source.byteLength, 512));
  refuseLfsPointer(first, source.name);
  const error = whatElse(first, source.name);
  if (error) throw error;
  if (startsWith(first, ZIP)) return readTorch(source, limits);
  return startsWith(first, 'GGUF') ? readGguf(source, limits) : readSafetensors(source, limits);
}

const ZIP = 'PK\x03\x04';

/**
 * The error for a file that is neither, or undefined for GGUF, zip and for what may be safetensors: 8 bytes, then "{".
 */
function whatElse(first: Uint8Array, file: string): WeightscopeError | undefined {
  const text = new TextDecoder('windows-1252').decode(first);
  if (first.length === 0)
    return new WeightscopeError(
      'FORMAT_UNKNOWN',
      `Expected weights in ${file}, but it is empty; fetch the file again.`,
    );
  if (startsWith(first, 'GGUF') || startsWith(first, ZIP)) return undefined;
  if (/^\s*<(!doctype|html|\?xml|head|body)/i.test(text))
    return new WeightscopeError(
      'FORMAT_UNKNOWN',
      `Expected weights in ${file}, found a web page; fetch the file itself (on a hub, the "resolve" or "download" link).`,
    );
  // A safetensors file begins with a length, whose bytes may look like anything; but its ninth byte is "{".
  if (first[8] === 0x7b) return undefined;
  const isTar = text.slice(257, 262) === 'ustar';
  const other = isTar ? OLD_TAR : OTHER_FORMATS.find(({ magic }) => startsWith(first, magic));
  if (other)
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected GGUF, safetensors or PyTorch weights in ${file}, found ${other.what}; ${other.advice}.`,
    );
  if (first.length < 8)
    return new WeightscopeError(
      'FORMAT_UNKNOWN',
      `Expected weights in ${file}, but it has only ${first.length} bytes; fetch the file again.`,
    );
  if (isText(first))
    return new WeightscopeError(
      'FORMAT_UNKNOWN',
      `Expected GGUF, safetensors or PyTorch weights in ${file}, found a text file; name the file that has the weights, or the folder of the model.`,
    );
  return new WeightscopeError(
    'FORMAT_UNKNOWN',
    `Expected GGUF, safetensors or PyTorch weights in ${file}, found none of them: its first bytes are ${hex(first.subarray(0, 9))}.`,
  );
}

const CONVERT = 'convert it with safetensors.torch.save_file, or take the .safetensors file of the model';

const OLD_TAR = { what: 'a tar file, as torch.save made it before PyTorch 0.4', advice: CONVERT };

const OTHER_FORMATS: readonly { magic: string; what: string; advice: string }[] = [
  { magic: '\x80\x02', what: 'a Python pickle, as torch.save made it before PyTorch 1.6', advice: CONVERT },
  { magic: '\x80\x03', what: 'a Python pickle', advice: CONVERT },
  { magic: '\x80\x04', what: 'a Python pickle', advice: CONVERT },
  { magic: '\x80\x05', what: 'a Python pickle', advice: CONVERT },
  { magic: '\x89HDF', what: 'an HDF5 file', advice: CONVERT },
  { magic: '\x93NUMPY', what: 'a NumPy array', advice: 'a vector is read from it, but a model is not' },
  {
    magic: 'FUGG',
    what: 'a big-endian GGUF file',
    advice: 'convert it with gguf_convert_endian.py of the gguf package',
  },
  { magic: 'lmgg', what: 'a GGML file of before GGUF', advice: 'convert the model again with a current llama.cpp' },
  { magic: 'tjgg', what: 'a GGJT file of before GGUF', advice: 'convert the model again with a current llama.cpp' },
  { magic: '\x1f\x8b', what: 'a gzip file', advice: 'unpack it first' },
];

function startsWith(bytes: Uint8Array, magic: string): boolean {
  return bytes.length >= magic.length && [...magic].every((char, i) => char.charCodeAt(0) === bytes[i]);
}

/** UTF-8 without control characters other than line ends and tabs; the last character may be cut off. */
function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return !/[^\P{Cc}\t\n\f\r]/u.test(text);
  } catch {
    return false;
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
