import { type Architecture, half } from '../architecture.ts';
import { llama } from './llama.ts';
import { attention, norms } from './names.ts';

/** Mixtral: experts under their old names (w1, w3, w2) or stacked, as current transformers holds them. */
export const mixtral: Architecture = {
  ...llama,
  family: 'mixtral',
  types: ['mixtral', 'phimoe'],
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

/** Granite's experts, all in two tensors. */
export const graniteMoe: Architecture = {
  ...llama,
  family: 'granitemoe',
  types: ['granitemoe'],
  parameters: {
    ...norms,
    ...attention,
    'ff.router': 'block_sparse_moe.router.layer',
    'ff.{e}.key': { name: 'block_sparse_moe.input_linear', stacked: true, part: half(0) },
    'ff.{e}.up': { name: 'block_sparse_moe.input_linear', stacked: true, part: half(1) },
    'ff.{e}.value': { name: 'block_sparse_moe.output_linear', stacked: true },
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
