/**
 * Quantised types of 32 weights a block, as ggml lays them out (ggml-common.h) and the `gguf` Python package decodes
 * them: the same fp32 operations in the same order, so the same bits. A product of two fp32 that is rounded when it is
 * stored in a Float32Array needs no `Math.fround`; one that takes part in a sum does.
 *
 * `lo` and `hi` are the two halves of a block: byte j holds weight j in its low four bits and weight j + 16 in its
 * high.
 */
import { f16Table } from '../elements.ts';

const { fround } = Math;

/** d · (q - 8); d fp16, q 4 bits. */
export function q4_0(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 18, o += 32) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 2 + j];
      out[o + j] = d * ((q & 15) - 8);
      out[o + j + 16] = d * ((q >> 4) - 8);
    }
  }
}

/** d · q + m; d and m fp16, q 4 bits. */
export function q4_1(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 20, o += 32) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    const m = half[bytes[at + 2] | (bytes[at + 3] << 8)];
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 4 + j];
      out[o + j] = fround(d * (q & 15)) + m;
      out[o + j + 16] = fround(d * (q >> 4)) + m;
    }
  }
}

/** d · (q - 16); d fp16, the fifth bits of q in a word of 32 bits. */
export function q5_0(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 22, o += 32) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    const fifth = word(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 6 + j];
      out[o + j] = d * (((q & 15) | (((fifth >>> j) & 1) << 4)) - 16);
      out[o + j + 16] = d * (((q >> 4) | (((fifth >>> (j + 16)) & 1) << 4)) - 16);
    }
  }
}

/** d · q + m; d and m fp16, the fifth bits of q in a word of 32 bits. */
export function q5_1(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 24, o += 32) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    const m = half[bytes[at + 2] | (bytes[at + 3] << 8)];
    const fifth = word(bytes, at + 4);
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 8 + j];
      out[o + j] = fround(d * ((q & 15) | (((fifth >>> j) & 1) << 4))) + m;
      out[o + j + 16] = fround(d * ((q >> 4) | (((fifth >>> (j + 16)) & 1) << 4))) + m;
    }
  }
}

/** d · q; d fp16, q int8. */
export function q8_0(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 34, o += 32) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    for (let j = 0; j < 32; j++) out[o + j] = d * ((bytes[at + 2 + j] << 24) >> 24);
  }
}

/** The sixteen levels of the non-linear types. */
export const IQ4_LEVELS = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** d · level[q]; d fp16, q 4 bits. */
export function iq4_nl(bytes: Uint8Array, out: Float32Array): void {
  const half = f16Table();
  for (let at = 0, o = 0; at < bytes.length; at += 18, o += 32) {
    const d = half[bytes[at] | (bytes[at + 1] << 8)];
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 2 + j];
      out[o + j] = d * IQ4_LEVELS[q & 15];
      out[o + j + 16] = d * IQ4_LEVELS[q >> 4];
    }
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
