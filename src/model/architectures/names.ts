import { half, type Spec } from '../architecture.ts';

// What Llama and its kin call the parts of a layer.

export const attention: Spec = {
  'attn.q': 'self_attn.q_proj',
  'attn.k': 'self_attn.k_proj',
  'attn.v': 'self_attn.v_proj',
  'attn.o': 'self_attn.o_proj',
  'norm.q?': ['self_attn.q_norm', 'self_attn.q_layernorm', 'self_attn.query_layernorm'],
  'norm.k?': ['self_attn.k_norm', 'self_attn.k_layernorm', 'self_attn.key_layernorm'],
};

export const gatedMlp: Spec = { 'ff.key': 'mlp.gate_proj', 'ff.up': 'mlp.up_proj', 'ff.value': 'mlp.down_proj' };
export const fusedGatedMlp: Spec = {
  'ff.key': { name: 'mlp.gate_up_proj', part: half(0) },
  'ff.up': { name: 'mlp.gate_up_proj', part: half(1) },
  'ff.value': 'mlp.down_proj',
};
export const plainMlp: Spec = { 'ff.key': 'mlp.up_proj', 'ff.value': 'mlp.down_proj' };
export const norms: Spec = { 'norm.attn': 'input_layernorm', 'norm.ff': 'post_attention_layernorm' };

/** Without these entries. */
export const without = (spec: Spec, ...keys: readonly string[]): Spec =>
  Object.fromEntries(Object.entries(spec).filter(([key]) => !keys.includes(key)));

/** Each of which may be absent. */
export const optional = (spec: Spec): Spec =>
  Object.fromEntries(Object.entries(spec).map(([key, name]) => [`${key.replace('?', '')}?`, name]));
