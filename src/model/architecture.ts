import type { TensorInfo } from '../formats/tensor.ts';
import type { Dimensions } from './types.ts';

/**
 * Layers one on another: names and layouts, no code. A model is one stack, or two where an encoder reads and a decoder
 * writes; its layers may differ in size, and each has parts (attention, cross-attention, feed-forward, recurrent).
 */
export interface Stack {
  /** What names of layer n begin with, e.g. `layers.{n}.`, or several of which the first found counts. */
  readonly layer: string | readonly string[];
  /** Parameters of layer n, by uniform name without `layer.n.`: `attn.q`, `cross.q`, `ff.key`, `norm.attn` … */
  readonly parameters: Spec | ((config: Config, layer: number) => Spec);
  /** The stack's own config, where it has one inside the model's (T5Gemma): all else here is asked with that. */
  readonly config?: (config: Config) => Config;
  /** What the config says in its own words; the common names are understood without it (sizes.ts). */
  readonly sizes?: (config: Config) => Partial<Sizes>;
  /** Sizes of layer n where they are not those of all. */
  readonly layerSizes?: (config: Config, layer: number) => Partial<Sizes>;
}

/**
 * How a model type's tensors become parameters. A family is one such value in `architectures/`; docs/architectures.md
 * shows how to add one. The prefix of all names (`model.`) is found in the file: the one under which `embed` stands.
 */
export interface Architecture extends Stack {
  readonly family: string;
  /** Values of the config's `model_type` that this family reads. */
  readonly types: readonly string[];
  /** Parameters of the whole model by uniform name: `embed`, `unembed`, `positions`, `norm.final` … */
  readonly model: Spec;
  /** A second stack, which the first, then the decoder, reads through its cross-attention. */
  readonly encoder?: Stack;
  /** Added to every norm gain: Gemma stores w and multiplies by 1 + w. What has been converted may have it added. */
  readonly gainOffset?: number | ((tensors: ReadonlyMap<string, TensorInfo>) => number);
  /** What readings should say about how the parameters were made. */
  readonly notes?: readonly string[] | ((config: Config) => readonly string[]);
  /** Linear maps between the embedding's width and d, composed into E where the checkpoint has them. */
  readonly projections?: {
    readonly embed?: string;
    readonly unembed?: string;
    /** Not where the embeddings are as wide as d already. */
    readonly whereNarrow?: boolean;
  };
  /** Rows of `embed` past those of `unembed`, for what is read and never written; they are left out. */
  readonly onlyRead?: number;
  /**
   * Queries and keys are turned as `rope_parameters` say (rotary.ts): the `first` dimensions of a head, as a rule all
   * of them, or the `last` ones.
   */
  readonly rotary?: 'first' | 'last';
  /** The config does not say how many neurons a layer has, or not in one word: the file does. */
  readonly neuronsStored?: boolean;
  /**
   * Names of tensors that are no directions of the residual stream and are left alone: a router's correction, a
   * convolution.
   */
  readonly aside?: RegExp | ((config: Config) => RegExp);
}

/** {@link Dimensions} as far as a config tells them. */
export interface Sizes extends Omit<Dimensions, 'gated'> {
  /** Dimensions of a head's values where they are not those of its queries and keys (DeepSeek). */
  valueDim?: number;
}

export type Config = Readonly<Record<string, unknown>>;

/**
 * Uniform name -> the module that holds it, or several of which the first found counts. A name that ends in `?` may be
 * absent. Biases come along by themselves: `<name>_bias` from `<module>.bias`. In names, `{e}` stands for an expert.
 */
export type Spec = Readonly<Record<string, Candidates>>;
export type Candidates = string | Module | readonly (string | Module)[];

/** A linear map in a file. A plain string is `{ name }`. */
export interface Module {
  /** Its name without `.weight`. */
  readonly name: string;
  /**
   * `linear` (default): weight [out, in], as torch.nn.Linear and GGUF have it; `conv1d`: [in, out], as GPT-2 has it;
   * `either`: `linear` where the shape is that, else `conv1d`, as transformers decides it.
   */
  readonly layout?: 'linear' | 'conv1d' | 'either';
  /** Which of the tensor's outputs are meant, where it holds more than these or another order. */
  readonly part?: Part;
  /**
   * Every number is multiplied by it: what the model's code does to the outputs before anything else (OPT's queries).
   */
  readonly scale?: (sizes: Sizes, config: Config) => number;
  /** The map is in groups: this many parts of the outputs, each of which reads the same part of the inputs alone. */
  readonly groups?: (config: Config) => number;
  /** The tensor is [experts, …], one map after the other. */
  readonly stacked?: boolean;
  /** The tensor that holds its bias, where that is not called `<name>.bias`. */
  readonly bias?: string;
  /** The weight is [out, r] and its input comes from this map [r, d]: the parameter is their product. */
  readonly after?: LowRank;
}

/** The first of two maps, down to a few dimensions. */
export interface LowRank {
  readonly name: string;
  /** The norm between both; its gain is multiplied in, its division is not. */
  readonly norm: string;
  /** How many of the map's outputs the second map reads; others may be meant as they stand ({@link Part.direct}). */
  rank(config: Config): number;
}

/** A choice among a tensor's outputs. */
export interface Part {
  /** Number of outputs the tensor has in all. */
  size(sizes: Sizes, config: Config): number;
  /** The tensor's output that is output i of the parameter. */
  index(i: number, sizes: Sizes, config: Config): number;
  /** Of a low-rank map: the first map's output that is output i of the parameter as it stands, past the second map. */
  direct?(i: number, sizes: Sizes, config: Config): number | undefined;
}

type Projection = 'q' | 'k' | 'v';

/** q, k, v one after the other: [heads + 2 * kvHeads, d_head] (GPT-2, Phi-3, and all fused tensors in GGUF). */
export function concatenated(which: Projection): Part {
  return {
    size: ({ heads, kvHeads, headDim }) => (heads + 2 * kvHeads) * headDim,
    index: (i, { heads, kvHeads, headDim }) => i + { q: 0, k: heads, v: heads + kvHeads }[which] * headDim,
  };
}

/**
 * Per key-value head its query heads, its key, its value: [kvHeads, heads / kvHeads + 2, d_head]. With kvHeads = heads
 * this is GPT-NeoX's and BLOOM's [heads, 3, d_head], with kvHeads = 1 the multi-query layout.
 */
export function grouped(which: Projection): Part {
  return {
    size: ({ heads, kvHeads, headDim }) => (heads + 2 * kvHeads) * headDim,
    index: (i, { heads, kvHeads, headDim }) => {
      const queries = heads / kvHeads;
      const head = Math.floor(i / headDim);
      const slot =
        which === 'q'
          ? Math.floor(head / queries) * (queries + 2) + (head % queries)
          : head * (queries + 2) + queries + (which === 'k' ? 0 : 1);
      return slot * headDim + (i % headDim);
    },
  };
}

/** The first (gate) or second (up) half of a fused [2 * d_ff, d]. */
export function half(which: 0 | 1): Part {
  return { size: ({ neurons }) => 2 * neurons, index: (i, { neurons }) => i + which * neurons };
}

/**
 * Undoes llama.cpp's order of W_Q and W_K (convert_hf_to_gguf, `LlamaModel.permute`): there the two halves that rotary
 * embedding turns against each other, i and i + d_head / 2, lie side by side.
 */
export const interleavedRotary = (which: 'q' | 'k'): Part => ({
  size: ({ heads, kvHeads, headDim }) => (which === 'q' ? heads : kvHeads) * headDim,
  index: (i, { headDim }) => {
    const within = i % headDim;
    const middle = headDim / 2;
    return i - within + (within % middle) * 2 + Math.floor(within / middle);
  },
});

/** The three entries of a fused tensor, or of one of several names. */
export function fusedQkv(name: string, part: typeof grouped, layout?: Module['layout']): Spec {
  return {
    'attn.q': { name, part: part('q'), layout },
    'attn.k': { name, part: part('k'), layout },
    'attn.v': { name, part: part('v'), layout },
  };
}
