import { bytesOf, decodeF4, e8m0Table } from '../elements.ts';
import type { TensorInfo } from '../tensor.ts';

/**
 * Small integers packed without gaps into little-endian words of 32 bits: number i of a line lies at bits
 * [i · bits, (i + 1) · bits) of it, across the border of two words where bits does not divide 32.
 */
function unpackLine(words: Uint32Array, at: number, bits: number, out: Float32Array, o: number, width: number): void {
  const mask = 2 ** bits - 1;
  for (let i = 0, bit = 0; i < width; i++, bit += bits) {
    const word = at + (bit >>> 5);
    const shift = bit & 31;
    let value = words[word] >>> shift;
    if (shift + bits > 32) value |= words[word + 1] << (32 - shift);
    out[o + i] = value & mask;
  }
}

/** Lines [from, to) of the last dimension as the bytes that they are, in an array of their own. */
async function bytesOfLines(info: TensorInfo, from: number, to: number, signal?: AbortSignal): Promise<Uint8Array> {
  const lineBytes = ((info.shape.at(-1) ?? 1) / info.blockSize) * info.blockBytes;
  return new Uint8Array(await info.source.slice(info.start + from * lineBytes, info.start + to * lineBytes, signal));
}

const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);

/** Integers packed along the last dimension, [.., words] -> [.., width]; `offset` is added to every one. */
export function packed(info: TensorInfo, bits: number, width: number, offset = 0): TensorInfo {
  const [perLine] = info.shape.slice(-1);
  const lines: TensorInfo['lines'] = async (from, to, out, signal) => {
    const words = wordsOf(await bytesOfLines(info, from, to, signal));
    for (let line = 0; line < to - from; line++) unpackLine(words, line * perLine, bits, out, line * width, width);
    if (offset) for (let i = 0; i < out.length; i++) out[i] += offset;
  };
  return { ...info, shape: [...info.shape.slice(0, -1), width], lines };
}

/** Integers packed along the first of two dimensions, [words, width] -> [height, width]. */
export function packedDown(info: TensorInfo, bits: number, height: number, offset = 0): TensorInfo {
  const width = info.shape[1];
  const mask = 2 ** bits - 1;
  const lines: TensorInfo['lines'] = async (from, to, out, signal) => {
    const first = Math.floor((from * bits) / 32);
    const words = wordsOf(await bytesOfLines(info, first, Math.ceil((to * bits) / 32), signal));
    for (let i = from, o = 0; i < to; i++) {
      const shift = (i * bits) & 31;
      let at = (Math.floor((i * bits) / 32) - first) * width;
      const crosses = shift + bits > 32;
      for (let end = at + width; at < end; at++, o++) {
        let value = words[at] >>> shift;
        if (crosses) value |= words[at + width] << (32 - shift);
        out[o] = (value & mask) + offset;
      }
    }
  };
  return { ...info, shape: [height, width], lines };
}

/**
 * Eight numbers of 4 bits a word, number `order[j]` of the eight in bits [4j, 4j + 4): [.., words] -> [.., 8 · words].
 */
export function packedInOrder(info: TensorInfo, order: readonly number[]): TensorInfo {
  const lines: TensorInfo['lines'] = async (from, to, out, signal) => {
    const words = wordsOf(await bytesOfLines(info, from, to, signal));
    for (let w = 0; w < words.length; w++)
      for (let j = 0; j < 8; j++) out[8 * w + order[j]] = (words[w] >>> (4 * j)) & 15;
  };
  return { ...info, shape: [...info.shape.slice(0, -1), 8 * (info.shape.at(-1) ?? 1)], lines };
}

/** Bytes that hold two 4-bit floats each, [.., n] -> [.., 2n]. */
export function asFp4(info: TensorInfo): TensorInfo {
  if (info.dtype === 'F4') return info;
  const shape = [...info.shape.slice(0, -1), 2 * (info.shape.at(-1) ?? 1)];
  return { ...info, shape, decode: decodeF4, blockSize: 2, blockBytes: 1 };
}

/** Bytes that are powers of two, as the scales of microscaling formats are. */
export function asE8M0(info: TensorInfo): TensorInfo {
  const decode = (bytes: Uint8Array, out: Float32Array): void => {
    const table = e8m0Table();
    for (let i = 0; i < bytes.length; i++) out[i] = table[bytes[i]];
  };
  return { ...info, decode };
}

/** The same elements in another shape. */
export const reshaped = (info: TensorInfo, ...shape: number[]): TensorInfo => ({ ...info, shape });

/** A tensor [.., rows, columns] as [.., columns, rows]. */
export function transposed(info: TensorInfo): TensorInfo {
  const [rows, columns] = info.shape.slice(-2);
  return { ...info, shape: [...info.shape.slice(0, -2), columns, rows], lines: undefined, transposeOf: info };
}

/** A whole small tensor's bytes, for JSON and the like. */
export const wholeBytes = async (info: TensorInfo): Promise<Uint8Array> =>
  bytesOf(await info.source.slice(info.start, info.end));
