// Files of safetensors that are nearly right.

import { or, word } from '../random.mjs';
import { json, u64 } from './bytes.mjs';

const DTYPES = { F32: 4, F16: 2, BF16: 2, I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, I64: 8, C64: 8 };

export function safetensors(random) {
  const header = {};
  let at = 0;
  if (random.chance(0.3)) header.__metadata__ = or(random, { format: 'pt' }, 0.2);
  for (const name of random.times(5, () => word(random))) {
    const dtype = random.pick(Object.keys(DTYPES));
    const shape = random.times(3, () => random.below(4));
    const bytes = shape.reduce((a, b) => a * b, 1) * DTYPES[dtype];
    header[name] = or(
      random,
      {
        dtype: or(random, dtype, 0.02),
        shape: or(random, shape, 0.02),
        data_offsets: or(random, [at, at + bytes], 0.02),
      },
      0.02,
    );
    at += bytes;
  }
  const bytes = json(header);
  return Buffer.concat([u64(bytes.length), bytes, Buffer.alloc(at, random.below(256))]);
}
/** A whole small Llama, for configs. */
export const WEIGHTS = (() => {
  const [d, ff, vocab] = [4, 3, 5];
  const names = { 'model.embed_tokens.weight': [vocab, d], 'model.norm.weight': [d], 'lm_head.weight': [vocab, d] };
  const layer = {
    'self_attn.q_proj': [d, d],
    'self_attn.k_proj': [d, d],
    'self_attn.v_proj': [d, d],
    'self_attn.o_proj': [d, d],
    'mlp.gate_proj': [ff, d],
    'mlp.up_proj': [ff, d],
    'mlp.down_proj': [d, ff],
    input_layernorm: [d],
    post_attention_layernorm: [d],
  };
  for (const [name, shape] of Object.entries(layer)) names[`model.layers.0.${name}.weight`] = shape;
  const header = {};
  let at = 0;
  for (const [name, shape] of Object.entries(names)) {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const bytes = json(header);
  return Buffer.concat([u64(bytes.length), bytes, Buffer.alloc(at)]);
})();
