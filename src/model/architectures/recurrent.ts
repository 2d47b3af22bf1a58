import type { TensorInfo } from '../../formats/tensor.ts';
import type { Architecture, Part, Spec } from '../architecture.ts';
import { graniteExperts, mixture } from './experts.ts';
import { llama } from './llama.ts';
import { gatedMlp } from './names.ts';

// Models some of whose layers are no attention. Which they are the file tells: a layer has what is there for it, and at
// least one part. `recurrent.in` and its kin read the stream, `recurrent.out` writes to it; what is between is left
// aside.

/** The attention of layers that have one; what a layer has of it, it has whole. */
const attention = (at = 'self_attn', out = 'o_proj'): Spec => ({
  'attn.q?': `${at}.q_proj`,
  'attn.k?': `${at}.k_proj`,
  'attn.v?': `${at}.v_proj`,
  'attn.o?': `${at}.${out}`,
  'norm.q?': [`${at}.q_norm`, `${at}.q_layernorm`],
  'norm.k?': [`${at}.k_norm`, `${at}.k_layernorm`],
});
const mamba = (at = 'mamba'): Spec => ({ 'recurrent.in?': `${at}.in_proj`, 'recurrent.out?': `${at}.out_proj` });
const INSIDE_MAMBA =
  /(^|\.)(A_log|D|dt_bias)$|\.(conv1d|x_proj|dt_proj|dt_layernorm|b_layernorm|c_layernorm)\.|\.(mamba|mixer|linear_attn)\.norm\./;

/** Each head's query, then what its output is multiplied with: [heads, 2, d_head]. */
const beside = (which: 0 | 1): Part => ({
  size: ({ heads, headDim }) => 2 * heads * headDim,
  index: (i, { headDim }) => (2 * Math.floor(i / headDim) + which) * headDim + (i % headDim),
});

/**
 * MLX adds the 1 to these gains when it converts a model, and turns convolutions round, [channels, width, 1] for
 * [channels, 1, width], by which mlx-lm itself knows whether that has been done.
 */
const isOfMlx = (tensors: ReadonlyMap<string, TensorInfo>): boolean =>
  [...tensors].some(([name, { shape }]) => name.endsWith('conv1d.weight') && shape.length === 3 && shape[2] === 1);

/** Qwen3-Next, Qwen3.5: three layers of linear attention (gated delta rule) to each of gated attention. */
export const qwen3Next: Architecture = {
  ...llama,
  family: 'qwen3_next',
  types: ['qwen3_next', 'qwen3_5', 'qwen3_5_text', 'qwen3_5_moe', 'qwen3_5_moe_text'],
  gainOffset: (tensors) => (isOfMlx(tensors) ? 0 : 1),
  parameters: {
    'norm.attn': 'input_layernorm',
    ...attention(),
    'attn.q?': { name: 'self_attn.q_proj', part: beside(0) },
    'attn.gate?': { name: 'self_attn.q_proj', part: beside(1) },
    'recurrent.in?': ['linear_attn.in_proj_qkvz', 'linear_attn.in_proj_qkv'],
    'recurrent.z?': 'linear_attn.in_proj_z',
    'recurrent.ba?': 'linear_attn.in_proj_ba',
    'recurrent.b?': 'linear_attn.in_proj_b',
    'recurrent.a?': 'linear_attn.in_proj_a',
    'recurrent.out?': 'linear_attn.out_proj',
    'norm.ff': 'post_attention_layernorm',
    ...mixture,
  },
  notes: [
    'attn.gate is what a head’s output is multiplied with before attn.o, after a sigmoid; readings of heads leave it out.',
  ],
  aside: INSIDE_MAMBA,
};

/** LFM2: short convolutions between layers of attention. */
export const lfm2: Architecture = {
  ...llama,
  family: 'lfm2',
  types: ['lfm2', 'lfm2_moe'],
  model: { ...llama.model, 'norm.final?': ['embedding_norm', 'norm'] },
  neuronsStored: true,
  parameters: {
    'norm.attn': 'operator_norm',
    ...attention('self_attn', 'out_proj'),
    'recurrent.in?': 'conv.in_proj',
    'recurrent.out?': 'conv.out_proj',
    'norm.ff': 'ffn_norm',
    'ff.key?': 'feed_forward.w1',
    'ff.up?': 'feed_forward.w3',
    'ff.value?': 'feed_forward.w2',
    'ff.router?': 'feed_forward.gate',
    'ff.{e}.key?': 'feed_forward.experts.{e}.w1',
    'ff.{e}.up?': 'feed_forward.experts.{e}.w3',
    'ff.{e}.value?': 'feed_forward.experts.{e}.w2',
  },
  aside: /\.conv\.conv\.|expert_bias$/,
};

/** Falcon-H1: attention and Mamba side by side in every layer; keys are scaled. */
export const falconH1: Architecture = {
  ...llama,
  family: 'falcon_h1',
  types: ['falcon_h1'],
  model: { ...llama.model, 'norm.final?': 'final_layernorm' },
  parameters: {
    'norm.attn': 'input_layernorm',
    ...attention(),
    'attn.k?': { name: 'self_attn.k_proj', scale: (_, { key_multiplier = 1 }) => key_multiplier as number },
    ...mamba(),
    'norm.ff': 'pre_ff_layernorm',
    'ff.key': 'feed_forward.gate_proj',
    'ff.up': 'feed_forward.up_proj',
    'ff.value': 'feed_forward.down_proj',
  },
  notes: [
    'Falcon-H1 multiplies keys by key_multiplier, which attn.k has in it; its other multipliers, of whole halves of a layer, are left out.',
  ],
  aside: INSIDE_MAMBA,
};

/** Bamba and Jamba: a layer is attention or Mamba; Jamba has experts in some. */
export const jamba: Architecture = {
  ...llama,
  family: 'jamba',
  types: ['jamba', 'bamba'],
  model: { ...llama.model, 'norm.final?': 'final_layernorm' },
  parameters: {
    'norm.attn': 'input_layernorm',
    ...attention(),
    ...mamba(),
    'norm.ff': 'pre_ff_layernorm',
    ...Object.fromEntries(
      Object.entries(gatedMlp).map(([key, name]) => [`${key}?`, String(name).replace('mlp', 'feed_forward')]),
    ),
    'ff.router?': 'feed_forward.router',
    'ff.{e}.key?': 'feed_forward.experts.{e}.gate_proj',
    'ff.{e}.up?': 'feed_forward.experts.{e}.up_proj',
    'ff.{e}.value?': 'feed_forward.experts.{e}.down_proj',
  },
  aside: INSIDE_MAMBA,
};

/** Nemotron-H: every layer is one thing alone, attention, Mamba or feed-forward, with one norm. */
export const nemotronH: Architecture = {
  ...llama,
  family: 'nemotron_h',
  types: ['nemotron_h'],
  neuronsStored: true,
  sizes: ({ layers_block_type: kinds, hybrid_override_pattern: pattern }) =>
    Array.isArray(kinds) || typeof pattern === 'string' ? { layers: ((kinds ?? pattern) as string).length } : {},
  model: { embed: ['embeddings', 'embed_tokens'], unembed: 'lm_head', 'norm.final?': ['norm_f', 'norm'] },
  parameters: {
    'norm.attn': 'norm',
    ...attention('mixer'),
    ...mamba('mixer'),
    'ff.key?': 'mixer.up_proj',
    'ff.value?': 'mixer.down_proj',
    'ff.router?': 'mixer.gate',
    'ff.{e}.key?': 'mixer.experts.{e}.up_proj',
    'ff.{e}.value?': 'mixer.experts.{e}.down_proj',
    'ff.shared.key?': 'mixer.shared_experts.up_proj',
    'ff.shared.value?': 'mixer.shared_experts.down_proj',
  },
  aside: new RegExp(`${INSIDE_MAMBA.source}|e_score_correction_bias$`),
};

/** Granite 4: attention or Mamba, then experts and one that is shared, or that one alone. */
export const graniteHybrid: Architecture = {
  ...llama,
  family: 'granitemoehybrid',
  types: ['granitemoehybrid'],
  parameters: {
    'norm.attn': 'input_layernorm',
    ...attention(),
    ...mamba(),
    'norm.ff': 'post_attention_layernorm',
    ...graniteExperts,
  },
  neuronsStored: true,
  aside: INSIDE_MAMBA,
};
