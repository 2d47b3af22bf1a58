import { type Architecture, type Config, fusedQkv, grouped } from '../architecture.ts';

/**
 * Falcon's three layouts of q, k and v are one, with other numbers of key-value heads: 1 (`multi_query`, 7B),
 * `num_kv_heads` (`new_decoder_architecture`, 40B), as many as heads (RW).
 */
export const falcon: Architecture = {
  family: 'falcon',
  types: ['falcon', 'RefinedWeb', 'RefinedWebModel'],
  model: { embed: 'word_embeddings', unembed: 'lm_head', 'norm.final?': 'ln_f' },
  layer: 'h.{n}.',
  rotary: 'first',
  sizes: (config) => (isNew(config) ? {} : { kvHeads: config.multi_query === false ? heads(config) : 1 }),
  parameters: {
    'norm.attn': ['ln_attn', 'input_layernorm'],
    ...fusedQkv('self_attention.query_key_value', grouped),
    'attn.o': 'self_attention.dense',
    // Without one of its own, the feed-forward layer is behind the attention's norm.
    'norm.ff?': ['ln_mlp', 'post_attention_layernorm'],
    'ff.key': 'mlp.dense_h_to_4h',
    'ff.value': 'mlp.dense_4h_to_h',
  },
};

const heads = ({ n_head: older, num_attention_heads: count = older }: Config) => count as number | undefined;
const isNew = (config: Config) => config.new_decoder_architecture === true || config.model_type === 'RefinedWeb';
