import type { Source, SourceFolder } from '../src/source/source.ts';

/** The shape of Llama-3-70B. */
export const LLAMA_70B = {
  model_type: 'llama',
  hidden_size: 8192,
  num_hidden_layers: 80,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  intermediate_size: 28_672,
  vocab_size: 128_256,
  tie_word_embeddings: false,
  hidden_act: 'silu',
};

/** A llama checkpoint in bf16 of which there are config and header alone: reading a weight throws. */
export function headersOnly(config: typeof LLAMA_70B): SourceFolder {
  const { hidden_size: d, num_attention_heads: heads, num_key_value_heads: kv, intermediate_size: ff } = config;
  const shapes: Record<string, number[]> = {};
  const add = (name: string, ...shape: number[]): void => {
    shapes[`${name}.weight`] = shape;
  };
  add('model.embed_tokens', config.vocab_size, d);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const of = `model.layers.${layer}`;
    add(`${of}.input_layernorm`, d);
    add(`${of}.self_attn.q_proj`, d, d);
    for (const part of ['k', 'v']) add(`${of}.self_attn.${part}_proj`, (kv * d) / heads, d);
    add(`${of}.self_attn.o_proj`, d, d);
    add(`${of}.post_attention_layernorm`, d);
    for (const part of ['gate', 'up']) add(`${of}.mlp.${part}_proj`, ff, d);
    add(`${of}.mlp.down_proj`, d, ff);
  }
  add('model.norm', d);
  add('lm_head', config.vocab_size, d);
  return headersOf(config, shapes);
}

/** Tensors' shapes by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A checkpoint in bf16 with tensors of these shapes, of which there are config and header alone. */
export function headersOf(config: object, shapes: Shapes): SourceFolder {
  const header: Record<string, { dtype: 'BF16'; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const from = end;
    end += 2 * shape.reduce((product, n) => product * n);
    header[name] = { dtype: 'BF16', shape, data_offsets: [from, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + json.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true);
  head.set(json, 8);
  const files: Record<string, [head: Uint8Array, byteLength: number]> = {
    'config.json': [new TextEncoder().encode(JSON.stringify(config)), 0],
    'model.safetensors': [head, head.length + end],
  };
  const source = (name: string, [bytes, byteLength]: [Uint8Array, number]): Source => ({
    name,
    byteLength: byteLength || bytes.length,
    version: '1',
    async slice(from, to) {
      // A reader may ask for more than the header at once, but there is nothing in it to use.
      if (from >= bytes.length && to > from) throw new Error(`${name}: a weight was read`);
      const found = new Uint8Array(to - from);
      found.set(bytes.subarray(from, Math.min(to, bytes.length)));
      return found;
    },
  });
  return {
    name: 'headers',
    open: async (name) => (files[name] ? source(name, files[name]) : undefined),
    list: async () => Object.keys(files),
  };
}
