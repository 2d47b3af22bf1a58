/** Numbers as exactly as a file has them. */
import { bytesOf, viewAs } from './elements.ts';
import { readElements, readTensor } from './read.ts';
import type { TensorInfo } from './tensor.ts';

/** fp64 of a tensor of type F64, else fp32, which holds what all other types have. */
export type Numbers = Float32Array | Float64Array;

const isWide = ({ dtype, lines, transposeOf }: TensorInfo): boolean => dtype === 'F64' && !lines && !transposeOf;

/** Elements `[start, end)`, as {@link readElements} reads them, those of F64 unrounded. */
export async function readNumbers(
  info: TensorInfo,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Numbers> {
  if (!isWide(info)) return readElements(info, start, end, signal);
  return viewAs(Float64Array, await info.source.slice(info.start + 8 * start, info.start + 8 * end, signal));
}

/** A whole tensor, as {@link readTensor} reads it, one of F64 unrounded. Throws `NOT_FINITE` as that does. */
export async function readWhole(info: TensorInfo, signal?: AbortSignal): Promise<Numbers> {
  const rounded = await readTensor(info, { signal });
  return isWide(info) ? readNumbers(info, 0, rounded.length, signal) : rounded;
}

/** Numbers as a file of type F64 has them. */
export const encodeWide = (values: Numbers): Uint8Array => bytesOf(Float64Array.from(values));
