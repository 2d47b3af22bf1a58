import type { Dimensions } from './types.ts';

/**
 * How a model type's tensors become parameters: names and layouts, no code. A family is one such value in
 * `architectures/`; docs/architectures.md shows how to add one.
 */
export interface Architecture {
  readonly family: string;
  /** Values of the config's `model_type` that this family reads. */
  readonly types: readonly string[];
  /** What may stand before every name (`model.`); the empty prefix is always tried last. */
  readonly prefixes: readonly string[];
  /** Parameters of the whole model by uniform name: `embed`, `unembed`, `positions`, `norm.final` … */
  readonly model: Spec;
  /** What names of layer n begin with, e.g. `layers.{n}.`. */
  readonly layer: string;
  /** Parameters of one layer, by uniform name without `layer.n.`: `attn.q`, `ff.key`, `norm.attn` … */
  readonly parameters: Spec | ((config: Config) => Spec);
  /** Added to every norm gain: Gemma stores w and multiplies by 1 + w. */
  readonly gainOffset?: number;
  /** What readings should say about how the parameters were made. */
  readonly notes?: readonly string[];
  /** What the config says in its own words; the common names are understood without it (sizes.ts). */
  readonly sizes?: (config: Config) => Partial<Sizes>;
  /** Linear maps between the embedding's width and d, composed into E where the checkpoint has them. */
  readonly projections?: { readonly embed?: string; readonly unembed?: string };
}

/** {@link Dimensions} as far as a config tells them. */
export type Sizes = Omit<Dimensions, 'gated'>;

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
  /** `linear` (default): weight [out, in], as torch.nn.Linear and GGUF have it; `conv1d`: [in, out], as GPT-2 has it. */
  readonly layout?: 'linear' | 'conv1d';
  /** Which of the tensor's outputs are meant, where it holds more than these or another order. */
  readonly part?: Part;
  /** Every number is multiplied by it: what the model's code does to the outputs before anything else (OPT's queries). */
  readonly scale?: (sizes: Sizes) => number;
  /** The tensor is [experts, …], one map after the other. */
  readonly stacked?: boolean;
}

/** A choice among a tensor's outputs. */
export interface Part {
  /** Number of outputs the tensor has in all. */
  size(sizes: Sizes): number;
  /** The tensor's output that is output i of the parameter. */
  index(i: number, sizes: Sizes): number;
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
 * Per key-value head its query heads, its key, its value: [kvHeads, heads / kvHeads + 2, d_head]. With kvHeads = heads this
 * is GPT-NeoX's and BLOOM's [heads, 3, d_head], with kvHeads = 1 the multi-query layout.
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
