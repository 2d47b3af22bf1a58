import { type Architecture, concatenated, fusedQkv } from '../architecture.ts';
import { attention, fusedGatedMlp, gatedMlp, norms, plainMlp } from './names.ts';

/** Llama and what shares its names: grouped queries, gated feed-forward layers, optional biases, norms of q and k. */
export const llama: Architecture = {
  family: 'llama',
  types: [
    'llama',
    'mistral',
    'ministral',
    'qwen2',
    'qwen3',
    'granite',
    'smollm3',
    'helium',
    'seed_oss',
    'ernie4_5',
    'hunyuan_v1_dense',
  ],
  model: { embed: 'embed_tokens', unembed: ['lm_head'], 'norm.final?': 'norm' },
  layer: 'layers.{n}.',
  parameters: { ...norms, ...attention, ...gatedMlp },
};

/** StableLM: one norm before both halves where the config says so (12B); its norms of q and k, one a head, are not read. */
export const stablelm: Architecture = {
  ...llama,
  family: 'stablelm',
  types: ['stablelm'],
  parameters: ({ use_parallel_residual: parallel }) => ({
    'norm.attn': 'input_layernorm',
    ...attention,
    ...(parallel === true ? {} : { 'norm.ff': 'post_attention_layernorm' }),
    ...gatedMlp,
  }),
};

/** OLMo's norms have no gain; Cohere's one norm is before both halves of a layer. */
export const olmo: Architecture = {
  ...llama,
  family: 'olmo',
  types: ['olmo'],
  parameters: { ...attention, ...gatedMlp },
};

export const cohere: Architecture = {
  ...llama,
  family: 'cohere',
  types: ['cohere', 'cohere2'],
  parameters: { 'norm.attn': 'input_layernorm', ...attention, ...gatedMlp },
};

/** OLMo 2 and 3, EXAONE 4: norms after each half of a layer. */
export const olmo2: Architecture = {
  ...llama,
  family: 'olmo2',
  types: ['olmo2', 'olmo3', 'exaone4'],
  parameters: {
    ...attention,
    'norm.attn_post': 'post_attention_layernorm',
    ...gatedMlp,
    'norm.ff_post': 'post_feedforward_layernorm',
  },
};

/** StarCoder 2: no gate. */
export const starcoder2: Architecture = {
  ...llama,
  family: 'starcoder2',
  types: ['starcoder2'],
  parameters: { ...norms, ...attention, 'ff.key': 'mlp.c_fc', 'ff.value': 'mlp.c_proj' },
};

/** Arcee: no gate. Nemotron's gains are stored as w and used as 1 + w; Apertus names its norms otherwise. */
export const arcee: Architecture = {
  ...llama,
  family: 'arcee',
  types: ['arcee'],
  parameters: { ...norms, ...attention, ...plainMlp },
};

export const nemotron: Architecture = { ...arcee, family: 'nemotron', types: ['nemotron'], gainOffset: 1 };

export const apertus: Architecture = {
  ...llama,
  family: 'apertus',
  types: ['apertus'],
  parameters: { 'norm.attn': 'attention_layernorm', ...attention, 'norm.ff': 'feedforward_layernorm', ...plainMlp },
};

/** GLM: gate and up in one tensor; GLM 4 has norms before and after each half of a layer. */
export const glm: Architecture = {
  ...llama,
  family: 'glm',
  types: ['glm'],
  parameters: { ...norms, ...attention, ...fusedGatedMlp },
};

export const glm4: Architecture = {
  ...glm,
  family: 'glm4',
  types: ['glm4'],
  parameters: {
    ...norms,
    ...attention,
    'norm.attn_post': 'post_self_attn_layernorm',
    ...fusedGatedMlp,
    'norm.ff_post': 'post_mlp_layernorm',
  },
};

/** Phi-3 and 4: q, k, v in one tensor, gate and up in another. */
export const phi3: Architecture = {
  ...llama,
  family: 'phi3',
  types: ['phi3'],
  parameters: {
    ...norms,
    ...fusedQkv('self_attn.qkv_proj', concatenated),
    'attn.o': 'self_attn.o_proj',
    ...fusedGatedMlp,
  },
};

/** Phi 1 to 2: one norm before both halves of a layer, no gate. */
export const phi: Architecture = {
  ...llama,
  family: 'phi',
  types: ['phi'],
  model: { ...llama.model, 'norm.final?': 'final_layernorm' },
  parameters: {
    'norm.attn': 'input_layernorm',
    ...attention,
    'attn.o': 'self_attn.dense',
    'ff.key': 'mlp.fc1',
    'ff.value': 'mlp.fc2',
  },
};

/** Gemma: gains are stored as w and used as 1 + w. */
export const gemma: Architecture = { ...llama, family: 'gemma', types: ['gemma'], gainOffset: 1 };

/** Gemma 2 and 3: norms before and after each half of a layer. */
export const gemma2: Architecture = {
  ...gemma,
  family: 'gemma2',
  types: ['gemma2', 'gemma3_text', 'gemma3'],
  parameters: {
    'norm.attn': 'input_layernorm',
    ...attention,
    'norm.attn_post': 'post_attention_layernorm',
    'norm.ff': 'pre_feedforward_layernorm',
    ...gatedMlp,
    'norm.ff_post': 'post_feedforward_layernorm',
  },
};
