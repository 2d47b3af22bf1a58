/**
 * Plain element types: one element is a few little-endian bytes. Typed arrays are used as views, as every platform that
 * runs JavaScript today is little-endian.
 */
export interface ElementType {
  readonly bytes: number;
  /** Elements that share these bytes; default 1. */
  readonly elements?: number;
  /**
   * Decodes `bytes.length / this.bytes * this.elements` elements into fp32; what fp32 cannot hold is rounded to nearest
   * even.
   */
  readonly decode: (bytes: Uint8Array, out: Float32Array) => void;
}

/** Element types under their safetensors names. */
export const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  F64: { bytes: 8, decode: (bytes, out) => out.set(viewAs(Float64Array, bytes)) },
  F32: { bytes: 4, decode: (bytes, out) => bytesOf(out).set(bytes) },
  F16: { bytes: 2, decode: decodeF16 },
  BF16: { bytes: 2, decode: decodeBF16 },
  F8_E4M3: { bytes: 1, decode: (bytes, out) => lookUp(bytes, e4m3Table(), out) },
  F8_E5M2: { bytes: 1, decode: (bytes, out) => lookUp(bytes, e5m2Table(), out) },
  F8_E4M3FNUZ: { bytes: 1, decode: (bytes, out) => lookUp(bytes, fnuzTable(4, 3), out) },
  F8_E5M2FNUZ: { bytes: 1, decode: (bytes, out) => lookUp(bytes, fnuzTable(5, 2), out) },
  F8_E8M0: { bytes: 1, decode: (bytes, out) => lookUp(bytes, e8m0Table(), out) },
  F4: { bytes: 1, elements: 2, decode: decodeF4 },
  I64: { bytes: 8, decode: (bytes, out) => decodeBigInts(viewAs(BigInt64Array, bytes), out) },
  I32: { bytes: 4, decode: (bytes, out) => out.set(viewAs(Int32Array, bytes)) },
  I16: { bytes: 2, decode: (bytes, out) => out.set(viewAs(Int16Array, bytes)) },
  I8: { bytes: 1, decode: (bytes, out) => out.set(viewAs(Int8Array, bytes)) },
  U64: { bytes: 8, decode: (bytes, out) => decodeBigInts(viewAs(BigUint64Array, bytes), out) },
  U32: { bytes: 4, decode: (bytes, out) => out.set(viewAs(Uint32Array, bytes)) },
  U16: { bytes: 2, decode: (bytes, out) => out.set(viewAs(Uint16Array, bytes)) },
  U8: { bytes: 1, decode: (bytes, out) => out.set(bytes) },
  BOOL: { bytes: 1, decode: (bytes, out) => out.set(bytes) },
};

/** Bits of the element types of safetensors that are not read. */
export const UNREAD_BITS: Readonly<Record<string, number>> = { C64: 64, F6_E2M3: 6, F6_E3M2: 6 };

/** The bytes of a typed array, as a view. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

interface TypedArrayConstructor<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T;
}

/** Little-endian elements over `bytes`; a view where the address allows it, else of a copy. */
export function viewAs<T>(type: TypedArrayConstructor<T>, bytes: Uint8Array): T {
  const length = bytes.byteLength / type.BYTES_PER_ELEMENT;
  return bytes.byteOffset % type.BYTES_PER_ELEMENT === 0
    ? new type(bytes.buffer, bytes.byteOffset, length)
    : new type(new Uint8Array(bytes).buffer, 0, length);
}

let halves: Float32Array | undefined;

/** The fp32 value of every IEEE 754 half: 256 KB, made at first use. */
export function f16Table(): Float32Array {
  if (halves) return halves;
  const table = new Float32Array(65536);
  for (let half = 0; half < 65536; half++) table[half] = smallFloat(half, 5, 10);
  for (const sign of [0, 0x8000]) {
    table[sign | 0x7c00] = sign ? -Infinity : Infinity;
    table.fill(Number.NaN, (sign | 0x7c00) + 1, (sign | 0x7fff) + 1);
  }
  halves = table;
  return table;
}

/** Sign, exponent and mantissa bits as a number; the largest exponent is an ordinary one here. */
function smallFloat(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const mantissa = (bits & ((1 << mantissaBits) - 1)) / 2 ** mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  return exponent === 0 ? sign * mantissa * 2 ** (1 - bias) : sign * (1 + mantissa) * 2 ** (exponent - bias);
}

let e4m3: Float32Array | undefined;

/**
 * The "FN" variant (Micikevicius et al., "FP8 Formats for Deep Learning", 2022): no infinities, NaN is 0x7f and 0xff.
 */
function e4m3Table(): Float32Array {
  e4m3 ??= Float32Array.from({ length: 256 }, (_, bits) =>
    (bits & 0x7f) === 0x7f ? Number.NaN : smallFloat(bits, 4, 3),
  );
  return e4m3;
}

let e5m2: Float32Array | undefined;

/** E5M2 is the upper byte of a half. */
function e5m2Table(): Float32Array {
  e5m2 ??= Float32Array.from({ length: 256 }, (_, bits) => f16Table()[bits << 8]);
  return e5m2;
}

const fnuz = new Map<number, Float32Array>();

/**
 * The "FNUZ" variants (Noune et al., "8-bit Numerical Formats", 2022): one more bias, no infinities or -0, NaN is 0x80.
 */
function fnuzTable(exponentBits: number, mantissaBits: number): Float32Array {
  let table = fnuz.get(mantissaBits);
  if (!table) {
    table = Float32Array.from({ length: 256 }, (_, bits) =>
      bits === 0x80 ? Number.NaN : smallFloat(bits, exponentBits, mantissaBits) / 2,
    );
    fnuz.set(mantissaBits, table);
  }
  return table;
}

let e8m0: Float32Array | undefined;

/** Powers of two, as the scales of OCP's microscaling (MX) formats are: 2^(bits - 127); NaN is 0xff. */
export function e8m0Table(): Float32Array {
  e8m0 ??= Float32Array.from({ length: 256 }, (_, bits) => (bits === 0xff ? Number.NaN : 2 ** (bits - 127)));
  return e8m0;
}

/** The sixteen values of E2M1, OCP's 4-bit float. */
export const E2M1 = Float32Array.of(0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6);

/** Two E2M1 a byte, the first in the low four bits. */
export function decodeF4(bytes: Uint8Array, out: Float32Array): void {
  for (let i = 0; i < bytes.length; i++) {
    out[2 * i] = E2M1[bytes[i] & 15];
    out[2 * i + 1] = E2M1[bytes[i] >> 4];
  }
}

function lookUp(indices: Uint8Array | Uint16Array, table: Float32Array, out: Float32Array): void {
  for (let i = 0; i < indices.length; i++) out[i] = table[indices[i]];
}

function decodeF16(bytes: Uint8Array, out: Float32Array): void {
  lookUp(viewAs(Uint16Array, bytes), f16Table(), out);
}

/** BF16 is the upper half of an fp32. */
function decodeBF16(bytes: Uint8Array, out: Float32Array): void {
  const halfWords = viewAs(Uint16Array, bytes);
  const words = new Uint32Array(out.buffer, out.byteOffset, halfWords.length);
  // Four at a time take little more than half the time.
  const whole = halfWords.length - (halfWords.length % 4);
  for (let i = 0; i < whole; i += 4) {
    words[i] = halfWords[i] << 16;
    words[i + 1] = halfWords[i + 1] << 16;
    words[i + 2] = halfWords[i + 2] << 16;
    words[i + 3] = halfWords[i + 3] << 16;
  }
  for (let i = whole; i < halfWords.length; i++) words[i] = halfWords[i] << 16;
}

function decodeBigInts(values: BigInt64Array | BigUint64Array, out: Float32Array): void {
  for (let i = 0; i < values.length; i++) out[i] = Number(values[i]);
}
