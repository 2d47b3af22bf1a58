import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { concat, countingSource, expectError, fixture } from '../../test/bytes.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { type TensorToWrite, writeSafetensors } from '../formats/safetensors/write.ts';
import { readNeuron } from '../reading/neurons.ts';
import { unusedInWords, unusedOf } from '../reading/unused.ts';
import { memoryFolder, memorySource } from '../source/memory.ts';
import type { SourceFolder } from '../source/source.ts';
import { openCheckpoint, openModel } from './open.ts';
import type { Model } from './types.ts';

type Files = Record<string, Uint8Array>;
const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function filesOf(name: string): Files {
  const dir = fixture(`architectures/${name}`);
  const names = readdirSync(dir).filter((file) => !file.startsWith('expected'));
  return Object.fromEntries(names.map((file) => [file, new Uint8Array(readFileSync(`${dir}/${file}`))]));
}

async function tensorsOf(files: Files): Promise<(TensorToWrite & { data: Float32Array })[]> {
  const { tensors } = await readSafetensors(memorySource(files['model.safetensors']));
  return Promise.all(
    [...tensors.values()].map(async (t) => ({ name: t.name, shape: t.shape, data: await readTensor(t) })),
  );
}

/** The checkpoint with its tensors' names changed, and without those that get none. */
async function renamed(files: Files, change: (name: string) => string | undefined): Promise<Files> {
  const tensors = (await tensorsOf(files)).flatMap((t) => {
    const name = change(t.name);
    return name === undefined ? [] : [{ ...t, name }];
  });
  return { ...files, 'model.safetensors': await concat(writeSafetensors(tensors)) };
}

const configured = (files: Files, change: Record<string, unknown>): Files => ({
  ...files,
  'config.json': text({ ...JSON.parse(new TextDecoder().decode(files['config.json'])), ...change }),
});

async function expectSame(a: Model, b: Model): Promise<void> {
  expect([...a.parameters.keys()]).toEqual([...b.parameters.keys()]);
  for (const [name, parameter] of a.parameters)
    expect(await parameter.read(), name).toEqual(await b.parameters.get(name)!.read());
}

test.each([
  ['llama', 'model.'],
  ['gpt2', 'transformer.'],
  ['bert', 'bert.'],
  ['roberta', 'roberta.'],
  ['distilbert', 'distilbert.'],
  ['gpt_neox', 'gpt_neox.'],
  ['opt', 'model.'],
  ['bloom', 'transformer.'],
])('%s is read with and without %s before its names', async (type, prefix) => {
  const files = filesOf(type);
  const bare = await renamed(files, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  await expectSame(await openModel(files), await openModel(bare));
});

test.each([
  ['gpt_bigcode_heads', { num_key_value_heads: 12 }],
  ['falcon_rw', { num_kv_heads: 71, n_head: 8 }],
  ['bert', { num_key_value_heads: 2, head_dim: 5 }],
  ['gpt_neox', { num_key_value_heads: 1, num_local_experts: 8 }],
  ['gpt2', { num_key_value_heads: 1, intermediate_size: 7, moe_intermediate_size: 9 }],
  ['opt', { intermediate_size: 3072, moe_intermediate_size: 9, n_inner: 7 }],
  ['bloom', { n_inner: 7, intermediate_size: 9 }],
  ['stablelm', { head_dim: 5 }],
  ['mixtral', { moe_intermediate_size: 9 }],
  ['bart', { num_key_value_heads: 1, intermediate_size: 7, head_dim: 5 }],
])('%s takes no notice of what its code does not read: %j', async (type, entries) => {
  const files = filesOf(type);
  await expectSame(await openModel(files), await openModel(configured(files, entries)));
});

test.each([
  [
    'llama',
    { num_key_value_heads: 1 },
    /k_proj\.weight.* to be \[8, 32\].*\(`num_key_value_heads` 1, `head_dim` 8\), found \[16, 32\]/,
  ],
  ['llama', { intermediate_size: 40 }, /gate_proj\.weight.*\(`intermediate_size` 40\), found \[48, 32\]/],
  ['bert', { intermediate_size: undefined }, /intermediate.*\(`intermediate_size` 3072 \(which the file leaves out/],
  ['llama', { vocab_size: 100 }, /embed_tokens\.weight.*\(`vocab_size` 100\), found \[101, 32\]/],
  ['mixtral', { num_local_experts: 5 }, /\(`num_local_experts` 5\)/],
])('of %s with %j the sentence names the entry and the tensor', async (type, entries, message) => {
  await expectError(openModel(configured(filesOf(type), entries)), 'TENSOR_SHAPE', message);
});

test.each([
  ['gpt2', { n_head: undefined }, /`n_embd` 32 in memory to be a multiple of `n_head` 12 \(which the file leaves out/],
  [
    'llama',
    { num_key_value_heads: 3 },
    /`num_attention_heads` 4 in memory to be a multiple of `num_key_value_heads` 3/,
  ],
])('of %s with %j the sentence names the entries that do not go together', async (type, entries, message) => {
  await expectError(openModel(configured(filesOf(type), entries)), 'CONFIG_INVALID', message);
});

test('a tensor beside which torch wrapped another of its name is read, and the other is said to go unread', async () => {
  const files = filesOf('llama');
  const own = await tensorsOf(files);
  const others = own.flatMap((t) => {
    const name = t.name.replace('model.', 'model._orig_mod.');
    return name === t.name ? [] : [{ ...t, name, data: new Float32Array(t.shape.reduce((a, b) => a * b, 1)) }];
  });
  const both = { ...files, 'model.safetensors': await concat(writeSafetensors([...own, ...others])) };
  const model = await openModel(both);
  await expectSame(model, await openModel(files));
  expect(model.notes.join()).toMatch(/20 tensors of the file are read by no parameter.*_orig_mod/);
});

test('queries and keys are multiplied with what the config says, be it nothing', async () => {
  const rope_scaling = { rope_type: 'yarn', factor: 4, attention_factor: 0 };
  const { parameters, notes } = await openModel(configured(filesOf('llama'), { rope_scaling }));
  expect((await parameters.get('layer.0.attn.q')!.read()).every((x) => x === 0)).toBe(true);
  expect(notes.join()).toMatch(/turns them \(0\)/);
});

test('gamma and beta of old checkpoints are gain and bias', async () => {
  const files = filesOf('bert');
  const old = await renamed(files, (name) =>
    name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
  );
  await expectSame(await openModel(files), await openModel(old));
});

test('an unembedding that is in the file is read, whatever the config calls it; else the embeddings', async () => {
  const files = filesOf('llama');
  const own = await openModel(files);
  expect(own.parameters.get('unembed')!.tensors).toEqual(['lm_head.weight']);
  const tied = await openModel(configured(files, { tie_word_embeddings: true }));
  expect(tied.parameters.get('unembed')!.tensors).toEqual(['lm_head.weight']);
  expect(tied.notes.join()).toMatch(/calls the embeddings tied.*lm_head\.weight.*is read/);
  expect(own.notes).toEqual([]);
  const headless = await openModel(await renamed(files, (name) => (name.startsWith('lm_head') ? undefined : name)));
  expect(headless.parameters.get('unembed')!.tensors).toEqual(['model.embed_tokens.weight']);
  expect(headless.notes.join()).toMatch(/no unembedding of its own/);
});

test('shards are one checkpoint, with an index or without', async () => {
  const files = filesOf('llama');
  const tensors = await tensorsOf(files);
  const half = tensors.length >> 1;
  const shards: Files = {
    'config.json': files['config.json'],
    'model-00001-of-00002.safetensors': await concat(writeSafetensors(tensors.slice(0, half))),
    'model-00002-of-00002.safetensors': await concat(writeSafetensors(tensors.slice(half))),
  };
  const weight_map = Object.fromEntries(
    tensors.map(({ name }, i) => [name, `model-0000${i < half ? 1 : 2}-of-00002.safetensors`]),
  );
  const whole = await openModel(files);
  await expectSame(whole, await openModel(shards));
  await expectSame(whole, await openModel({ ...shards, 'model.safetensors.index.json': text({ weight_map }) }));
});

test('one named file takes config.json beside it', async () => {
  const files = filesOf('llama');
  const folder = memoryFolder({ 'config.json': files['config.json'], 'other.safetensors': files['model.safetensors'] });
  await expectSame(await openModel(files), await openCheckpoint(folder, { file: 'other.safetensors' }));
});

test('norms: before and after attention and feed-forward, of queries and keys, last; Gemma with its 1 added', async () => {
  const norms = async (name: string) =>
    [...(await openModel(filesOf(name))).parameters.keys()].filter((key) => /^(layer\.0\.)?norm\./.test(key));
  expect(await norms('gpt2')).toEqual([
    'norm.final',
    'norm.final_bias',
    'layer.0.norm.attn',
    'layer.0.norm.attn_bias',
    'layer.0.norm.ff',
    'layer.0.norm.ff_bias',
  ]);
  expect(await norms('qwen3')).toEqual([
    'norm.final',
    'layer.0.norm.attn',
    'layer.0.norm.ff',
    'layer.0.norm.q',
    'layer.0.norm.k',
  ]);
  expect((await norms('bert')).filter((key) => !key.endsWith('_bias'))).toEqual([
    'norm.embed',
    'norm.final',
    'layer.0.norm.attn_post',
    'layer.0.norm.ff_post',
  ]);
  const model = await openModel(filesOf('gemma2'));
  const stored = await readTensor(model.tensors.get('model.layers.1.pre_feedforward_layernorm.weight')!);
  const gain = model.parameters.get('layer.1.norm.ff')!;
  expect(gain.shape).toEqual([32]);
  expect(await gain.read()).toEqual(stored.map((w) => w + 1));
});

test('the fingerprint follows the weights, not the name', async () => {
  const files = filesOf('llama');
  const source = memorySource(files['model.safetensors']);
  const folder = (version: string): SourceFolder => ({
    name: version,
    list: async () => ['config.json', 'model.safetensors'],
    open: async (name) =>
      name in files ? (name === 'config.json' ? memorySource(files[name]) : { ...source, version }) : undefined,
  });
  const of = async (version: string, name: string) => (await openCheckpoint(folder(version), { name })).fingerprint;
  expect(await of('1', 'a')).toMatch(/^[0-9a-f]{32}$/);
  expect(await of('1', 'b')).toBe(await of('1', 'a'));
  expect(await of('2', 'a')).not.toBe(await of('1', 'a'));
});

test('experts are read one by one or stacked, and none may be missing', async () => {
  const files = filesOf('mixtral');
  const tensors = await tensorsOf(files);
  const kept = tensors.filter(({ name }) => !name.includes('block_sparse_moe'));
  const stack = (name: string, shape: number[], parts: string[]) => {
    const data = parts.flatMap((part) => [
      ...(tensors.find((t) => t.name.endsWith(`${part}.weight`))!.data as Float32Array),
    ]);
    kept.push({ name, shape, data: Float32Array.from(data) });
  };
  for (const layer of [0, 1]) {
    const at = `layers.${layer}.block_sparse_moe`;
    const into = `model.layers.${layer}.mlp`;
    stack(`${into}.gate.weight`, [3, 32], [`${at}.gate`]);
    stack(
      `${into}.experts.gate_up_proj`,
      [3, 96, 32],
      [0, 1, 2].flatMap((e) => [`${at}.experts.${e}.w1`, `${at}.experts.${e}.w3`]),
    );
    stack(
      `${into}.experts.down_proj`,
      [3, 32, 48],
      [0, 1, 2].map((e) => `${at}.experts.${e}.w2`),
    );
  }
  const stacked = { ...files, 'model.safetensors': await concat(writeSafetensors(kept)) };
  await expectSame(await openModel(files), await openModel(stacked));
  for (const [name, part] of [
    ['mixtral', 'layers.1.block_sparse_moe.experts.2.w3'],
    ['qwen2_moe', 'layers.0.mlp.experts.1.up_proj'],
    ['qwen2_moe', 'layers.0.mlp.experts.0.down_proj'],
    ['qwen2_moe', 'layers.0.mlp.gate.'],
    ['qwen2_moe', 'layers.1.mlp.down_proj'],
  ])
    await expectError(
      openModel(await renamed(filesOf(name), (key) => (key.includes(part) ? undefined : key))),
      'TENSOR_MISSING',
      new RegExp(part.replace(/\.$/, '')),
    );
});

test('what is wrong with a checkpoint is said', async () => {
  const files = filesOf('llama');
  const { 'config.json': config, 'model.safetensors': weights } = files;
  await expectError(openModel({ 'model.safetensors': weights }), 'CONFIG_MISSING', /config\.json beside the weights/);
  await expectError(openModel({ ...files, 'config.json': text(3) }), 'CONFIG_INVALID', /JSON object/);
  await expectError(openModel(configured(files, { hidden_size: 'wide' })), 'CONFIG_INVALID', /`hidden_size`.*"wide"/);
  await expectError(openModel(configured(files, { num_hidden_layers: 1e9 })), 'CONFIG_INVALID', /num_hidden_layers/);
  await expectError(
    openModel(configured(files, { num_key_value_heads: 3 })),
    'CONFIG_INVALID',
    /multiple of `num_key_value_heads` 3/,
  );
  await expectError(
    openModel(configured(files, { model_type: 'mamba' })),
    'ARCHITECTURE_UNKNOWN',
    /found "mamba" \(with tensors such as "model\.layers\.0\.[a-z_.]+"\).*gpt2, llama.*docs\/architectures\.md/,
  );
  await expectError(
    openModel(configured(files, { intermediate_size: 47 })),
    'TENSOR_SHAPE',
    /gate_proj\.weight .*\[47, 32\].*found \[48, 32\]/,
  );
  await expectError(
    openModel(configured(files, { vocab_size: 100 })),
    'TENSOR_SHAPE',
    /embed_tokens.*\[100, 32\].*\[101, 32\]/,
  );
  await expectError(openModel(configured(files, { num_hidden_layers: 3 })), 'TENSOR_MISSING', /model\.layers\.2\./);
  const without = (part: string) => renamed(files, (name) => (name.includes(part) ? undefined : name));
  await expectError(
    openModel(await without('layers.1.self_attn.k_proj')),
    'TENSOR_MISSING',
    /layers\.1\.self_attn\.k_proj\.weight/,
  );
  await expectError(
    openModel(await without('embed_tokens')),
    'TENSOR_MISSING',
    /model\.embed_tokens\.weight for embed/,
  );
  await expectError(openModel({ 'config.json': config }), 'SOURCE_NOT_FOUND', /found config\.json/);
  await expectError(
    openModel({ 'config.json': config, 'best.pth': weights }),
    'FORMAT_UNSUPPORTED',
    /a PyTorch file of another name \(best\.pth\); name the file/,
  );
  await expectError(
    openModel({ 'a.gguf': weights, 'b.gguf': weights }),
    'SOURCE_NOT_FOUND',
    /found 2: a\.gguf, b\.gguf/,
  );
  await expectError(openModel('not a url'), 'ARGUMENT_INVALID', /Expected a URL/);
});

test.each([['_orig_mod.'], ['module.'], ['base_model.model.'], ['model.'], ['language_model.'], ['a.b_c.d.']])(
  'names are found with %s before them',
  async (prefix) => {
    const files = filesOf('llama');
    await expectSame(await openModel(files), await openModel(await renamed(files, (name) => prefix + name)));
  },
);

test('names are found below parts of a larger model, and below what shards and compiles', async () => {
  const files = filesOf('llama');
  const whole = await openModel(files);
  for (const change of [
    (name: string) => name.replace('model.', 'model.text_model.'),
    (name: string) => name.replace('model.', 'model.language_model.'),
    (name: string) => `_fsdp_wrapped_module.${name.replace(/layers\.\d+\./, '$&_fsdp_wrapped_module.')}`,
    (name: string) => name.replace('self_attn.', 'self_attn._orig_mod.'),
    // As transformers 5 saves Qianfan-OCR's and Kimi K2.5's.
    (name: string) => name.replace('layers.', 'encoder.layers.'),
    (name: string) => name.replace('layers.', 'blocks.'),
  ])
    await expectSame(whole, await openModel(await renamed(files, change)));
});

test('experts that MLX has stacked are those of the original', async () => {
  const names: Readonly<Record<string, string>> = { w1: 'gate_proj', w3: 'up_proj', w2: 'down_proj' };
  for (const family of ['qwen3_moe', 'mixtral']) {
    const files = filesOf(family);
    const whole = await openModel(files);
    const stacks = new Map<string, TensorToWrite[]>();
    const others: TensorToWrite[] = [];
    for (const tensor of await tensorsOf(files)) {
      const found = /^(.*)\.experts\.(\d+)\.(\w+)\.weight$/.exec(tensor.name);
      if (!found) others.push(tensor);
      else {
        const name = `${found[1]}.switch_mlp.${names[found[3]] ?? found[3]}.weight`;
        stacks.set(name, Object.assign(stacks.get(name) ?? [], { [Number(found[2])]: tensor }));
      }
    }
    expect(stacks.size).toBeGreaterThan(0);
    for (const [name, experts] of stacks)
      others.push({
        name,
        shape: [experts.length, ...experts[0].shape],
        data: Float32Array.from(experts.flatMap(({ data }) => [...(data as Float32Array)])),
      });
    await expectSame(whole, await openModel({ ...files, 'model.safetensors': await concat(writeSafetensors(others)) }));
  }
});

test('a tokenizer that cannot be read closes no model, and every reading says so', async () => {
  const broken = new TextEncoder().encode('{"model":');
  const model = await openModel({ ...filesOf('llama'), 'tokenizer.json': broken });
  expect(model.vocabulary).toBeUndefined();
  expect(model.notes).toContainEqual(
    expect.stringMatching(
      /^The tokenizer cannot be read, so tokens are shown by their numbers: Expected .*tokenizer\.json/,
    ),
  );
  const { applied } = await readNeuron(model, 0, 1, { engine: referenceEngine(), normalize: 'none', k: 2 });
  expect(applied.notes.join()).toContain('The tokenizer cannot be read');
});

test("what no parameter is made of is listed, and said where it is the model's own", async () => {
  const files = filesOf('llama');
  const tensors = await tensorsOf(files);
  const data = new Float32Array(8);
  const add = async (...names: string[]): Promise<Model> => {
    const more = names.map((name) => ({ name, shape: [8], data }));
    return openModel({ ...files, 'model.safetensors': await concat(writeSafetensors([...tensors, ...more])) });
  };
  const buffers = await add('model.layers.0.self_attn.rotary_emb.inv_freq');
  expect([buffers.unread, buffers.notes]).toEqual([[], []]);
  const sees = await add('vision_tower.layers.0.weight', 'multi_modal_projector.linear.weight');
  expect([sees.unread?.length, sees.notes]).toEqual([2, []]);
  for (const name of [
    'model.layers.1.mlp.shared_expert.gate_proj.weight',
    'model.layers.0.cross_attn.q_proj.weight',
    'score.weight',
  ]) {
    const model = await add(name);
    expect(model.unread).toEqual([name]);
    expect(model.notes.join()).toContain(
      `1 tensor of the file is read by no parameter, so that readings leave out what it does: "${name}"`,
    );
  }
  await expectError(
    add('model.layers.0.self_attn.q_proj.lora_A.default.weight'),
    'FORMAT_UNSUPPORTED',
    /found an adapter.*lora_A.*merge_and_unload/,
  );
});

test("one side's sizes never stand in for the other's: what a config leaves out is its class's, and null is none", async () => {
  const sides = async (family: string, change: Record<string, unknown>) => {
    const files = filesOf(family);
    const config = { ...JSON.parse(new TextDecoder().decode(files['config.json'])), ...change };
    const open = { ...files, 'config.json': text(config) };
    const models = await Promise.all((['encoder', 'decoder'] as const).map((stack) => openModel(open, { stack })));
    return models.map(({ dimensions }) => dimensions.heads);
  };
  expect(await sides('whisper', {})).toEqual([3, 2]);
  // transformers.WhisperConfig() has 6 of both.
  expect(await sides('whisper', { encoder_attention_heads: undefined })).toEqual([6, 2]);
  expect(await sides('whisper', { decoder_attention_heads: undefined })).toEqual([3, 6]);
  // BART's class has 16, which do not divide a width of 24.
  for (const value of [undefined, null])
    for (const side of ['encoder', 'decoder'])
      await expectError(
        sides('bart', { [`${side}_attention_heads`]: value }),
        'CONFIG_INVALID',
        value === null ? /whole number/ : /multiple of 16/,
      );
});

test("a wrapper's sizes never stand in for its text config's; what that leaves out is its class's", async () => {
  const files = filesOf('mistral');
  const { num_key_value_heads, num_attention_heads, head_dim, ...rest } = JSON.parse(
    new TextDecoder().decode(files['config.json']),
  );
  const wrapped = (text_config: object, outer: object): Files => ({
    ...files,
    'config.json': text({ model_type: 'llava', text_config, vision_config: {}, ...outer }),
  });
  const outer = { num_attention_heads: 2, num_key_value_heads: 1, hidden_size: 9, head_dim: 3 };
  const model = await openModel(wrapped({ ...rest, num_attention_heads, num_key_value_heads }, outer));
  expect(model.dimensions).toEqual((await openModel(files)).dimensions);
  // MistralConfig has 32 heads and 8 key-value heads.
  await expectError(openModel(wrapped(rest, outer)), 'TENSOR_SHAPE', /k_proj\.weight.*\[8, 32\]/);
  // null is not absent: then there are as many key-value heads as heads.
  await expectError(
    openModel(wrapped({ ...rest, num_attention_heads, num_key_value_heads: null }, outer)),
    'TENSOR_SHAPE',
    /k_proj\.weight.*\[32, 32\]/,
  );
});

test('one neuron reads its rows alone', async () => {
  const [layers, d, n, v] = [12, 64, 256, 500];
  const config = {
    model_type: 'llama',
    hidden_size: d,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    intermediate_size: n,
    vocab_size: v,
    tie_word_embeddings: true,
  };
  const zeros = (name: string, ...shape: number[]) => ({
    name: `model.${name}.weight`,
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b)),
  });
  const tensors = [zeros('embed_tokens', v, d), zeros('norm', d)];
  for (let i = 0; i < layers; i++) {
    for (const part of ['q', 'k', 'v', 'o']) tensors.push(zeros(`layers.${i}.self_attn.${part}_proj`, d, d));
    for (const part of ['gate', 'up']) tensors.push(zeros(`layers.${i}.mlp.${part}_proj`, n, d));
    tensors.push(zeros(`layers.${i}.mlp.down_proj`, d, n));
    for (const norm of ['input', 'post_attention']) tensors.push(zeros(`layers.${i}.${norm}_layernorm`, d));
  }
  const weights = countingSource(memorySource(await concat(writeSafetensors(tensors))));
  const folder: SourceFolder = {
    name: 'synthetic',
    list: async () => ['config.json', 'model.safetensors'],
    open: async (name) => ({ 'config.json': memorySource(text(config)), 'model.safetensors': weights })[name],
  };
  const model = await openCheckpoint(folder);
  const header = Math.min(...[...model.tensors.values()].map(({ start }) => start));
  expect(weights.bytesRead, 'opening').toBeLessThanOrEqual(header + 512);
  const bytes = async (name: string, i: number) => {
    weights.bytesRead = 0;
    await model.parameters.get(name)!.read(i, i + 1);
    return weights.bytesRead;
  };
  expect(await bytes('layer.7.ff.key', 100)).toBe(4 * d);
  expect(await bytes('layer.7.ff.up', 100)).toBe(4 * d);
  expect(await bytes('layer.7.attn.q', 5)).toBe(4 * d);
  // Values are columns: their layer's tensor, and no other, is read.
  expect(await bytes('layer.7.ff.value', 100)).toBe(4 * d * n);
  expect(await bytes('unembed', 3)).toBe(4 * d);
});

test('keys and values of a layer that takes those of an earlier one are not read, whatever the file holds for it', async () => {
  // transformers names such tensors among those that it ignores (Gemma4TextModel, kv_sharing_modes).
  const files = filesOf('gemma4_text');
  const [own, sharing] = [await openModel(files), await openModel(configured(files, { num_kv_shared_layers: 1 }))];
  for (const part of ['attn.q', 'attn.o', 'attn.k', 'attn.v', 'norm.k'])
    expect([part, sharing.parameters.has(`layer.0.${part}`)]).toEqual([part, own.parameters.has(`layer.0.${part}`)]);
  expect(sharing.parameters.has('layer.1.attn.q') && sharing.parameters.has('layer.1.attn.o')).toBe(true);
  expect(own.parameters.has('layer.1.attn.k')).toBe(true);
  for (const part of ['attn.k', 'attn.v', 'norm.k']) expect(sharing.parameters.has(`layer.1.${part}`)).toBe(false);
  expect(sharing.unread).toContain('model.layers.1.self_attn.k_proj.weight');
  expect(sharing.notes).toEqual(own.notes);
});

test('gains to which MLX has added the 1 are read as they stand', async () => {
  // mlx_lm/models/qwen3_next.py, sanitize: the same tensors, convolutions turned round, 1 added to these norms.
  const files = filesOf('qwen3_next');
  const converted = (await tensorsOf(files)).map(({ name, shape, data }) => {
    if (name.endsWith('conv1d.weight')) return { name, shape: [shape[0], shape[2], shape[1]], data };
    const isShifted = /(input_layernorm|post_attention_layernorm|model\.norm|[qk]_norm)\.weight$/.test(name);
    return { name, shape, data: isShifted ? data.map((x) => x + 1) : data };
  });
  const mlx = await openModel({ ...files, 'model.safetensors': await concat(writeSafetensors(converted)) });
  const own = await openModel(files);
  expect([...mlx.parameters.keys()]).toEqual([...own.parameters.keys()]);
  for (const name of ['layer.0.norm.attn', 'layer.1.norm.ff', 'layer.1.norm.q', 'norm.final', 'layer.1.attn.q'])
    expect(await mlx.parameters.get(name)!.read(), name).toEqual(await own.parameters.get(name)!.read());
});

test('a layer that chooses among experts has them, or is refused', async () => {
  const files = filesOf('granitemoe');
  const config = { model_type: 'granitemoeshared', shared_intermediate_size: 4 };
  const shared = (await tensorsOf(files)).flatMap((t) => {
    const at = t.name.replace('block_sparse_moe.input_linear', 'shared_mlp.input_linear');
    if (!/_linear\.weight$/.test(t.name)) return [t];
    // Under names of another tool: MLX's.
    const mlx = {
      ...t,
      name: t.name.replace('input_linear', 'switch_mlp.all').replace('output_linear', 'switch_mlp.out'),
    };
    const [, out, width] = t.shape;
    const own = { name: at.replace('block_sparse_moe.output', 'shared_mlp.output'), shape: [out, width] };
    return [mlx, { ...own, data: t.data.slice(0, out * width) }];
  });
  const open = openModel(configured({ ...files, 'model.safetensors': await concat(writeSafetensors(shared)) }, config));
  await expectError(open, 'TENSOR_MISSING', /block_sparse_moe\.input_linear\.weight for layer\.0\.ff\.0\.key/);
});

test('experts of Qwen3-VL are read whichever way round a file has them, as transformers does', async () => {
  const files = filesOf('qwen3_moe');
  const type = { model_type: 'qwen3_vl_moe_text' };
  const turn = (inputFirst: boolean) => async (): Promise<Model> => {
    const all = new Map<string, { shape: readonly number[]; data: Float32Array }[]>();
    const tensors: TensorToWrite[] = [];
    for (const t of await tensorsOf(files)) {
      const [, at, , part] = /^(.*\.experts\.)(\d+)\.(\w+)_proj\.weight$/.exec(t.name) ?? [];
      if (at === undefined) tensors.push(t);
      else all.set(`${at}${part}`, [...(all.get(`${at}${part}`) ?? []), t]);
    }
    for (const at of new Set([...all.keys()].map((name) => name.replace(/\w+$/, '')))) {
      const of = (part: string) => all.get(at + part)!;
      const both = of('gate').map(({ shape: [rows, columns], data }, e) => ({
        shape: [2 * rows, columns],
        data: Float32Array.from([...data, ...of('up')[e].data]),
      }));
      for (const [name, own] of [
        ['gate_up_proj', both],
        ['down_proj', of('down')],
      ] as const) {
        const [rows, columns] = own[0].shape;
        const turned = own.flatMap(({ data }) =>
          Array.from(data, (_, i) => (inputFirst ? data[(i % rows) * columns + Math.floor(i / rows)] : data[i])),
        );
        const shape = [own.length, ...(inputFirst ? [columns, rows] : [rows, columns])];
        tensors.push({ name: at + name, shape, data: Float32Array.from(turned) });
      }
    }
    return openModel(configured({ ...files, 'model.safetensors': await concat(writeSafetensors(tensors)) }, type));
  };
  const own = await openModel(files);
  await expectSame(own, await turn(false)());
  await expectSame(own, await turn(true)());
});

test('what lies beside the tensors of a language model that is called so is no part of it, but for a head', async () => {
  const files = filesOf('llama');
  const tensors = (await tensorsOf(files)).map((t) => ({ ...t, name: `language_model.${t.name}` }));
  const [some] = tensors;
  const beside = ['mlp1.0.weight', 'encoder.layers.0.attn.to_q.weight', 'model.aligner.linear1.weight'];
  const open = (names: readonly string[]): Promise<Model> =>
    concat(writeSafetensors([...tensors, ...names.map((name) => ({ ...some, name }))])).then((weights) =>
      openModel({ ...files, 'model.safetensors': weights }),
    );
  const model = await open(beside);
  expect(model.notes).toEqual([]);
  expect(model.unread).toEqual(expect.arrayContaining(beside));
  expect((await open(['value_head.weight'])).notes.join()).toMatch(/1 tensor of the file is read by no parameter/);
});

test('caps that a config leaves out to its class are among what readings leave out', async () => {
  const files = configured(filesOf('gemma2'), { attn_logit_softcapping: undefined, final_logit_softcapping: null });
  const said = unusedInWords(unusedOf(await openModel(files)), ['attn.q', 'ff.value']).join();
  expect(said).toMatch(/attn_logit_softcapping 50/);
  expect(said).not.toMatch(/final_logit_softcapping/);
});

test('where a config has none of the entries that its class reads, those of the model’s own code count', async () => {
  const files = filesOf('qwen2');
  const config = JSON.parse(new TextDecoder().decode(files['config.json']));
  // As nomic-embed-text has them; the class's defaults are others.
  const named = {
    ...{ n_embd: config.hidden_size, n_inner: config.intermediate_size },
    ...{ n_head: config.num_attention_heads, n_layer: config.num_hidden_layers },
  };
  const absent = ['hidden_size', 'intermediate_size', 'num_attention_heads', 'num_hidden_layers'];
  const without = Object.fromEntries(absent.map((name) => [name, undefined]));
  await expectSame(await openModel(files), await openModel(configured(files, { ...named, ...without })));
});

test('of several models in one file the one that is no copy is read, and the others are said', async () => {
  const files = filesOf('llama');
  const tensors = await tensorsOf(files);
  const copies = (at: string) =>
    tensors.map(({ name, shape, data }) => ({ name: at + name, shape, data: data.map((x) => 2 * x) }));
  for (const at of ['ema.', 'teacher.', 'other.']) {
    const both = [...copies(at), ...tensors];
    const model = await openModel({ ...files, 'model.safetensors': await concat(writeSafetensors(both)) });
    await expectSame(await openModel(files), model);
    expect(model.notes).toEqual([
      `The file holds several models of this kind: the one under "model." is read, and not what is under "${at}model.".`,
    ]);
    expect(model.unread).toContain(`${at}model.embed_tokens.weight`);
  }
});
