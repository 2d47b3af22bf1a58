import { expect, test } from 'vitest';
import { concat, countingSource, expectError } from '../../test/bytes.ts';
import { configured, expectSame, type Files, filesOf, renamed, tensorsOf, text } from '../../test/checkpoint.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readTensor } from '../formats/read.ts';
import { writeSafetensors } from '../formats/safetensors/write.ts';
import { readNeuron } from '../reading/neurons.ts';
import { memoryFolder, memorySource } from '../source/memory.ts';
import type { SourceFolder } from '../source/source.ts';
import { openCheckpoint, openModel } from './open.ts';

test('queries and keys are multiplied with what the config says, be it nothing', async () => {
  const rope_scaling = { rope_type: 'yarn', factor: 4, attention_factor: 0 };
  const { parameters, notes } = await openModel(configured(filesOf('llama'), { rope_scaling }));
  expect((await parameters.get('layer.0.attn.q')!.read()).every((x) => x === 0)).toBe(true);
  expect(notes.join()).toMatch(/turns them \(0\)/);
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
