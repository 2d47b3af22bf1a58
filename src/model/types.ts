import type { TensorInfo } from '../formats/tensor.ts';
import type { Cache } from '../source/source.ts';
import type { Vocabulary } from '../vocabulary/types.ts';

/** Sizes of a model, under one set of names for all architectures. */
export interface Dimensions {
  layers: number;
  /** Width d of the residual stream. */
  hidden: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Neurons per feed-forward layer (per expert, where there are experts). */
  neurons: number;
  /** Rows of `unembed`; may exceed the tokenizer's number of tokens (padding). */
  vocab: number;
  /** 0 without experts. */
  experts: number;
  gated: boolean;
}

/**
 * One parameter under its uniform name (`embed`, `layer.3.ff.key`, `layer.3.attn.q`, `layer.3.norm.attn`, …), read
 * lazily. Whatever the file's layout, a parameter is handed out as vectors of the residual stream: row i of
 * `read()` is neuron i's key, or column i % headDim of head i / headDim's W_Q, or one gain vector.
 */
export interface Parameter {
  readonly name: string;
  /** Shape under the uniform names: [d_ff, d], [heads, d, d_head] (q, k, v), [heads, d_head, d] (o), [V, d], [d] … */
  readonly shape: readonly number[];
  /** The same numbers as `count` vectors of `width`: heads * d_head x d for attention, 1 x n for biases and norms. */
  readonly count: number;
  readonly width: number;
  /** The tensors it is made of, for people. */
  readonly tensors: readonly string[];
  /**
   * Vectors [start, end), default all: fp32, row-major [end - start, width]. NaN or Inf: `NOT_FINITE` naming the
   * tensor, or, with `finite: false`, handed out as they are.
   */
  read(start?: number, end?: number, signal?: AbortSignal, how?: { finite?: boolean }): Promise<Float32Array>;
  /**
   * These vectors, in this order, reading no more than they need; NaN and Inf as they are. Where there is none: read.
   */
  pick?(vectors: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
  /**
   * Of a difference: the same with each model's own norm gain multiplied in. Default: read, times this model's gain.
   */
  readonly folded?: Pick<Parameter, 'read'>;
}

/** An opened checkpoint. Opening reads headers, config and tokenizer, no weights. */
export interface Model {
  /** What the person called it: a path, a hub id, `sample`. */
  readonly name: string;
  /** The family that read it, e.g. `llama`. */
  readonly architecture: string;
  /** The config's `model_type` or GGUF's `general.architecture`. */
  readonly modelType: string;
  readonly dimensions: Dimensions;
  readonly config: Readonly<Record<string, unknown>>;
  /** Where the stack that readings are of has a config of its own within the model's (T5Gemma): that. */
  readonly stackConfig?: Readonly<Record<string, unknown>>;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Undefined when the checkpoint has no tokenizer: ids are shown then. */
  readonly vocabulary: Vocabulary | undefined;
  /** Changes when the weights may have: hash of header and of each source's version. */
  readonly fingerprint: string;
  /** Where derived data (normalisers) may be kept between runs; undefined: nowhere. */
  readonly cache: Cache | undefined;
  /** In words, what a reading should say about how the parameters were made (e.g. a projection composed into E). */
  readonly notes: readonly string[];
  /** Names of tensors that no parameter is made of: parts that see or hear, and what the family does not read. */
  readonly unread?: readonly string[];
  /**
   * Of a model that was made of another: the one whose normalisers its readings are divided by, so that both compare.
   */
  readonly normalisedAs?: Model;
  /**
   * Of a difference: what stands for its attention parameters in products of two of them (VO, QK), whose change is no
   * product of the parameters' changes.
   */
  readonly interactions?: Model;
  /** Made of other models: its numbers are not those of its tensors' bytes alone. */
  readonly derived?: boolean;
  close(): Promise<void>;
}
