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
}

/** What a weights file's header says. */
export interface TensorFile {
  readonly format: 'safetensors' | 'gguf';
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** safetensors: the string map `__metadata__`. GGUF: all key-value pairs (64-bit integers as number where safe, else bigint). */
  readonly metadata: ReadonlyMap<string, unknown>;
}
