import { type Architecture, fusedQkv, grouped } from '../architecture.ts';

/** GPT-NeoX, Pythia: q, k and v interleaved per head in one tensor. */
export const gptNeox: Architecture = {
  family: 'gpt_neox',
  types: ['gpt_neox'],
  prefixes: ['gpt_neox.'],
  model: { embed: 'embed_in', unembed: ['embed_out', 'lm_head'], 'norm.final?': 'final_layer_norm' },
  layer: 'layers.{n}.',
  parameters: {
    'norm.attn': 'input_layernorm',
    ...fusedQkv('attention.query_key_value', grouped),
    'attn.o': 'attention.dense',
    'norm.ff': 'post_attention_layernorm',
    'ff.key': 'mlp.dense_h_to_4h',
    'ff.value': 'mlp.dense_4h_to_h',
  },
};
