import type { Architecture } from '../architecture.ts';

/** GPT-J: attention and feed-forward side by side behind one norm; CodeGen is another type, with its own order of q, k, v. */
export const gptj: Architecture = {
  family: 'gptj',
  types: ['gptj'],
  prefixes: ['transformer.'],
  model: { embed: 'wte', unembed: 'lm_head', 'norm.final?': 'ln_f' },
  layer: 'h.{n}.',
  parameters: {
    'norm.attn': 'ln_1',
    'attn.q': 'attn.q_proj',
    'attn.k': 'attn.k_proj',
    'attn.v': 'attn.v_proj',
    'attn.o': 'attn.out_proj',
    'ff.key': 'mlp.fc_in',
    'ff.value': 'mlp.fc_out',
  },
};
