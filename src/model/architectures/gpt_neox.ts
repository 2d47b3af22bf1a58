import { type Architecture, fusedQkv, grouped } from '../architecture.ts';

/** GPT-NeoX, Pythia: q, k and v interleaved per head in one tensor. */
export const gptNeox: Architecture = {
  family: 'gpt_neox',
  types: ['gpt_neox'],
  model: { embed: 'embed_in', unembed: ['embed_out', 'lm_head'], 'norm.final?': 'final_layer_norm' },
  layer: 'layers.{n}.',
  rotary: 'first',
  parameters: {
    'norm.attn': 'input_layernorm',
    ...fusedQkv('attention.query_key_value', grouped),
    'attn.o': 'attention.dense',
    'norm.ff': 'post_attention_layernorm',
    'ff.key': 'mlp.dense_h_to_4h',
    'ff.value': 'mlp.dense_4h_to_h',
  },
};

/** Persimmon: the same order under other names. */
export const persimmon: Architecture = {
  family: 'persimmon',
  types: ['persimmon'],
  model: { embed: 'embed_tokens', unembed: 'lm_head', 'norm.final?': 'final_layernorm' },
  layer: 'layers.{n}.',
  rotary: 'first',
  parameters: {
    'norm.attn': 'input_layernorm',
    ...fusedQkv('self_attn.query_key_value', grouped),
    'norm.q?': 'self_attn.q_layernorm',
    'norm.k?': 'self_attn.k_layernorm',
    'attn.o': 'self_attn.dense',
    'norm.ff': 'post_attention_layernorm',
    'ff.key': 'mlp.dense_h_to_4h',
    'ff.value': 'mlp.dense_4h_to_h',
  },
};
