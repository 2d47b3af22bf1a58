/**
 * Quantised types of 256 weights a block whose codes choose rows of a table ("i-quants"), as ggml lays them out
 * (ggml-common.h) and the `gguf` Python package decodes them: scale · level, with a sign. See dequantize.ts on
 * rounding.
 */
import { f16Table } from '../elements.ts';
import { evenSigns, grid } from './grid.ts';

const { fround } = Math;

const u16 = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8);
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;

/** `count` levels of a row times a scale, negative where a bit of `signs` is set. */
function put(
  table: Int8Array,
  at: number,
  count: number,
  scale: number,
  signs: number,
  out: Float32Array,
  o: number,
): void {
  for (let j = 0; j < count; j++) {
    const value = scale * table[at + j];
    out[o + j] = (signs >> j) & 1 ? -value : value;
  }
}

/** d; for each 32 weights four rows of 8 (a byte each), then four times 7 bits of signs and 4 of a scale. */
export function iq2_xxs(bytes: Uint8Array, out: Float32Array): void {
  const [half, table] = [f16Table(), grid('IQ2_XXS')];
  for (let at = 0, o = 0; at < bytes.length; at += 66, o += 256) {
    const d = half[u16(bytes, at)];
    for (let sub = 0; sub < 8; sub++) {
      const from = at + 2 + sub * 8;
      const word = u32(bytes, from + 4);
      const scale = fround(fround(d * (0.5 + (word >>> 28))) * 0.25);
      for (let k = 0; k < 4; k++)
        put(table, bytes[from + k] * 8, 8, scale, evenSigns((word >>> (7 * k)) & 127), out, o + sub * 32 + k * 8);
    }
  }
}

/** d; for each 8 weights 9 bits of a row and 7 of signs; 4 bits of a scale for each 16. */
export function iq2_xs(bytes: Uint8Array, out: Float32Array): void {
  const [half, table] = [f16Table(), grid('IQ2_XS')];
  for (let at = 0, o = 0; at < bytes.length; at += 74, o += 256) {
    const d = half[u16(bytes, at)];
    for (let k = 0; k < 32; k++) {
      const code = u16(bytes, at + 2 + 2 * k);
      const scale = scaleOf16(d, bytes[at + 66 + (k >> 2)], k);
      put(table, (code & 511) * 8, 8, scale, evenSigns(code >> 9), out, o + k * 8);
    }
  }
}

/** d; for each 8 weights a row of 10 bits (8 low, 2 high) and 8 signs; 4 bits of a scale for each 16. */
export function iq2_s(bytes: Uint8Array, out: Float32Array): void {
  const [half, table] = [f16Table(), grid('IQ2_S')];
  for (let at = 0, o = 0; at < bytes.length; at += 82, o += 256) {
    const d = half[u16(bytes, at)];
    for (let k = 0; k < 32; k++) {
      const row = bytes[at + 2 + k] | (((bytes[at + 66 + (k >> 2)] >> (2 * (k & 3))) & 3) << 8);
      const scale = scaleOf16(d, bytes[at + 74 + (k >> 2)], k);
      put(table, row * 8, 8, scale, bytes[at + 34 + k], out, o + k * 8);
    }
  }
}

/** The scale of 16 weights, the half of a byte for each: eight k of four to a byte. */
function scaleOf16(d: number, byte: number, k: number): number {
  return fround(fround(d * (0.5 + ((byte >> (((k >> 1) & 1) * 4)) & 15))) * 0.25);
}

/** d; for each 4 weights a row (a byte); then for each 32 weights four times 7 bits of signs and 4 of a scale. */
export function iq3_xxs(bytes: Uint8Array, out: Float32Array): void {
  const [half, table] = [f16Table(), grid('IQ3_XXS')];
  for (let at = 0, o = 0; at < bytes.length; at += 98, o += 256) {
    const d = half[u16(bytes, at)];
    for (let sub = 0; sub < 8; sub++) {
      const word = u32(bytes, at + 66 + sub * 4);
      const scale = fround(fround(d * (0.5 + (word >>> 28))) * 0.5);
      for (let k = 0; k < 8; k++) {
        const signs = evenSigns((word >>> (7 * (k >> 1))) & 127) >> ((k & 1) * 4);
        put(table, bytes[at + 2 + sub * 8 + k] * 4, 4, scale, signs, out, o + sub * 32 + k * 4);
      }
    }
  }
}

/** d; for each 4 weights a row of 9 bits (8 low, 1 high) and 4 signs; 4 bits of a scale, 1 + 2s, for each 32. */
export function iq3_s(bytes: Uint8Array, out: Float32Array): void {
  const [half, table] = [f16Table(), grid('IQ3_S')];
  for (let at = 0, o = 0; at < bytes.length; at += 110, o += 256) {
    const d = half[u16(bytes, at)];
    for (let k = 0; k < 64; k++) {
      const row = bytes[at + 2 + k] | (((bytes[at + 66 + (k >> 3)] >> (k & 7)) & 1) << 8);
      const scale = fround(d * (1 + 2 * ((bytes[at + 106 + (k >> 4)] >> (((k >> 3) & 1) * 4)) & 15)));
      put(table, row * 4, 4, scale, bytes[at + 74 + (k >> 1)] >> ((k & 1) * 4), out, o + k * 4);
    }
  }
}

/** What the levels of IQ1 are moved by. */
const DELTA = 0.125;

/**
 * d; for each 8 weights a row of 11 bits (8 low, 3 high); for each 32 a scale of 3 bits, 1 + 2s, and the sign of DELTA.
 */
export function iq1_s(bytes: Uint8Array, out: Float32Array): void {
  const [half, table] = [f16Table(), grid('IQ1')];
  for (let at = 0, o = 0; at < bytes.length; at += 50, o += 256) {
    const d = half[u16(bytes, at)];
    for (let k = 0; k < 32; k++) {
      const high = u16(bytes, at + 34 + 2 * (k >> 2));
      const row = bytes[at + 2 + k] | (((high >> (3 * (k & 3))) & 7) << 8);
      const scale = fround(d * (2 * ((high >> 12) & 7) + 1));
      putMoved(table, row * 8, scale, high & 0x8000 ? -DELTA : DELTA, out, o + k * 8);
    }
  }
}

/**
 * As IQ1_S with a scale for each 16 weights and a sign of DELTA for each 8: four words hold four scales of 3 bits each,
 * and in their upper four bits the parts of d.
 */
export function iq1_m(bytes: Uint8Array, out: Float32Array): void {
  const [half, table] = [f16Table(), grid('IQ1')];
  for (let at = 0, o = 0; at < bytes.length; at += 56, o += 256) {
    const words = [0, 1, 2, 3].map((i) => u16(bytes, at + 48 + 2 * i));
    const d = half[words.reduce((bits, word, i) => bits | ((word >> 12) << (4 * i)), 0)];
    for (let k = 0; k < 32; k++) {
      const high = bytes[at + 32 + (k >> 1)] >> ((k & 1) * 4);
      const row = bytes[at + k] | ((high & 7) << 8);
      const scale = fround(d * (2 * ((words[k >> 3] >> (3 * ((k >> 1) & 3))) & 7) + 1));
      putMoved(table, row * 8, scale, high & 8 ? -DELTA : DELTA, out, o + k * 8);
    }
  }
}

function putMoved(table: Int8Array, at: number, scale: number, delta: number, out: Float32Array, o: number): void {
  for (let j = 0; j < 8; j++) out[o + j] = scale * (table[at + j] + delta);
}
