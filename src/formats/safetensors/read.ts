import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { Source } from '../../source/source.ts';
import { ELEMENT_TYPES } from '../elements.ts';
import { standIn, type TensorFile, type TensorInfo } from '../tensor.ts';
import { headerLength, MAX_HEADER_BYTES, parseHeader } from './header.ts';

export interface SafetensorsLimits {
  /** Default 100 MB, as the format's own library has it. */
  maxHeaderBytes?: number;
}

/** Reads the header of a safetensors file; no weights. Throws `FORMAT_INVALID`, `FORMAT_LIMIT`. */
export async function readSafetensors(source: Source, limits: SafetensorsLimits = {}): Promise<TensorFile> {
  const { name: file, byteLength } = source;
  if (byteLength < 8)
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `Expected a safetensors file in ${file}, but it has only ${byteLength} bytes; fetch the file again.`,
    );
  const length = headerLength(await source.slice(0, 8), byteLength, limits.maxHeaderBytes ?? MAX_HEADER_BYTES, file);
  const dataStart = 8 + length;
  const { entries, metadata } = parseHeader(await source.slice(8, dataStart), byteLength - dataStart, file);
  const tensors = new Map<string, TensorInfo>();
  for (const { name, dtype, shape, start, end } of entries) {
    const { decode, blockSize, blockBytes, refusal } = elementsOf(name, dtype, file);
    const [from, to] = [dataStart + start, dataStart + end];
    const info: TensorInfo = { name, dtype, shape, source, start: from, end: to, decode, blockSize, blockBytes };
    tensors.set(name, refusal ? { ...info, refusal } : info);
  }
  return { format: 'safetensors', tensors, metadata };
}

/** How a tensor's bytes are decoded; one of a type that is not read is refused when it is wanted, not with its file. */
function elementsOf(
  name: string,
  dtype: string,
  file: string,
): Pick<TensorInfo, 'decode' | 'blockSize' | 'blockBytes' | 'refusal'> {
  if (Object.hasOwn(ELEMENT_TYPES, dtype)) {
    const { bytes, elements = 1, decode } = ELEMENT_TYPES[dtype];
    return { decode, blockSize: elements, blockBytes: bytes };
  }
  const known = Object.keys(ELEMENT_TYPES).join(', ');
  const message = `Expected an element type of ${known} for tensor ${quote(name)} of ${file}, found ${quote(dtype)}.`;
  return standIn(name, { code: 'FORMAT_UNSUPPORTED', message });
}
