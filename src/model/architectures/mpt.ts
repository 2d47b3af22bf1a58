import { type Architecture, concatenated, fusedQkv } from '../architecture.ts';

/** MPT: q, k, v one after the other in one tensor, no biases, no learned positions. */
export const mpt: Architecture = {
  family: 'mpt',
  types: ['mpt'],
  model: { embed: 'wte', unembed: 'lm_head', 'norm.final?': 'norm_f' },
  layer: 'blocks.{n}.',
  parameters: {
    'norm.attn': 'norm_1',
    ...fusedQkv('attn.Wqkv', concatenated),
    'attn.o': 'attn.out_proj',
    'norm.ff': 'norm_2',
    'ff.key': 'ffn.up_proj',
    'ff.value': 'ffn.down_proj',
  },
};
