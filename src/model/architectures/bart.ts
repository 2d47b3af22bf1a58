import type { Architecture, Module, Spec, Stack } from '../architecture.ts';
import { without } from './names.ts';

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

/** What configs call each side's sizes: neither the other side's nor the whole model's stand in for them. */
const ENTRIES = {
  encoder: ['encoder_layers', 'encoder_attention_heads', 'encoder_ffn_dim'],
  decoder: ['decoder_layers', 'decoder_attention_heads', 'decoder_ffn_dim'],
} as const;

const sizes =
  (side: 'encoder' | 'decoder'): Stack['sizes'] =>
  (config) => {
    // What is null, or left out where no class has it, is refused as no size.
    const [layers, heads, neurons] = ENTRIES[side].map((name) => (config[name] ?? 0) as number);
    return {
      layers,
      heads,
      kvHeads: heads,
      neurons,
      // Marian's sides may have vocabularies of their own.
      ...(side === 'decoder' && config.share_encoder_decoder_embeddings === false
        ? { vocab: (config.decoder_vocab_size ?? undefined) as number }
        : {}),
    };
  };

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
    // Each side's own embeddings count, where the file has them, as they do in transformers 5; the head is `shared`.
    embed: ['decoder.embed_tokens', 'shared', 'encoder.embed_tokens'],
    'encoder.embed?': ['encoder.embed_tokens', 'shared'],
    // Old files call the bias of the last map `final_logits_bias`.
    unembed: ['lm_head', 'final_logits', 'shared'],
    'encoder.positions?': 'encoder.embed_positions',
    'decoder.positions?': 'decoder.embed_positions',
    'encoder.norm.embed?': 'encoder.layernorm_embedding',
    'decoder.norm.embed?': 'decoder.layernorm_embedding',
    'encoder.norm.final?': 'encoder.layer_norm',
    'decoder.norm.final?': 'decoder.layer_norm',
  },
  // Where each side has its own, they are nobody's.
  aside: /^shared\./,
  ...stacks('_post'),
};

/** mBART, M2M and NLLB, Pegasus, Blenderbot: norms before each half. */
export const mbart: Architecture = {
  ...bart,
  family: 'mbart',
  types: ['mbart', 'm2m_100', 'pegasus', 'blenderbot'],
  ...stacks(''),
};

/** An encoder whose attention has BERT's names, below one of its own. */
const attendingBy = (name: string, after: '' | '_post'): Stack => ({
  ...stacks(after).encoder,
  parameters: {
    ...layer(after, (own) => own).own,
    'attn.q': `${name}.query`,
    'attn.k': `${name}.key`,
    'attn.v': `${name}.value`,
    'attn.o': 'self_attn.output',
  },
});

/** BigBird's Pegasus: the encoder's attention under BERT's names. */
export const bigbirdPegasus: Architecture = {
  ...mbart,
  family: 'bigbird_pegasus',
  types: ['bigbird_pegasus'],
  encoder: attendingBy('self_attn.self', ''),
};

/** LED: the encoder's attention under Longformer's names; places that look at everything have maps of their own. */
export const led: Architecture = {
  ...bart,
  family: 'led',
  types: ['led'],
  encoder: attendingBy('self_attn.longformer_self_attn', '_post'),
};

const mixed: Spec = {
  ...without(layer('', (name) => name).own, 'ff.key', 'ff.value'),
  'norm.ff': 'ff_layer_norm',
  'ff.key?': 'ffn.fc1',
  'ff.value?': 'ffn.fc2',
  'ff.router?': 'ffn.router.classifier',
  'ff.{e}.key?': 'ffn.experts.expert_{e}.fc1',
  'ff.{e}.value?': 'ffn.experts.expert_{e}.fc2',
};

/** NLLB's mixture: M2M with experts in some layers. */
export const nllbMoe: Architecture = {
  ...mbart,
  family: 'nllb_moe',
  types: ['nllb-moe'],
  parameters: {
    ...mixed,
    'cross.q': 'cross_attention.q_proj',
    'cross.k': 'cross_attention.k_proj',
    'cross.v': 'cross_attention.v_proj',
    'cross.o': 'cross_attention.out_proj',
    'norm.cross': 'cross_attention_layer_norm',
  },
  encoder: { ...stacks('').encoder, parameters: mixed },
};

/** Whisper: an encoder of sound, a decoder of words; its queries are scaled before anything else. */
export const whisper: Architecture = {
  ...bart,
  family: 'whisper',
  types: ['whisper'],
  model: { ...bart.model, embed: 'decoder.embed_tokens', 'encoder.embed?': [], unembed: ['proj_out', 'lm_head'] },
  notes: [
    'Whisper multiplies its queries by 1/sqrt(d_head) before anything else; attn.q and cross.q have that factor in them.',
    'Whisper’s encoder reads sound, not words: its layers are shown in the words of the decoder.',
  ],
  // The convolutions between sound and the encoder's stream.
  aside: /^encoder\.conv\d\./,
  ...stacks('', scaled),
};
