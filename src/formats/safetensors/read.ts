import { WeightscopeError } from '../../errors.ts';
import type { Source } from '../../source/source.ts';
import { ELEMENT_TYPES } from '../elements.ts';
import type { TensorFile, TensorInfo } from '../tensor.ts';
import { headerLength, MAX_HEADER_BYTES, parseHeader } from './header.ts';

export interface SafetensorsLimits {
  /** Default 100 MB, as the format's own library has it. */
  maxHeaderBytes?: number;
}

/** Reads the header of a safetensors file; no weights. Throws `FORMAT_INVALID`, `FORMAT_LIMIT`, `FORMAT_UNSUPPORTED`. */
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
    const { bytes, decode } = ELEMENT_TYPES[dtype];
    tensors.set(name, {
      name,
      dtype,
      shape,
      source,
      start: dataStart + start,
      end: dataStart + end,
      decode,
      blockSize: 1,
      blockBytes: bytes,
    });
  }
  return { format: 'safetensors', tensors, metadata };
}
