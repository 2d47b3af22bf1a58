import type { Architecture, Config, LowRank, Part, Spec, Stack } from '../architecture.ts';
import { mixture } from './experts.ts';
import { llama } from './llama.ts';
import { gatedMlp, norms } from './names.ts';

// DeepSeek's attention (MLA): queries, and keys and values together, come through a few dimensions. The parameters are
// the products of both maps, the norm's gain between them included; part of each key comes straight from the first map.

const number = (config: Config, name: string): number => config[name] as number;
const queries: LowRank = {
  name: 'self_attn.q_a_proj',
  norm: 'self_attn.q_a_layernorm',
  rank: (config) => number(config, 'q_lora_rank'),
};
const keysAndValues: LowRank = {
  name: 'self_attn.kv_a_proj_with_mqa',
  norm: 'self_attn.kv_a_layernorm',
  rank: (config) => number(config, 'kv_lora_rank'),
};

/** Of each head's outputs of `kv_b_proj`: the part of its key that does not turn, then its value. */
const stored = (config: Config): number => number(config, 'qk_nope_head_dim') + number(config, 'v_head_dim');

const keys: Part = {
  size: ({ heads }, config) => heads * stored(config),
  index: (i, { headDim }, config) => Math.floor(i / headDim) * stored(config) + (i % headDim),
  direct: (i, { headDim }, config) => {
    const beyond = (i % headDim) - number(config, 'qk_nope_head_dim');
    return beyond < 0 ? undefined : number(config, 'kv_lora_rank') + beyond;
  },
};
const values: Part = {
  size: keys.size,
  index: (i, { valueDim, headDim }, config) => {
    const d = valueDim ?? headDim;
    return Math.floor(i / d) * stored(config) + number(config, 'qk_nope_head_dim') + (i % d);
  },
};

const attention: Spec = {
  'attn.q': [{ name: 'self_attn.q_b_proj', after: queries }, 'self_attn.q_proj'],
  'attn.k': { name: 'self_attn.kv_b_proj', part: keys, after: keysAndValues },
  'attn.v': { name: 'self_attn.kv_b_proj', part: values, after: keysAndValues },
  'attn.o': 'self_attn.o_proj',
};

const sizes: Stack['sizes'] = (config) => ({
  kvHeads: number(config, 'num_attention_heads'),
  headDim: number(config, 'qk_nope_head_dim') + number(config, 'qk_rope_head_dim'),
  valueDim: number(config, 'v_head_dim'),
});

const notes = [
  'Queries, keys and values are products of two maps each, the gain of the norm between them included, its division not.',
];

/** DeepSeek 2 and 3, Kimi K2, GLM 4.7 Flash: ordinary layers first, then experts, some of them shared. */
export const deepseek: Architecture = {
  ...llama,
  family: 'deepseek',
  types: ['deepseek_v2', 'deepseek_v3', 'deepseek_v32', 'kimi_k2', 'glm4_moe_lite', 'glm_moe_dsa'],
  parameters: { ...norms, ...attention, ...mixture },
  sizes,
  rotary: 'last',
  notes,
  aside: /e_score_correction_bias$/,
};

/** MiniCPM 3, Youtu: no experts. */
export const minicpm3: Architecture = {
  ...llama,
  family: 'minicpm3',
  types: ['minicpm3', 'youtu'],
  parameters: { ...norms, ...attention, ...gatedMlp },
  sizes,
  rotary: 'last',
  notes,
};
