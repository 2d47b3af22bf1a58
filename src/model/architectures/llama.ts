import { type Architecture, concatenated, fusedQkv, half, type Spec } from '../architecture.ts';

const attention: Spec = {
  'attn.q': 'self_attn.q_proj',
  'attn.k': 'self_attn.k_proj',
  'attn.v': 'self_attn.v_proj',
  'attn.o': 'self_attn.o_proj',
  'norm.q?': ['self_attn.q_norm', 'self_attn.q_layernorm'],
  'norm.k?': ['self_attn.k_norm', 'self_attn.k_layernorm'],
};

const gatedMlp: Spec = { 'ff.key': 'mlp.gate_proj', 'ff.up': 'mlp.up_proj', 'ff.value': 'mlp.down_proj' };
const norms: Spec = { 'norm.attn': 'input_layernorm', 'norm.ff': 'post_attention_layernorm' };

/** Llama and what shares its names: grouped queries, gated feed-forward layers, optional biases, norms of q and k. */
export const llama: Architecture = {
  family: 'llama',
  types: ['llama', 'mistral', 'ministral', 'qwen2', 'qwen3', 'stablelm', 'granite', 'smollm3', 'helium', 'seed_oss'],
  prefixes: ['model.', 'model.language_model.', 'language_model.model.'],
  model: { embed: 'embed_tokens', unembed: ['lm_head', 'language_model.lm_head'], 'norm.final?': 'norm' },
  layer: 'layers.{n}.',
  parameters: { ...norms, ...attention, ...gatedMlp },
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

/** OLMo 2 and 3: norms after each half of a layer. */
export const olmo2: Architecture = {
  ...llama,
  family: 'olmo2',
  types: ['olmo2', 'olmo3'],
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

/** Phi-3 and 4: q, k, v in one tensor, gate and up in another. */
export const phi3: Architecture = {
  ...llama,
  family: 'phi3',
  types: ['phi3'],
  parameters: {
    ...norms,
    ...fusedQkv('self_attn.qkv_proj', concatenated),
    'attn.o': 'self_attn.o_proj',
    'ff.key': { name: 'mlp.gate_up_proj', part: half(0) },
    'ff.up': { name: 'mlp.gate_up_proj', part: half(1) },
    'ff.value': 'mlp.down_proj',
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

/** Mixtral: experts under their old names (w1, w3, w2) or stacked, as current transformers holds them. */
export const mixtral: Architecture = {
  ...llama,
  family: 'mixtral',
  types: ['mixtral'],
  parameters: {
    ...norms,
    ...attention,
    'ff.router': ['block_sparse_moe.gate', 'mlp.gate'],
    'ff.{e}.key': [
      'block_sparse_moe.experts.{e}.w1',
      { name: 'mlp.experts.gate_up_proj', stacked: true, part: half(0) },
    ],
    'ff.{e}.up': [
      'block_sparse_moe.experts.{e}.w3',
      { name: 'mlp.experts.gate_up_proj', stacked: true, part: half(1) },
    ],
    'ff.{e}.value': ['block_sparse_moe.experts.{e}.w2', { name: 'mlp.experts.down_proj', stacked: true }],
  },
};

/** Qwen's and OLMo's experts; some layers may be ordinary ones, and one expert may be shared by all tokens. */
export const qwenMoe: Architecture = {
  ...llama,
  family: 'qwen_moe',
  types: ['qwen2_moe', 'qwen3_moe', 'olmoe'],
  parameters: {
    ...norms,
    ...attention,
    'ff.router?': 'mlp.gate',
    'ff.{e}.key?': ['mlp.experts.{e}.gate_proj', { name: 'mlp.experts.gate_up_proj', stacked: true, part: half(0) }],
    'ff.{e}.up?': ['mlp.experts.{e}.up_proj', { name: 'mlp.experts.gate_up_proj', stacked: true, part: half(1) }],
    'ff.{e}.value?': ['mlp.experts.{e}.down_proj', { name: 'mlp.experts.down_proj', stacked: true }],
    'ff.shared.key?': 'mlp.shared_expert.gate_proj',
    'ff.shared.up?': 'mlp.shared_expert.up_proj',
    'ff.shared.value?': 'mlp.shared_expert.down_proj',
    'ff.key?': 'mlp.gate_proj',
    'ff.up?': 'mlp.up_proj',
    'ff.value?': 'mlp.down_proj',
  },
};
