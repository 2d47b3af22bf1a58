import { type ErrorCode, WeightscopeError } from '../errors.ts';
import type { Source } from '../source/source.ts';

/** A named tensor in a file: where its bytes are and how they are to be understood. Nothing is read yet. */
export interface TensorInfo {
  readonly name: string;
  /** The file format's own name of the element type, e.g. `BF16` or `Q4_K`. */
  readonly dtype: string;
  /** Row-major, outermost dimension first (GGUF's reversed order is already undone). */
  readonly shape: readonly number[];
  readonly source: Source;
  /** Byte range in `source`. */
  readonly start: number;
  readonly end: number;
  /**
   * Decodes elements that start at a multiple of `blockSize`. `bytes` holds whole blocks; `out` receives
   * `bytes.length / blockBytes * blockSize` fp32 values.
   */
  readonly decode: (bytes: Uint8Array, out: Float32Array) => void;
  /** Elements per block and bytes per block: 1 and 2 for F16, 32 and 18 for Q4_0. Blocks never cross rows. */
  readonly blockSize: number;
  readonly blockBytes: number;
  /**
   * Decodes lines [from, to) of the last dimension (all outer ones flattened) into `out`, where codes, scales and zero
   * points lie in several places. In its place `start`, `end` are those of the codes, and `decode` is not called.
   */
  readonly lines?: (from: number, to: number, out: Float32Array, signal?: AbortSignal) => Promise<void>;
  /** The tensor of which this one is the transpose, its last two dimensions exchanged: read through it. */
  readonly transposeOf?: TensorInfo;
  /**
   * Why its numbers are not to be had or not the model's as they stand: integers or FP8 without a scale that is
   * understood, an element type that is not read, a shard that is not there. Thrown by whoever wants them.
   */
  readonly refusal?: Refusal;
  /** The tensor to which this one's scales, zero points or the like belong; it is no parameter of its own. */
  readonly partOf?: string;
}

/** The error that using a tensor gives: its code and its whole sentence. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a weights file's header says. */
export interface TensorFile {
  readonly format: 'safetensors' | 'gguf' | 'torch';
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * safetensors: the string map `__metadata__`. GGUF: all key-value pairs (64-bit integers as number where safe, else
   * bigint).
   */
  readonly metadata: ReadonlyMap<string, unknown>;
  /** Tensors that the file should have and whose numbers are not to be had, each with its `refusal`. */
  readonly standIns?: ReadonlyMap<string, TensorInfo>;
  /** What readings should say about the file. */
  readonly notes?: readonly string[];
}

/** A tensor of which only the name is known, and why. */
export function standIn(name: string, refusal: Refusal): TensorInfo {
  const refuse = () => {
    throw new WeightscopeError(refusal.code, refusal.message);
  };
  const source = { name: '', byteLength: 0, version: '', slice: async () => refuse() };
  return {
    name,
    dtype: '?',
    shape: [],
    source,
    start: 0,
    end: 0,
    decode: refuse,
    blockSize: 1,
    blockBytes: 1,
    refusal,
  };
}

/** Whether only the tensor's name is known: the file has none such. */
export const isStandIn = ({ dtype }: TensorInfo): boolean => dtype === '?';

/** Matrix number `index` of a tensor [matrices, rows, columns], as a tensor of its own. */
export function slab(info: TensorInfo, index: number): TensorInfo {
  const bytes = (info.end - info.start) / info.shape[0];
  const start = info.start + index * bytes;
  const shape = info.shape.slice(1);
  const before = index * shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const { lines, transposeOf } = info;
  return {
    ...info,
    shape,
    start,
    end: start + bytes,
    lines: lines && ((from, to, out, signal) => lines(before + from, before + to, out, signal)),
    transposeOf: transposeOf && slab(transposeOf, index),
  };
}
