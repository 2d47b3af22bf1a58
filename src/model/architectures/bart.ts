import type { Architecture, Module, Spec, Stack } from '../architecture.ts';

// Encoder-decoders in BART's names: two stacks, the decoder's layers with a second attention over what the encoder
// wrote.

const scaled = (name: string): Module => ({ name, scale: ({ headDim }) => headDim ** -0.5 });

/** `after`: `_post` where norms come after each half; `query`: how a query's module is meant. */
function layer(after: '' | '_post', query: (name: string) => string | Module): { own: Spec; cross: Spec } {
  return {
    own: {
      'attn.q': query('self_attn.q_proj'),
      'attn.k': 'self_attn.k_proj',
      'attn.v': 'self_attn.v_proj',
      'attn.o': 'self_attn.out_proj',
      [`norm.attn${after}`]: 'self_attn_layer_norm',
      'ff.key': 'fc1',
      'ff.value': 'fc2',
      [`norm.ff${after}`]: 'final_layer_norm',
    },
    cross: {
      'cross.q': query('encoder_attn.q_proj'),
      'cross.k': 'encoder_attn.k_proj',
      'cross.v': 'encoder_attn.v_proj',
      'cross.o': 'encoder_attn.out_proj',
      [`norm.cross${after}`]: 'encoder_attn_layer_norm',
    },
  };
}

const sizes =
  (side: 'encoder' | 'decoder'): Stack['sizes'] =>
  (config) => ({
    layers: config[`${side}_layers`] as number,
    heads: config[`${side}_attention_heads`] as number,
    kvHeads: config[`${side}_attention_heads`] as number,
    neurons: config[`${side}_ffn_dim`] as number,
  });

function stacks(
  after: '' | '_post',
  query: (name: string) => string | Module = (name) => name,
): Stack & { encoder: Stack } {
  const { own, cross } = layer(after, query);
  return {
    layer: 'decoder.layers.{n}.',
    parameters: { ...own, ...cross },
    sizes: sizes('decoder'),
    encoder: { layer: 'encoder.layers.{n}.', parameters: own, sizes: sizes('encoder') },
  };
}

/** BART: norms after each half of a layer. */
export const bart: Architecture = {
  family: 'bart',
  types: ['bart', 'marian', 'plbart', 'blenderbot-small', 'mvp'],
  model: {
    embed: ['shared', 'decoder.embed_tokens', 'encoder.embed_tokens'],
    // Old files call the bias of the last map `final_logits_bias`.
    unembed: ['lm_head', 'final_logits'],
    'encoder.positions?': 'encoder.embed_positions',
    'decoder.positions?': 'decoder.embed_positions',
    'encoder.norm.embed?': 'encoder.layernorm_embedding',
    'decoder.norm.embed?': 'decoder.layernorm_embedding',
    'encoder.norm.final?': 'encoder.layer_norm',
    'decoder.norm.final?': 'decoder.layer_norm',
  },
  // Copies of the embeddings beside `shared`.
  aside: /^(encoder|decoder)\.embed_tokens\./,
  ...stacks('_post'),
};

/** mBART, M2M and NLLB, Pegasus, Blenderbot: norms before each half. */
export const mbart: Architecture = {
  ...bart,
  family: 'mbart',
  types: ['mbart', 'm2m_100', 'pegasus', 'bigbird_pegasus', 'blenderbot'],
  ...stacks(''),
};

/** Whisper: an encoder of sound, a decoder of words; its queries are scaled before anything else. */
export const whisper: Architecture = {
  ...bart,
  family: 'whisper',
  types: ['whisper'],
  model: { ...bart.model, embed: 'decoder.embed_tokens', unembed: ['proj_out', 'lm_head'] },
  notes: [
    'Whisper multiplies its queries by 1/sqrt(d_head) before anything else; attn.q and cross.q have that factor in them.',
    'Whisper’s encoder reads sound, not words: its layers are shown in the words of the decoder.',
  ],
  // The convolutions between sound and the encoder's stream.
  aside: /^encoder\.conv\d\./,
  ...stacks('', scaled),
};
