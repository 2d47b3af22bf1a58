import { type Architecture, fusedQkv, grouped } from '../architecture.ts';

/** BLOOM: q, k and v interleaved per head; a norm right after the embeddings. */
export const bloom: Architecture = {
  family: 'bloom',
  types: ['bloom'],
  model: {
    embed: 'word_embeddings',
    unembed: 'lm_head',
    'norm.embed?': 'word_embeddings_layernorm',
    'norm.final?': 'ln_f',
  },
  layer: 'h.{n}.',
  parameters: {
    'norm.attn': 'input_layernorm',
    ...fusedQkv('self_attention.query_key_value', grouped),
    'attn.o': 'self_attention.dense',
    'norm.ff': 'post_attention_layernorm',
    'ff.key': 'mlp.dense_h_to_4h',
    'ff.value': 'mlp.dense_4h_to_h',
  },
};
