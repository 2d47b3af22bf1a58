import { type Architecture, half, type Module, type Part, type Spec } from '../architecture.ts';
import { llama } from './llama.ts';
import { attention, norms } from './names.ts';

/** MLX stacks experts under a name of its own, gates and ups apart. */
const switched = (name: string): Module => ({ name, stacked: true });

/** Mixtral: experts under their old names (w1, w3, w2) or stacked, as current transformers holds them, or MLX. */
export const mixtral: Architecture = {
  ...llama,
  family: 'mixtral',
  types: ['mixtral', 'phimoe', 'minimax_m2'],
  aside: /e_score_correction_bias$/,
  parameters: {
    ...norms,
    ...attention,
    'ff.router': ['block_sparse_moe.gate', 'mlp.gate', 'mlp.router'],
    'ff.{e}.key': [
      'block_sparse_moe.experts.{e}.w1',
      { name: 'mlp.experts.gate_up_proj', stacked: true, part: half(0) },
      switched('block_sparse_moe.switch_mlp.gate_proj'),
    ],
    'ff.{e}.up': [
      'block_sparse_moe.experts.{e}.w3',
      { name: 'mlp.experts.gate_up_proj', stacked: true, part: half(1) },
      switched('block_sparse_moe.switch_mlp.up_proj'),
    ],
    'ff.{e}.value': [
      'block_sparse_moe.experts.{e}.w2',
      { name: 'mlp.experts.down_proj', stacked: true },
      switched('block_sparse_moe.switch_mlp.down_proj'),
    ],
  },
};

export const graniteExperts: Spec = {
  'ff.router?': ['block_sparse_moe.router.layer', 'block_sparse_moe.router'],
  'ff.{e}.key?': { name: 'block_sparse_moe.input_linear', stacked: true, part: half(0) },
  'ff.{e}.up?': { name: 'block_sparse_moe.input_linear', stacked: true, part: half(1) },
  'ff.{e}.value?': { name: 'block_sparse_moe.output_linear', stacked: true },
  'ff.shared.key?': { name: 'shared_mlp.input_linear', part: half(0) },
  'ff.shared.up?': { name: 'shared_mlp.input_linear', part: half(1) },
  'ff.shared.value?': 'shared_mlp.output_linear',
};

/** Granite's experts, all in two tensors; those of 4 have a shared one, and layers of Mamba between (recurrent.ts). */
export const graniteMoe: Architecture = {
  ...llama,
  family: 'granitemoe',
  types: ['granitemoe', 'granitemoeshared'],
  parameters: {
    ...norms,
    ...attention,
    ...graniteExperts,
  },
};

/** Maps of one feed-forward layer under several names, gated. */
const parts = (start: string, ...names: readonly string[]): Spec => ({
  [`${start}key?`]: names.map((name) => `${name}.gate_proj`),
  [`${start}up?`]: names.map((name) => `${name}.up_proj`),
  [`${start}value?`]: names.map((name) => `${name}.down_proj`),
});

/**
 * Experts, maybe one or more that all tokens share, maybe ordinary layers in between: what a layer has, the file tells.
 */
const mixtureOf = (layout?: Module['layout']): Spec => ({
  'ff.router?': ['mlp.gate', 'mlp.gate.wg', 'mlp.router'],
  'ff.{e}.key?': [
    'mlp.experts.{e}.gate_proj',
    { name: 'mlp.experts.gate_up_proj', stacked: true, layout, part: half(0) },
    switched('mlp.switch_mlp.gate_proj'),
  ],
  'ff.{e}.up?': [
    'mlp.experts.{e}.up_proj',
    { name: 'mlp.experts.gate_up_proj', stacked: true, layout, part: half(1) },
    switched('mlp.switch_mlp.up_proj'),
  ],
  'ff.{e}.value?': [
    'mlp.experts.{e}.down_proj',
    { name: 'mlp.experts.down_proj', stacked: true, layout },
    switched('mlp.switch_mlp.down_proj'),
  ],
  ...parts('ff.shared.', 'mlp.shared_expert', 'mlp.shared_experts', 'mlp.shared_mlp'),
  'ff.shared.gate?': 'mlp.shared_expert_gate',
  ...parts('ff.', 'mlp'),
});
export const mixture = mixtureOf();

/** Qwen's, OLMo's, GLM's, dots', Ernie's and Hunyuan's experts. */
export const qwenMoe: Architecture = {
  ...llama,
  family: 'qwen_moe',
  types: [
    'qwen2_moe',
    'qwen3_moe',
    'olmoe',
    'glm4_moe',
    'dots1',
    'ernie4_5_moe',
    'hunyuan_v1_moe',
    'mellum',
    'exaone_moe',
    'solar_open',
  ],
  parameters: { ...norms, ...attention, ...mixture },
  aside: /e_score_correction_bias$/,
};

/** Qwen3-VL's experts: the files that Qwen gave out have them input-first, others as Qwen3's. */
export const qwen3VlMoe: Architecture = {
  ...qwenMoe,
  types: ['qwen3_vl_moe_text'],
  parameters: { ...norms, ...attention, ...mixtureOf('either') },
};

/** One output in two: gates at even places, ups at odd ones. */
const everyOther = (which: 0 | 1): Part => ({
  size: ({ neurons }) => 2 * neurons,
  index: (i) => 2 * i + which,
});

/** gpt-oss: all experts in two tensors, input first; heads have a sink, a score that no key needs to earn. */
export const gptOss: Architecture = {
  ...llama,
  family: 'gpt_oss',
  types: ['gpt_oss'],
  parameters: {
    ...norms,
    ...attention,
    'attn.sinks?': 'self_attn.sinks',
    'ff.router': 'mlp.router',
    'ff.{e}.key': { name: 'mlp.experts.gate_up_proj', layout: 'conv1d', stacked: true, part: everyOther(0) },
    'ff.{e}.up': { name: 'mlp.experts.gate_up_proj', layout: 'conv1d', stacked: true, part: everyOther(1) },
    'ff.{e}.value': { name: 'mlp.experts.down_proj', layout: 'conv1d', stacked: true },
  },
  notes: [
    'Each head has a sink, a score that takes weight from all keys (attn.sinks); readings of pairs leave it out.',
  ],
};

/** Llama 4: experts as gpt-oss stores them, gates before ups, and one that is shared; ordinary layers between. */
export const llama4: Architecture = {
  ...llama,
  family: 'llama4',
  types: ['llama4_text', 'llama4'],
  // It is no linear map, and has nothing to be listed among what readings leave out.
  notes: ({ use_qk_norm: normed = true }) =>
    normed
      ? [
          'Queries and keys of layers with rotary positions are divided by their root mean square, a norm without weights: readings leave it out.',
        ]
      : [],
  parameters: {
    ...norms,
    ...attention,
    'ff.router?': 'feed_forward.router',
    'ff.{e}.key?': { name: 'feed_forward.experts.gate_up_proj', layout: 'conv1d', stacked: true, part: half(0) },
    'ff.{e}.up?': { name: 'feed_forward.experts.gate_up_proj', layout: 'conv1d', stacked: true, part: half(1) },
    'ff.{e}.value?': { name: 'feed_forward.experts.down_proj', layout: 'conv1d', stacked: true },
    ...parts('ff.shared.', 'feed_forward.shared_expert'),
    ...parts('ff.', 'feed_forward'),
  },
};
