/** Ternary types and MXFP4, as ggml lays them out and the `gguf` Python package decodes them. */
import { f16Table } from '../elements.ts';

const POWERS_OF_3 = [1, 3, 9, 27, 81];

/**
 * d · (digit - 1); 256 weights: 32 bytes hold five digits of base 3 each, 16 bytes the next five, 4 bytes four. A byte
 * is a fraction: 256 times 0.digits in base 3, rounded up, so that multiplying brings up one digit after the other.
 */
export function tq1_0(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 54, o += 256) {
    const d = half[bytes[at + 52] | (bytes[at + 53] << 8)];
    let to = o;
    for (const [from, count, digits] of [
      [0, 32, 5],
      [32, 16, 5],
      [48, 4, 4],
    ])
      for (let digit = 0; digit < digits; digit++)
        for (let j = 0; j < count; j++) {
          const rest = (bytes[at + from + j] * POWERS_OF_3[digit]) & 255;
          out[to++] = d * (((rest * 3) >> 8) - 1);
        }
  }
}

/** d · (q - 1); 256 weights, 2 bits each: of 32 bytes first the lowest two bits, then the next. */
export function tq2_0(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 66, o += 256) {
    const d = half[bytes[at + 64] | (bytes[at + 65] << 8)];
    for (let i = 0; i < 256; i++) {
      const q = (bytes[at + (i >> 7) * 32 + (i & 31)] >> (2 * ((i >> 5) & 3))) & 3;
      out[o + i] = d * (q - 1);
    }
  }
}

/** Twice the values of E2M1. */
const DOUBLED = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** 2^(e - 128) · twice a 4-bit float; 32 weights: e in a byte, then 16 bytes, the first half in their low bits. */
export function mxfp4(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, o = 0; at < bytes.length; at += 17, o += 32) {
    const d = 2 ** (bytes[at] - 128);
    for (let j = 0; j < 16; j++) {
      out[o + j] = d * DOUBLED[bytes[at + 1 + j] & 15];
      out[o + j + 16] = d * DOUBLED[bytes[at + 1 + j] >> 4];
    }
  }
}
