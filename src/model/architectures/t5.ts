import type { Architecture, Config, Spec, Stack } from '../architecture.ts';
import { withDefaults } from '../sizes.ts';

const attention = (part: 'attn' | 'cross', at: string): Spec => ({
  [`norm.${part}`]: `${at.replace(/[^.]+$/, 'layer_norm')}`,
  [`${part}.q`]: `${at}.q`,
  [`${part}.k`]: `${at}.k`,
  [`${part}.v`]: `${at}.v`,
  [`${part}.o`]: `${at}.o`,
});

/** The first T5 has no gate (`wi`), 1.1 and its kin have one (`wi_0`). */
const feedForward = (at: string): Spec => ({
  'norm.ff': `${at}.layer_norm`,
  'ff.key': [`${at}.DenseReluDense.wi_0`, `${at}.DenseReluDense.wi`],
  'ff.up?': `${at}.DenseReluDense.wi_1`,
  'ff.value': `${at}.DenseReluDense.wo`,
});

const encoder: Stack = {
  layer: 'encoder.block.{n}.',
  parameters: { ...attention('attn', 'layer.0.SelfAttention'), ...feedForward('layer.1') },
};

/** T5, mT5, UMT5: an encoder and a decoder, relative positions, no biases. */
export const t5: Architecture = {
  family: 't5',
  types: ['t5', 'mt5', 'umt5', 'pop2piano'],
  model: {
    // Each side's own embeddings count, where the file has them, as they do in transformers 5; the head is `shared`.
    embed: ['decoder.embed_tokens', 'shared', 'encoder.embed_tokens'],
    'encoder.embed?': ['encoder.embed_tokens', 'shared'],
    unembed: ['lm_head', 'shared'],
    'encoder.norm.final?': 'encoder.final_layer_norm',
    'decoder.norm.final?': 'decoder.final_layer_norm',
  },
  layer: 'decoder.block.{n}.',
  parameters: {
    ...attention('attn', 'layer.0.SelfAttention'),
    ...attention('cross', 'layer.1.EncDecAttention'),
    ...feedForward('layer.2'),
  },
  sizes: ({ num_decoder_layers, num_layers }) => ({ layers: (num_decoder_layers ?? num_layers) as number }),
  encoder,
  aside: /relative_attention_bias|^shared\./,
};

/** Long T5: the encoder looks around, and in some models at averages of blocks as well. */
export const longt5: Architecture = {
  ...t5,
  family: 'longt5',
  types: ['longt5'],
  encoder: {
    ...encoder,
    parameters: {
      ...encoder.parameters,
      ...Object.fromEntries(
        ['q', 'k', 'v', 'o'].map((part) => [
          `attn.${part}`,
          ['LocalSelfAttention', 'TransientGlobalSelfAttention'].map((name) => `layer.0.${name}.${part}`),
        ]),
      ),
    },
  },
  notes: [
    'Long T5’s encoder looks at the tokens near by and, in some models, at averages of blocks, which readings leave out.',
  ],
  aside: /relative_attention_bias|global_input_layer_norm|^shared\./,
};

const switched = (at: string): Spec => ({
  'norm.ff': `${at}.layer_norm`,
  'ff.key?': `${at}.mlp.wi`,
  'ff.value?': `${at}.mlp.wo`,
  'ff.router?': `${at}.mlp.router.classifier`,
  'ff.{e}.key?': `${at}.mlp.experts.expert_{e}.wi`,
  'ff.{e}.value?': `${at}.mlp.experts.expert_{e}.wo`,
});

/** Switch Transformers: T5 with experts in some layers of both sides. */
export const switchTransformers: Architecture = {
  ...t5,
  family: 'switch_transformers',
  types: ['switch_transformers'],
  parameters: {
    ...attention('attn', 'layer.0.SelfAttention'),
    ...attention('cross', 'layer.1.EncDecAttention'),
    ...switched('layer.2'),
  },
  encoder: { ...encoder, parameters: { ...attention('attn', 'layer.0.SelfAttention'), ...switched('layer.1') } },
};

const gemmaLayer = (cross: Spec): Spec => ({
  'norm.attn': 'pre_self_attn_layernorm',
  'attn.q': 'self_attn.q_proj',
  'attn.k': 'self_attn.k_proj',
  'attn.v': 'self_attn.v_proj',
  'attn.o': 'self_attn.o_proj',
  'norm.attn_post': 'post_self_attn_layernorm',
  ...cross,
  'norm.ff': 'pre_feedforward_layernorm',
  'ff.key': 'mlp.gate_proj',
  'ff.up': 'mlp.up_proj',
  'ff.value': 'mlp.down_proj',
  'norm.ff_post': 'post_feedforward_layernorm',
});

/** What T5Gemma's config keeps for each side is a config of its own, with the defaults of its own class. */
const sideOf =
  (side: 'encoder' | 'decoder'): Stack['config'] =>
  ({ [side]: own }) =>
    withDefaults({ ...(own as Config | undefined), model_type: 't5_gemma_module' });

/** T5Gemma: Gemma 2's layers in both stacks. */
export const t5gemma: Architecture = {
  family: 't5gemma',
  types: ['t5gemma'],
  gainOffset: 1,
  model: {
    embed: ['decoder.embed_tokens', 'encoder.embed_tokens'],
    unembed: ['lm_head.out_proj', 'lm_head'],
    'encoder.embed?': 'encoder.embed_tokens',
    'encoder.norm.final?': 'encoder.norm',
    'decoder.norm.final?': 'decoder.norm',
  },
  layer: 'decoder.layers.{n}.',
  parameters: gemmaLayer({
    'norm.cross': 'pre_cross_attn_layernorm',
    'cross.q': 'cross_attn.q_proj',
    'cross.k': 'cross_attn.k_proj',
    'cross.v': 'cross_attn.v_proj',
    'cross.o': 'cross_attn.o_proj',
    'norm.cross_post': 'post_cross_attn_layernorm',
  }),
  config: sideOf('decoder'),
  rotary: 'first',
  encoder: { layer: 'encoder.layers.{n}.', parameters: gemmaLayer({}), config: sideOf('encoder') },
};
