/** Numbers written as the element types of safetensors, little-endian; the other way of `elements.ts`. */
import { bytesOf } from './elements.ts';

/** The types that weights are written in. */
export type WrittenType = 'F64' | 'F32' | 'F16' | 'BF16';

const ENCODERS: Readonly<Record<WrittenType, (values: Float32Array) => Uint8Array>> = {
  F64: (values) => bytesOf(Float64Array.from(values)),
  F32: (values) => bytesOf(values.slice()),
  F16: (values) => bytesOf(rounded(values, halfOf)),
  BF16: (values) => bytesOf(rounded(values, bfloatOf)),
};

export const isWrittenType = (dtype: string): dtype is WrittenType => Object.hasOwn(ENCODERS, dtype);

/** fp32 numbers as bytes of another type, each rounded to the nearest, ties to even. */
export const encode = (values: Float32Array, dtype: WrittenType): Uint8Array => ENCODERS[dtype](values);

function rounded(values: Float32Array, one: (bits: number) => number): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = one(bits[i]);
  return out;
}

/** The upper half of an fp32's bits, rounded; NaN stays one. */
function bfloatOf(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** IEEE 754 binary16 of an fp32's bits: beyond 65,504 infinite, below 2^-24 subnormal or 0. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x47800000) return sign | 0x7c00;
  if (size >= 0x38800000) {
    // A carry out of the mantissa goes to the exponent, as it should, up to infinity.
    const half = (size - 0x38000000) >>> 13;
    const rest = size & 0x1fff;
    return sign | (half + (rest > 0x1000 || (rest === 0x1000 && (half & 1) === 1) ? 1 : 0));
  }
  const shift = 126 - (size >>> 23);
  if (shift > 24) return sign;
  const mantissa = (size & 0x7fffff) | 0x800000;
  const half = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0));
}
