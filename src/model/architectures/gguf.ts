import {
  type Architecture,
  type Candidates,
  concatenated,
  fusedQkv,
  half,
  interleavedRotary,
} from '../architecture.ts';

/**
 * GGUF: one set of tensor names for all model types (gguf-py `constants.py`, MODEL_TENSORS). Its converter has already
 * put fused tensors into the order q, k, v, turned GPT-2's weights round and added Gemma's 1 to the gains.
 */
const names: Omit<Architecture, 'family' | 'types'> = {
  model: {
    embed: 'token_embd',
    unembed: 'output',
    'positions?': 'position_embd',
    'token_types?': 'token_types',
    'norm.embed?': 'token_embd_norm',
    'norm.final?': 'output_norm',
  },
  layer: 'blk.{n}.',
  rotary: 'first',
  parameters: {
    'norm.attn?': 'attn_norm',
    ...separateOrFused('attn_q', 'attn_k', 'attn_v'),
    'attn.o': 'attn_output',
    'norm.q?': 'attn_q_norm',
    'norm.k?': 'attn_k_norm',
    'norm.attn_post?': ['post_attention_norm', 'attn_output_norm'],
    'norm.ff?': 'ffn_norm',
    'ff.key?': ['ffn_gate', 'ffn_up'],
    'ff.value?': 'ffn_down',
    'ff.router?': 'ffn_gate_inp',
    'ff.{e}.key?': [{ name: 'ffn_gate_exps', stacked: true }, 'ffn_gate.{e}'],
    'ff.{e}.up?': [{ name: 'ffn_up_exps', stacked: true }, 'ffn_up.{e}'],
    'ff.{e}.value?': [{ name: 'ffn_down_exps', stacked: true }, 'ffn_down.{e}'],
    'ff.shared.key?': 'ffn_gate_shexp',
    'ff.shared.up?': 'ffn_up_shexp',
    'ff.shared.value?': 'ffn_down_shexp',
    'norm.ff_post?': ['post_ffw_norm', 'layer_output_norm'],
  },
};

function separateOrFused(q: string, k: string, v: string, part?: typeof interleavedRotary): Record<string, Candidates> {
  const fused = fusedQkv('attn_qkv', concatenated);
  return {
    'attn.q': [{ name: q, part: part?.('q') }, fused['attn.q'] as never],
    'attn.k': [{ name: k, part: part?.('k') }, fused['attn.k'] as never],
    'attn.v': [v, fused['attn.v'] as never],
  };
}

const gated = { 'ff.up?': 'ffn_up' };

/** No gate. */
export const ggufPlain: Architecture = {
  ...names,
  family: 'gguf-plain',
  types: ['gpt2', 'gptj', 'gptneox', 'bloom', 'phi2', 'starcoder', 'starcoder2', 'bert'],
};

/** Falcon: attn_norm is the feed-forward layer's norm, and the attention's too where attn_norm_2 is not (7B). */
export const ggufFalcon: Architecture = {
  ...names,
  family: 'gguf-falcon',
  types: ['falcon'],
  parameters: {
    ...names.parameters,
    'norm.attn?': ['attn_norm_2', 'attn_norm'],
    'norm.ff?': ['ffn_norm', 'attn_norm'],
  },
};

/** Llama-like, q and k as in the original. */
export const ggufGated: Architecture = {
  ...names,
  family: 'gguf-gated',
  types: [
    'qwen2',
    'qwen3',
    'qwen2moe',
    'qwen3moe',
    'gemma',
    'gemma2',
    'gemma3',
    'stablelm',
    'olmo2',
    'command-r',
    'cohere2',
    'olmoe',
  ],
  parameters: { ...names.parameters, ...gated },
};

/** Llama-like, q and k permuted by the converter (`LlamaModel` and what is derived of it, and OLMo). */
export const ggufLlama: Architecture = {
  ...names,
  family: 'gguf-llama',
  types: ['llama', 'granite', 'granitemoe', 'smollm3', 'olmo'],
  parameters: { ...names.parameters, ...separateOrFused('attn_q', 'attn_k', 'attn_v', interleavedRotary), ...gated },
};

/** Phi 3: gate and up in one tensor called `ffn_up`. */
export const ggufPhi3: Architecture = {
  ...names,
  family: 'gguf-phi3',
  types: ['phi3'],
  parameters: {
    ...names.parameters,
    'ff.key?': { name: 'ffn_up', part: half(0) },
    'ff.up?': { name: 'ffn_up', part: half(1) },
  },
};
