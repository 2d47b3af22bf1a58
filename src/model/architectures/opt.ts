import type { Architecture } from '../architecture.ts';

/** OPT. The 350m model norms after each block and keeps its embeddings narrower than d. */
export const opt: Architecture = {
  family: 'opt',
  types: ['opt'],
  prefixes: ['model.decoder.', 'decoder.'],
  model: {
    embed: 'embed_tokens',
    unembed: 'lm_head',
    positions: 'embed_positions',
    'norm.final?': 'final_layer_norm',
  },
  notes: ['OPT multiplies its queries by 1/sqrt(d_head) before anything else; attn.q has that factor in it.'],
  projections: { embed: 'project_in', unembed: 'project_out' },
  layer: 'layers.{n}.',
  parameters: ({ do_layer_norm_before }) => {
    const after = do_layer_norm_before === false ? '_post' : '';
    return {
      // Absent where the config says `layer_norm_elementwise_affine: false`.
      [`norm.attn${after}?`]: 'self_attn_layer_norm',
      'attn.q': { name: 'self_attn.q_proj', scale: ({ headDim }) => headDim ** -0.5 },
      'attn.k': 'self_attn.k_proj',
      'attn.v': 'self_attn.v_proj',
      'attn.o': 'self_attn.out_proj',
      [`norm.ff${after}?`]: 'final_layer_norm',
      'ff.key': 'fc1',
      'ff.value': 'fc2',
    };
  },
};
