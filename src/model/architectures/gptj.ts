import { type Architecture, fusedQkv, type Part } from '../architecture.ts';

/** GPT-J: attention and feed-forward side by side behind one norm. */
export const gptj: Architecture = {
  family: 'gptj',
  types: ['gptj'],
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

/**
 * CodeGen: GPT-J with queries, values and keys in one tensor, in four blocks of heads as it was trained on four cores.
 */
export const codegen: Architecture = {
  ...gptj,
  family: 'codegen',
  types: ['codegen'],
  parameters: { ...gptj.parameters, ...fusedQkv('attn.qkv_proj', inFourBlocks) },
};

function inFourBlocks(which: 'q' | 'k' | 'v'): Part {
  return {
    size: ({ heads, headDim }) => 3 * heads * headDim,
    index: (i, { heads, headDim }) => {
      const block = (heads * headDim) / 4;
      return (3 * Math.floor(i / block) + { q: 0, v: 1, k: 2 }[which]) * block + (i % block);
    },
  };
}
