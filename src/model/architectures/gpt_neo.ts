import type { Architecture } from '../architecture.ts';

/** GPT-Neo: GPT-2's names with separate q, k and v, stored output-first. */
export const gptNeo: Architecture = {
  family: 'gpt_neo',
  types: ['gpt_neo'],
  model: { embed: 'wte', unembed: 'lm_head', positions: 'wpe', 'norm.final?': 'ln_f' },
  layer: 'h.{n}.',
  parameters: {
    'norm.attn': 'ln_1',
    'attn.q': 'attn.attention.q_proj',
    'attn.k': 'attn.attention.k_proj',
    'attn.v': 'attn.attention.v_proj',
    'attn.o': 'attn.attention.out_proj',
    'norm.ff': 'ln_2',
    'ff.key': 'mlp.c_fc',
    'ff.value': 'mlp.c_proj',
  },
};
