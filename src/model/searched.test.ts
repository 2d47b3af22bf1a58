import { expect, test } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { type RawTensor, rawSafetensors } from '../../test/raw-safetensors.ts';
import { seeded } from '../reading/random.ts';
import { openModel } from './open.ts';
import { exportParameter } from './parameter.ts';
import type { Model } from './types.ts';

// Two families without a class in transformers: files as their own code (apple/OpenELM, Deci/DeciLM-7B) reads them.
const [D, HEAD, VOCAB] = [16, 4, 11];
const random = seeded(5);
const arrays = new Map<string, { shape: number[]; data: Float32Array }>();

function add(name: string, ...shape: number[]): void {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() - 0.5);
  arrays.set(`${name}.weight`, { shape, data });
}

const open = (config: object): Promise<Model> => {
  const tensors: Record<string, RawTensor> = {};
  for (const [name, { shape, data }] of arrays)
    tensors[name] = { dtype: 'F32', shape, bytes: new Uint8Array(data.buffer) };
  return openModel({
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
    'model.safetensors': rawSafetensors(tensors),
  });
};

/** Rows [from, to) of a stored map [out, in]. */
const rows = (name: string, from: number, to: number): number[] => {
  const { shape, data } = arrays.get(`${name}.weight`)!;
  return [...data.subarray(from * shape[1], to * shape[1])];
};

/** W [heads, d, d_head] of outputs [heads * d_head, d]. */
function byHead(outputs: number[]): number[] {
  const heads = outputs.length / (D * HEAD);
  return Array.from({ length: outputs.length }, (_, i) => {
    const [head, row, column] = [Math.floor(i / (D * HEAD)), Math.floor(i / HEAD) % D, i % HEAD];
    expect(head).toBeLessThan(heads);
    return outputs[(head * HEAD + column) * D + row];
  });
}

const array = async (model: Model, name: string): Promise<number[]> => [
  ...(await exportParameter(model.parameters.get(name)!)).data,
];

test('OpenELM has other heads and feed-forward widths in each layer', async () => {
  arrays.clear();
  const [heads, kv, ff] = [
    [4, 6],
    [2, 3],
    [8, 20],
  ];
  add('transformer.token_embeddings', VOCAB, D);
  add('transformer.norm', D);
  for (const [n, count] of heads.entries()) {
    const of = `transformer.layers.${n}`;
    for (const norm of ['attn_norm', 'ffn_norm']) add(`${of}.${norm}`, D);
    for (const norm of ['q_norm', 'k_norm']) add(`${of}.attn.${norm}`, HEAD);
    add(`${of}.attn.qkv_proj`, (count + 2 * kv[n]) * HEAD, D);
    add(`${of}.attn.out_proj`, D, count * HEAD);
    add(`${of}.ffn.proj_1`, 2 * ff[n], D);
    add(`${of}.ffn.proj_2`, D, ff[n]);
  }
  const model = await open({
    ...{ model_type: 'openelm', model_dim: D, head_dim: HEAD, num_transformer_layers: 2, vocab_size: VOCAB },
    ...{ num_query_heads: heads, num_kv_heads: kv, ffn_multipliers: [0.5, 1.25], share_input_output_layers: true },
  });
  expect(model.dimensions).toMatchObject({ layers: 2, hidden: D, heads: 6, kvHeads: 3, headDim: HEAD, vocab: VOCAB });
  expect(model.unread).toEqual([]);
  for (const [n, count] of heads.entries()) {
    const [at, name] = [`transformer.layers.${n}`, `layer.${n}`];
    const qkv = `${at}.attn.qkv_proj`;
    const [k, v, end] = [count, count + kv[n], count + 2 * kv[n]].map((head) => head * HEAD);
    expect(await array(model, `${name}.attn.q`)).toEqual(byHead(rows(qkv, 0, k)));
    expect(await array(model, `${name}.attn.k`)).toEqual(byHead(rows(qkv, k, v)));
    expect(await array(model, `${name}.attn.v`)).toEqual(byHead(rows(qkv, v, end)));
    expect(await array(model, `${name}.ff.key`)).toEqual(rows(`${at}.ffn.proj_1`, 0, ff[n]));
    expect(await array(model, `${name}.ff.up`)).toEqual(rows(`${at}.ffn.proj_1`, ff[n], 2 * ff[n]));
    expect(model.parameters.get(`${name}.ff.value`)!.shape).toEqual([ff[n], D]);
    expect(model.parameters.get(`${name}.attn.o`)!.shape).toEqual([count, HEAD, D]);
  }
  expect(await array(model, 'unembed')).toEqual(rows('transformer.token_embeddings', 0, VOCAB));
});

function llamaLike(kv: readonly (number | undefined)[], ff: readonly (number | undefined)[]): void {
  arrays.clear();
  add('model.embed_tokens', VOCAB, D);
  add('model.norm', D);
  add('lm_head', VOCAB, D);
  for (const [n, count] of kv.entries()) {
    const of = `model.layers.${n}`;
    const [width, neurons] = [D, ff[n]];
    if (count !== undefined) {
      add(`${of}.input_layernorm`, D);
      for (const [part, out] of [
        ['q', D],
        ['k', count * HEAD],
        ['v', count * HEAD],
        ['o', D],
      ] as const)
        add(`${of}.self_attn.${part}_proj`, out, width);
    }
    if (neurons === undefined) continue;
    add(`${of}.post_attention_layernorm`, D);
    for (const part of ['gate', 'up']) add(`${of}.mlp.${part}_proj`, neurons, D);
    add(`${of}.mlp.down_proj`, D, neurons);
  }
}

test('DeciLM has other key-value heads in each layer', async () => {
  const kv = [4, 1, 2];
  llamaLike(kv, [24, 24, 24]);
  const model = await open({
    ...{ model_type: 'deci', hidden_size: D, num_hidden_layers: 3, num_attention_heads: 4, intermediate_size: 24 },
    ...{ num_key_value_heads_per_layer: kv, vocab_size: VOCAB },
  });
  expect(model.dimensions).toMatchObject({ heads: 4, kvHeads: 4, neurons: 24 });
  for (const [n, count] of kv.entries()) {
    const k = `model.layers.${n}.self_attn.k_proj`;
    expect(await array(model, `layer.${n}.attn.k`)).toEqual(byHead(rows(k, 0, count * HEAD)));
  }
});

test('puzzled blocks may lack a part, or have one map in its place, which is said', async () => {
  llamaLike([2, undefined, undefined, 1], [24, 8, undefined, 40]);
  add('model.layers.2.input_layernorm', D);
  add('model.layers.2.self_attn.linear_attn', D, D);
  add('model.layers.2.post_attention_layernorm', D);
  add('model.layers.2.mlp.linear_mlp', D, D);
  const block = (group: number | null, more: object = {}, ffn: object = {}) => ({
    attention: { n_heads_in_group: group, no_op: false, replace_with_linear: false, ...more },
    ffn: { ffn_mult: 1, no_op: false, replace_with_linear: false, ...ffn },
  });
  const linear = { replace_with_linear: true };
  const config = {
    ...{ model_type: 'nemotron-nas', hidden_size: D, num_hidden_layers: 4, num_attention_heads: 4 },
    ...{ num_key_value_heads: null, intermediate_size: null, vocab_size: VOCAB },
    block_configs: [block(2), block(null, { no_op: true }), block(null, linear, linear), block(4)],
  };
  const model = await open(config);
  const keys = [...model.parameters.keys()];
  const partsOf = (n: number) => [
    ...new Set(keys.flatMap((key) => (key.startsWith(`layer.${n}.`) ? [key.split('.')[2]] : []))),
  ];
  expect([0, 1, 2, 3].map(partsOf)).toEqual([['norm', 'attn', 'ff'], ['norm', 'ff'], ['norm'], ['norm', 'attn', 'ff']]);
  expect(model.parameters.get('layer.3.attn.v')!.shape).toEqual([1, D, HEAD]);
  expect(model.parameters.get('layer.1.ff.key')!.shape).toEqual([8, D]);
  expect(model.unread).toEqual(['model.layers.2.self_attn.linear_attn.weight', 'model.layers.2.mlp.linear_mlp.weight']);
  expect(model.notes.join()).toContain('2 tensors of the file are read by no parameter');
  // What a block does not say it lacks has to be there.
  await expectError(
    open({ ...config, block_configs: [block(2), block(2), block(null, linear, linear), block(4)] }),
    'TENSOR_MISSING',
    /layers\.1\.input_layernorm/,
  );
});
