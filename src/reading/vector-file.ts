import { WeightscopeError } from '../errors.ts';
import { readNpy } from '../formats/npy/read.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { memorySource } from '../source/memory.ts';
import type { NamedVector } from './vectors.ts';

export interface VectorFileOptions {
  /** Which tensor of a safetensors file; needed when several could be meant. */
  tensor?: string;
  /** Expected number of values: chooses the tensor when only one has so many. */
  width?: number;
}

/**
 * A vector from a file's bytes: `.npy`, `.safetensors` or a JSON array of numbers, told apart by their contents. One
 * vector: shape [d] or [1, d]. Throws `FORMAT_INVALID`, `FORMAT_UNSUPPORTED`, `TENSOR_MISSING`, `TENSOR_SHAPE`,
 * `ARGUMENT_INVALID`.
 */
export async function parseVector(
  bytes: Uint8Array,
  name: string,
  options: VectorFileOptions = {},
): Promise<NamedVector> {
  const [npy, json] = [bytes[0] === 0x93, bytes[0] === 0x5b];
  if (options.tensor !== undefined && (npy || json))
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected a .safetensors file for \`tensor\`, got ${name}, which is ${npy ? '.npy' : 'JSON'} and holds one array.`,
    );
  if (npy) {
    const { shape, data } = readNpy(bytes, name);
    return { name, data: single(data, shape, name) };
  }
  const start = new TextDecoder()
    .decode(bytes.subarray(0, 64))
    .replace(/^\ufeff/, '')
    .trimStart();
  const other = otherContents(bytes, start);
  if (other !== undefined) {
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `Expected one vector in ${name} (.npy, .safetensors or a JSON array of numbers), found ${other}.`,
    );
  }
  if (start.startsWith('[')) return { name, data: fromJson(bytes, name) };
  if (bytes.length < 8 || start === '') {
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `Expected a vector in ${name} (.npy, .safetensors or a JSON array of numbers), found ${bytes.length} bytes of something else.`,
    );
  }
  return fromSafetensors(bytes, name, options);
}

/** What bytes are that hold no vector, where they can be told; a safetensors file begins with a number of 8 bytes. */
function otherContents(bytes: Uint8Array, start: string): string | undefined {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] <= 8)
    return "a zip archive: of numpy's .npz, save one array with numpy.save";
  if (bytes[7] === 0) return undefined;
  if (start.startsWith('{')) return 'a JSON object: write its numbers as an array, [0.1, -0.2, …]';
  if (/^[-+\d.\seE,;]+$/.test(start) && /\d/.test(start)) return 'numbers without brackets: write [0.1, -0.2, …]';
  return undefined;
}

function fromJson(bytes: Uint8Array, name: string): Float64Array {
  let values: unknown;
  try {
    values = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new WeightscopeError('FORMAT_INVALID', `Expected a JSON array of numbers in ${name}: ${cause}.`, { cause });
  }
  const row: unknown = Array.isArray(values) && values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
  const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
  if (!Array.isArray(row) || !row.every(isNumber))
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `Expected a JSON array of finite numbers in ${name}, found another value.`,
    );
  return Float64Array.from(row as number[]);
}

async function fromSafetensors(bytes: Uint8Array, name: string, options: VectorFileOptions): Promise<NamedVector> {
  const { tensors } = await readSafetensors(memorySource(bytes, name));
  const names = [...tensors.keys()];
  const listed = names.slice(0, 8).join(', ');
  const fits = names.filter((tensor) => {
    const { shape } = tensors.get(tensor)!;
    return (options.width ?? shape[shape.length - 1]) === shape.reduce((product, size) => product * size, 1);
  });
  const wanted = options.tensor ?? (names.length === 1 ? names[0] : fits.length === 1 ? fits[0] : undefined);
  if (wanted === undefined) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected the name of one tensor of ${name}, which has ${names.length}: ${listed}.`,
    );
  }
  const info = tensors.get(wanted);
  if (!info)
    throw new WeightscopeError('TENSOR_MISSING', `Expected a tensor of ${name}, got "${wanted}"; it has ${listed}.`);
  return { name: `${name}:${wanted}`, data: single(await readTensor(info), info.shape, `${wanted} of ${name}`) };
}

function single(data: Float32Array, shape: readonly number[], name: string): Float32Array {
  if (shape.length > 0 && data.length === shape[shape.length - 1]) return data;
  throw new WeightscopeError('TENSOR_SHAPE', `Expected one vector in ${name}, found shape [${shape.join(', ')}].`);
}
