// GGUF files that are nearly right.

import { word } from '../random.mjs';
import { text, u32, u64 } from './bytes.mjs';

const SCALARS = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

function ggufValue(random, type, depth = 0) {
  if (type === 8) return text(word(random));
  if (type === 9) {
    const inner = random.pick(depth < 4 ? [0, 4, 5, 6, 7, 8, 9, 10] : [4, 8]);
    const values = random.times(6, () => ggufValue(random, inner, depth + 1));
    return Buffer.concat([u32(inner), u64(values.length), ...values]);
  }
  return Buffer.from(Array.from({ length: SCALARS[type] ?? 4 }, () => random.below(random.chance(0.8) ? 5 : 256)));
}

export function gguf(random) {
  const strings = (values) => Buffer.concat([u32(8), u64(values.length), ...values.map(text)]);
  const tokens = random.times(8, () => word(random));
  const pairs = [
    ['general.architecture', 8, text(random.chance(0.8) ? 'llama' : word(random))],
    ['tokenizer.ggml.model', 8, text(random.pick(['gpt2', 'llama', 'bert', 'constructor', '__proto__']))],
    ['tokenizer.ggml.tokens', 9, random.chance(0.95) ? strings(tokens) : ggufValue(random, 9)],
    [
      'tokenizer.ggml.token_type',
      9,
      random.chance(0.9)
        ? Buffer.concat([u32(5), u64(tokens.length), ...tokens.map(() => u32(random.below(7)))])
        : ggufValue(random, 9),
    ],
    ...['block_count', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map((key) => {
      const type = random.chance(0.8) ? 4 : random.pick([0, 6, 7, 8, 9, 10, 11]);
      return [`llama.${key}`, type, ggufValue(random, type)];
    }),
    ...random.times(3, () => {
      const type = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      return [word(random), type, ggufValue(random, type)];
    }),
  ];
  let offset = 0;
  const tensors = random.times(4, () => {
    const shape = random.times(3, () => random.pick([0, 1, 2, 4, 32, 256]));
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    const name = random.pick(['token_embd.weight', 'output_norm.weight', 'blk.0.attn_q.weight', word(random)]);
    const described = Buffer.concat([
      text(name),
      u32(shape.length),
      ...shape.map(u64),
      u32(
        random.chance(0.9)
          ? shape[0] === 256
            ? random.pick([0, 2, 8, 12, 16, 29, 34])
            : random.pick([0, 1, 30])
          : random.pick([2, 8, 12, 24, 99]),
      ),
      u64(offset),
    ]);
    offset += 32 * Math.ceil(Math.min(bytes, 4096) / 32);
    return described;
  });
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs.flatMap(([key, type, value]) => [text(key), u32(type), value]),
    ...tensors,
  ]);
  return Buffer.concat([head, Buffer.alloc((32 - (head.length % 32)) % 32), Buffer.alloc(offset, 1)]);
}
