import { type Architecture, type Config, concatenated, fusedQkv, half, type Spec } from '../architecture.ts';
import { layersOf } from '../sizes.ts';
import { attention, fusedGatedMlp, gatedMlp, norms, optional, plainMlp, without } from './names.ts';

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
    'ministral3',
    'qwen2_vl',
    'qwen2_vl_text',
    'qwen2_5_vl',
    'qwen2_5_vl_text',
    'internlm3',
    'cwm',
    'eurobert',
    'iquestcoder',
  ],
  model: { embed: 'embed_tokens', unembed: ['lm_head'], 'norm.final?': 'norm' },
  // transformers 5 saves the layers of some models that also see under the names of those that see.
  layer: ['layers.{n}.', 'encoder.layers.{n}.', 'blocks.{n}.'],
  rotary: 'first',
  parameters: { ...norms, ...attention, ...gatedMlp },
};

/** Qwen3-VL's language model, and Cosmos 3's, which has other names for its attention. */
export const qwen3Vl: Architecture = {
  ...llama,
  types: ['qwen3_vl_text'],
  parameters: {
    ...norms,
    'attn.q': ['self_attn.q_proj', 'self_attn.to_q'],
    'attn.k': ['self_attn.k_proj', 'self_attn.to_k'],
    'attn.v': ['self_attn.v_proj', 'self_attn.to_v'],
    'attn.o': ['self_attn.o_proj', 'self_attn.to_out'],
    'norm.q?': ['self_attn.q_norm', 'self_attn.norm_q'],
    'norm.k?': ['self_attn.k_norm', 'self_attn.norm_k'],
    ...gatedMlp,
  },
};

/** Llama 3.2 Vision: between the layers that attend to words are some whose heads look from words at pictures. */
export const mllama: Architecture = {
  ...llama,
  family: 'mllama',
  types: ['mllama_text_model', 'mllama'],
  onlyRead: 8,
  parameters: {
    ...norms,
    ...optional(attention),
    'cross.q?': 'cross_attn.q_proj',
    'cross.k?': 'cross_attn.k_proj',
    'cross.v?': 'cross_attn.v_proj',
    'cross.o?': 'cross_attn.o_proj',
    'norm.cross_q?': 'cross_attn.q_norm',
    'norm.cross_k?': 'cross_attn.k_norm',
    ...gatedMlp,
  },
  notes: [
    'Keys and values of layers with cross-attention read pictures, not words; their halves are multiplied by a gate each, which readings leave out.',
    'Embeddings of the 8 tokens that stand for pictures, which are read and never written, are left out.',
  ],
  aside: /cross_attn_(attn|mlp)_gate$/,
};

/**
 * StableLM: one norm before both halves where the config says so (12B); its norms of q and k, one a head, are not read.
 */
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
  types: ['arcee', 'jais2'],
  parameters: { ...norms, ...attention, ...plainMlp },
};

export const nemotron: Architecture = { ...arcee, family: 'nemotron', types: ['nemotron'], gainOffset: 1 };

export const apertus: Architecture = {
  ...llama,
  family: 'apertus',
  types: ['apertus'],
  parameters: { 'norm.attn': 'attention_layernorm', ...attention, 'norm.ff': 'feedforward_layernorm', ...plainMlp },
  // What its activation learns.
  aside: /\.mlp\.act_fn\./,
};

/** HyperCLOVA X: norms before each half and, where the config says so, after it. */
export const hyperclovax: Architecture = {
  ...llama,
  family: 'hyperclovax',
  types: ['hyperclovax'],
  parameters: { ...norms, ...attention, 'norm.attn_post?': 'post_norm1', ...gatedMlp, 'norm.ff_post?': 'post_norm2' },
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

/** VaultGemma: norms before each half alone. */
export const vaultgemma: Architecture = {
  ...gemma,
  family: 'vaultgemma',
  types: ['vaultgemma'],
  parameters: { 'norm.attn': 'input_layernorm', ...attention, 'norm.ff': 'pre_feedforward_layernorm', ...gatedMlp },
};

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

const sharedKeys: Spec = { 'attn.k?': 'self_attn.k_proj', 'attn.v?': 'self_attn.v_proj' };
const GLOBAL_EVERY = 6;

/** Which layers of a Gemma 4 attend to everything: those the config lists, else every sixth and the last. */
function isGlobal(config: Config, n: number): boolean {
  const { layer_types: types } = config;
  if (Array.isArray(types)) return types[n] === 'full_attention';
  return (n + 1) % GLOBAL_EVERY === 0 || n === layersOf(config) - 1;
}

/** The first of the last layers, which take keys and values that earlier ones have made. */
const firstSharing = (config: Config): number => layersOf(config) - (Number(config.num_kv_shared_layers) || 0);

const ownKeys: Spec = without(gemma2.parameters as Spec, 'attn.k', 'attn.v', 'norm.k?');
const gemma3nLayer = (config: Config, n: number): Spec =>
  n < firstSharing(config) ? { ...ownKeys, ...sharedKeys, 'norm.k?': 'self_attn.k_norm' } : ownKeys;

/** Their own maps, which a file may hold all the same. */
function unusedKeys(config: Config): RegExp {
  const sharing = Array.from({ length: layersOf(config) }, (_, n) => n).slice(Math.max(0, firstSharing(config)));
  return new RegExp(`^layers\\.(${sharing.join('|')})\\.self_attn\\.[kv]_`);
}

/**
 * Gemma 3n: the last layers share the keys and values of earlier ones: they have queries and outputs alone, and files
 * may hold maps of keys and values for them that nothing reads.
 */
export const gemma3n: Architecture = {
  ...gemma2,
  family: 'gemma3n',
  types: ['gemma3n_text', 'gemma3n'],
  gainOffset: undefined,
  neuronsStored: true,
  parameters: gemma3nLayer,
  aside: unusedKeys,
};

/** The experts of a Gemma 4: its ordinary feed-forward part stands beside them for all tokens, after its own norm. */
const gemma4Experts: Spec = {
  'norm.ff_shared': 'pre_feedforward_layernorm',
  'norm.ff_shared_post': 'post_feedforward_layernorm_1',
  'norm.ff': 'pre_feedforward_layernorm_2',
  'norm.ff_experts_post': 'post_feedforward_layernorm_2',
  'ff.shared.key': 'mlp.gate_proj',
  'ff.shared.up': 'mlp.up_proj',
  'ff.shared.value': 'mlp.down_proj',
  'ff.router': 'router.proj',
  'ff.{e}.key': { name: 'experts.gate_up_proj', stacked: true, part: half(0) },
  'ff.{e}.up': { name: 'experts.gate_up_proj', stacked: true, part: half(1) },
  'ff.{e}.value': { name: 'experts.down_proj', stacked: true },
};

/** Gemma 4: the layers that attend to everything have larger heads, and in some models their keys are their values. */
export const gemma4: Architecture = {
  ...gemma3n,
  family: 'gemma4',
  types: ['gemma4_text', 'gemma4', 'gemma4_unified_text'],
  // What the router multiplies its input and its outputs with.
  aside: (config) => new RegExp(`router\\.(per_expert_)?scale$|${unusedKeys(config).source}`),
  sizes: ({ enable_moe_block: experts }) => (experts === true ? {} : { experts: 0 }),
  parameters: (config, n) => ({
    ...(config.enable_moe_block === true
      ? { ...without(gemma3nLayer(config, n), 'norm.ff', ...Object.keys(gatedMlp)), ...gemma4Experts }
      : gemma3nLayer(config, n)),
    ...(config.attention_k_eq_v === true && isGlobal(config, n) && n < firstSharing(config)
      ? { 'attn.v?': 'self_attn.k_proj' }
      : {}),
  }),
  layerSizes: (config, n) => {
    if (config.per_layer_config || !isGlobal(config, n)) return {};
    const { global_head_dim: headDim = 512, num_global_key_value_heads: kvHeads } = config;
    return {
      headDim: headDim as number,
      ...(config.attention_k_eq_v === true && typeof kvHeads === 'number' ? { kvHeads } : {}),
    };
  },
};
