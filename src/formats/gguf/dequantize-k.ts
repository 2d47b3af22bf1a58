/**
 * Quantised types of 256 weights a block ("k-quants"), as ggml lays them out (ggml-common.h) and the `gguf` Python
 * package decodes them: scales are products of an fp16 and a small integer rounded to fp32, weights are scale · q,
 * rounded, minus the minimum where there is one. See dequantize.ts on rounding.
 */
import { f16Table } from '../elements.ts';
import { IQ4_LEVELS } from './dequantize.ts';

const { fround } = Math;

/**
 * Scale · q - minimum, in sub-blocks of 16: 16 bytes of scales (low) and minima (high 4 bits), 64 of q (2 bits), d,
 * dmin.
 */
export function q2_k(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 84, o += 256) {
    const d = half[bytes[at + 80] | (bytes[at + 81] << 8)];
    const dmin = half[bytes[at + 82] | (bytes[at + 83] << 8)];
    for (let sub = 0; sub < 16; sub++) {
      const scale = fround(d * (bytes[at + sub] & 15));
      const minimum = fround(dmin * (bytes[at + sub] >> 4));
      // Each half of the block has 32 bytes; sub-blocks 2s and 2s + 1 of it are bits 2s of those bytes.
      const q = at + 16 + (sub >> 3) * 32 + (sub & 1) * 16;
      const shift = ((sub >> 1) & 3) * 2;
      for (let j = 0; j < 16; j++) out[o + sub * 16 + j] = fround(scale * ((bytes[q + j] >> shift) & 3)) - minimum;
    }
  }
}

/** Scale · q, in sub-blocks of 16: 32 bytes of third bits (1 adds 4), 64 of q (2 bits), 12 of 6-bit scales (+32), d. */
export function q3_k(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 110, o += 256) {
    const d = half[bytes[at + 108] | (bytes[at + 109] << 8)];
    const scales = at + 96;
    for (let sub = 0; sub < 16; sub++) {
      // Low four bits: bytes 0-7, first the low halves and then the high; upper two: bytes 8-11, two bits a turn.
      const low = (bytes[scales + (sub & 7)] >> ((sub >> 3) * 4)) & 15;
      const high = (bytes[scales + 8 + (sub & 3)] >> ((sub >> 2) * 2)) & 3;
      const scale = fround(d * ((low | (high << 4)) - 32));
      const third = at + (sub & 1) * 16;
      const q = at + 32 + (sub >> 3) * 32 + (sub & 1) * 16;
      const shift = ((sub >> 1) & 3) * 2;
      const bit = sub >> 1;
      for (let j = 0; j < 16; j++)
        out[o + sub * 16 + j] = scale * (((bytes[q + j] >> shift) & 3) - (((bytes[third + j] >> bit) & 1) ^ 1) * 4);
    }
  }
}

/** Scale · q - minimum, in sub-blocks of 32: d, dmin, 12 bytes of 6-bit scales and minima, 128 of q (4 bits). */
export function q4_k(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 144, o += 256) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    const dmin = half[bytes[at + 2] | (bytes[at + 3] << 8)];
    for (let sub = 0; sub < 8; sub++) {
      const scale = fround(d * scaleOf(bytes, at + 4, sub));
      const minimum = fround(dmin * minimumOf(bytes, at + 4, sub));
      const q = at + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j++) out[o + sub * 32 + j] = fround(scale * ((bytes[q + j] >> shift) & 15)) - minimum;
    }
  }
}

/** As Q4_K with 32 bytes of fifth bits between the scales and q. */
export function q5_k(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 176, o += 256) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    const dmin = half[bytes[at + 2] | (bytes[at + 3] << 8)];
    const fifth = at + 16;
    for (let sub = 0; sub < 8; sub++) {
      const scale = fround(d * scaleOf(bytes, at + 4, sub));
      const minimum = fround(dmin * minimumOf(bytes, at + 4, sub));
      const q = at + 48 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j++) {
        const value = ((bytes[q + j] >> shift) & 15) | (((bytes[fifth + j] >> sub) & 1) << 4);
        out[o + sub * 32 + j] = fround(scale * value) - minimum;
      }
    }
  }
}

/** Scale · (q - 32), in sub-blocks of 16: 128 bytes of low 4 bits, 64 of upper 2 bits, 16 int8 scales, d. */
export function q6_k(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 210, o += 256) {
    const d = half[bytes[at + 208] | (bytes[at + 209] << 8)];
    for (let sub = 0; sub < 16; sub++) {
      const scale = fround(d * ((bytes[at + 192 + sub] << 24) >> 24));
      // In each half of 128 weights: low bits are 64 bytes, low halves before high; upper bits 32 bytes, two bits a
      // turn.
      const low = at + (sub >> 3) * 64 + (sub & 3) * 16;
      const lowShift = ((sub >> 2) & 1) * 4;
      const high = at + 128 + (sub >> 3) * 32 + (sub & 1) * 16;
      const highShift = ((sub >> 1) & 3) * 2;
      for (let j = 0; j < 16; j++) {
        const q = ((bytes[low + j] >> lowShift) & 15) | (((bytes[high + j] >> highShift) & 3) << 4);
        out[o + sub * 16 + j] = scale * (q - 32);
      }
    }
  }
}

/** Scale · level[q], in sub-blocks of 32: d, 16 bits of upper scale bits, 4 bytes of low ones (+32), 128 bytes of q. */
export function iq4_xs(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 136, o += 256) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    const upper = bytes[at + 2] | (bytes[at + 3] << 8);
    for (let sub = 0; sub < 8; sub++) {
      const low = (bytes[at + 4 + (sub >> 1)] >> ((sub & 1) * 4)) & 15;
      const scale = fround(d * ((low | (((upper >> (2 * sub)) & 3) << 4)) - 32));
      const q = at + 8 + sub * 16;
      for (let j = 0; j < 16; j++) {
        out[o + sub * 32 + j] = scale * IQ4_LEVELS[bytes[q + j] & 15];
        out[o + sub * 32 + j + 16] = scale * IQ4_LEVELS[bytes[q + j] >> 4];
      }
    }
  }
}

/**
 * Eight 6-bit scales and minima in 12 bytes: the first four are the low six bits of bytes 0-3 and 4-7; the other four
 * have their low halves in bytes 8-11 and their upper two bits above the first four.
 */
function scaleOf(bytes: Uint8Array, at: number, sub: number): number {
  return sub < 4 ? bytes[at + sub] & 63 : (bytes[at + 4 + sub] & 15) | ((bytes[at + sub - 4] >> 2) & 48);
}

function minimumOf(bytes: Uint8Array, at: number, sub: number): number {
  return sub < 4 ? bytes[at + 4 + sub] & 63 : (bytes[at + 4 + sub] >> 4) | ((bytes[at + sub] >> 2) & 48);
}
