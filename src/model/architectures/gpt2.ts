import { type Architecture, concatenated, fusedQkv, grouped } from '../architecture.ts';

/** GPT-2: weights stored input-first (Conv1D), q, k and v in one tensor. */
export const gpt2: Architecture = {
  family: 'gpt2',
  types: ['gpt2', 'gpt-sw3'],
  model: {
    embed: 'wte',
    unembed: 'lm_head',
    positions: 'wpe',
    'norm.final?': 'ln_f',
  },
  layer: 'h.{n}.',
  parameters: {
    'norm.attn': 'ln_1',
    ...fusedQkv('attn.c_attn', concatenated, 'conv1d'),
    'attn.o': { name: 'attn.c_proj', layout: 'conv1d' },
    'norm.ff': 'ln_2',
    'ff.key': { name: 'mlp.c_fc', layout: 'conv1d' },
    'ff.value': { name: 'mlp.c_proj', layout: 'conv1d' },
  },
};

/** SantaCoder, StarCoder: GPT-2 with ordinary linear layers and, as a rule, one key-value head. */
export const gptBigcode: Architecture = {
  ...gpt2,
  family: 'gpt_bigcode',
  types: ['gpt_bigcode'],
  parameters: {
    'norm.attn': 'ln_1',
    ...fusedQkv('attn.c_attn', grouped),
    'attn.o': 'attn.c_proj',
    'norm.ff': 'ln_2',
    'ff.key': 'mlp.c_fc',
    'ff.value': 'mlp.c_proj',
  },
  // Its class writes `num_key_value_heads` into configs, and takes no notice of it.
  sizes: ({ multi_query, n_head }) => ({ kvHeads: multi_query === false ? (n_head as number | undefined) : 1 }),
};

/** The first GPT: norms after each half of a layer, none at the end. */
export const openaiGpt: Architecture = {
  ...gpt2,
  family: 'openai-gpt',
  types: ['openai-gpt'],
  model: { embed: 'tokens_embed', unembed: 'lm_head', 'positions?': 'positions_embed' },
  parameters: {
    ...fusedQkv('attn.c_attn', concatenated, 'conv1d'),
    'attn.o': { name: 'attn.c_proj', layout: 'conv1d' },
    'norm.attn_post': 'ln_1',
    'ff.key': { name: 'mlp.c_fc', layout: 'conv1d' },
    'ff.value': { name: 'mlp.c_proj', layout: 'conv1d' },
    'norm.ff_post': 'ln_2',
  },
};
