import type { Architecture, Module, Spec } from '../architecture.ts';

/** A layer; `after`: `_post` where its norms come after its halves. */
const layer = (query: Module, after = ''): Spec => ({
  // Absent where the config says `layer_norm_elementwise_affine: false`.
  [`norm.attn${after}?`]: 'self_attn_layer_norm',
  'attn.q': query,
  'attn.k': 'self_attn.k_proj',
  'attn.v': 'self_attn.v_proj',
  'attn.o': 'self_attn.out_proj',
  [`norm.ff${after}?`]: 'final_layer_norm',
  'ff.key': 'fc1',
  'ff.value': 'fc2',
});

const query: Module = { name: 'self_attn.q_proj' };
const scaledQuery: Module = { ...query, scale: ({ headDim }) => headDim ** -0.5 };

/** OPT. The 350m model norms after each block and keeps its embeddings narrower than d. */
export const opt: Architecture = {
  family: 'opt',
  types: ['opt'],
  model: {
    embed: 'embed_tokens',
    unembed: 'lm_head',
    positions: 'embed_positions',
    'norm.final?': 'final_layer_norm',
  },
  notes: ['OPT multiplies its queries by 1/sqrt(d_head) before anything else; attn.q has that factor in it.'],
  projections: { embed: 'project_in', unembed: 'project_out' },
  layer: 'layers.{n}.',
  parameters: ({ do_layer_norm_before: before }) => layer(scaledQuery, before === false ? '_post' : ''),
};

/** XGLM: OPT's layers, its queries scaled alike; positions are computed. */
export const xglm: Architecture = {
  family: 'xglm',
  types: ['xglm'],
  model: { embed: 'embed_tokens', unembed: 'lm_head', 'norm.final?': 'layer_norm' },
  notes: ['XGLM multiplies its queries by 1/sqrt(d_head) before anything else; attn.q has that factor in it.'],
  layer: 'layers.{n}.',
  parameters: layer(scaledQuery),
};

/** BioGPT: OPT's layers. */
export const biogpt: Architecture = {
  family: 'biogpt',
  types: ['biogpt'],
  model: {
    embed: 'embed_tokens',
    unembed: 'output_projection',
    'positions?': 'embed_positions',
    'norm.final?': 'layer_norm',
  },
  layer: 'layers.{n}.',
  parameters: layer(query),
};
