import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseTerms } from '../src/atlas/query/terms.ts';
import { readTensor } from '../src/formats/read.ts';
import { readSafetensors } from '../src/formats/safetensors/read.ts';
import { openModel } from '../src/model/open.ts';
import { parseExpression } from '../src/reading/expression.ts';
import { memorySource } from '../src/source/memory.ts';

import { expectError, fixture } from './bytes.ts';
import { type Files, filesOf, text } from './checkpoint.ts';
import { headersOf, type Shapes } from './headers-only.ts';
import { type RawTensor, rawSafetensors } from './raw-safetensors.ts';

/**
 * Checkpoints from public reports that did not open, or opened wrongly, and what strangers may write: those of which no
 * other test is. Their shapes are the published ones; of the large ones only the header is made.
 */
const configOf = (files: Files) => JSON.parse(new TextDecoder().decode(files['config.json']));

/** The weights under other names. */
async function renamed(files: Files, rename: (name: string) => string): Promise<Uint8Array> {
  const { tensors } = await readSafetensors(memorySource(files['model.safetensors']));
  const raw: Record<string, RawTensor> = {};
  for (const { name, dtype, shape, source, start, end } of tensors.values())
    raw[rename(name)] = { dtype, shape, bytes: await source.slice(start, end) };
  return rawSafetensors(raw);
}

describe('sizes that a nested config leaves to its class', () => {
  const layer = (start: string, shapes: Shapes): Shapes =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`${start}${name}.weight`, shape]));
  const layers = (count: number, shapes: Shapes): Shapes =>
    Object.assign({}, ...Array.from({ length: count }, (_, n) => layer(`language_model.model.layers.${n}.`, shapes)));

  test('gemma-3-4b-it names five entries; heads, their width and the vocabulary are Gemma3TextConfig’s', async () => {
    const [d, ff, vocab] = [2560, 10_240, 262_208];
    const text_config = { hidden_size: d, intermediate_size: ff, model_type: 'gemma3_text', num_hidden_layers: 34 };
    const one = Object.fromEntries(
      ['input', 'post_attention', 'pre_feedforward', 'post_feedforward'].map((name) => [`${name}_layernorm`, [d]]),
    );
    const model = await openModel(
      headersOf(
        { model_type: 'gemma3', text_config, vision_config: { hidden_size: 1152, num_hidden_layers: 27 } },
        {
          'language_model.model.embed_tokens.weight': [vocab, d],
          'language_model.model.norm.weight': [d],
          ...layers(34, {
            ...one,
            'self_attn.q_proj': [2048, d],
            'self_attn.k_proj': [1024, d],
            'self_attn.v_proj': [1024, d],
            'self_attn.o_proj': [d, 2048],
            'self_attn.q_norm': [256],
            'self_attn.k_norm': [256],
            'mlp.gate_proj': [ff, d],
            'mlp.up_proj': [ff, d],
            'mlp.down_proj': [d, ff],
          }),
        },
      ),
    );
    expect(model.dimensions).toMatchObject({ layers: 34, hidden: d, heads: 8, kvHeads: 4, headDim: 256, vocab });
  });

  test('llava-1.5-7b leaves every size to LlamaConfig', async () => {
    const [d, ff, vocab] = [4096, 11_008, 32_064];
    const square = Object.fromEntries(['q', 'k', 'v', 'o'].map((part) => [`self_attn.${part}_proj`, [d, d]]));
    const model = await openModel(
      headersOf(
        { model_type: 'llava', text_config: { model_type: 'llama', vocab_size: vocab }, vision_config: {} },
        {
          'language_model.model.embed_tokens.weight': [vocab, d],
          'language_model.model.norm.weight': [d],
          'language_model.lm_head.weight': [vocab, d],
          ...layers(32, {
            ...square,
            'mlp.gate_proj': [ff, d],
            'mlp.up_proj': [ff, d],
            'mlp.down_proj': [d, ff],
            input_layernorm: [d],
            post_attention_layernorm: [d],
          }),
        },
      ),
    );
    expect(model.dimensions).toMatchObject({ layers: 32, heads: 32, kvHeads: 32, headDim: 128, neurons: ff });
  });
});

describe('a language model within a model that sees or hears', () => {
  test.each<[string, string, string, (name: string) => string]>([
    ['smolvlm', 'text_config', 'llama', (name) => name.replace('model.', 'model.text_model.')],
    ['idefics3', 'text_config', 'llama', (name) => name.replace('model.', 'model.text_model.')],
    ['llava', 'text_config', 'mistral', (name) => `language_model.${name}`],
    ['mistral3', 'text_config', 'mistral', (name) => name.replace('model.', 'model.language_model.')],
    ['blip-2', 'text_config', 'opt', (name) => `language_model.${name}`],
    ['internvl', 'text_config', 'qwen2', (name) => name.replace('model.', 'model.language_model.')],
    ['aya_vision', 'text_config', 'cohere', (name) => name.replace('model.', 'model.language_model.')],
    ['paligemma', 'text_config', 'gemma', (name) => `language_model.${name}`],
    ['voxtral', 'text_config', 'llama', (name) => `language_model.${name}`],
  ])('%s', async (model_type, key, inner, rename) => {
    const files = filesOf(inner);
    const bare = await openModel(files);
    const whole = await openModel({
      'config.json': text({ model_type, [key]: configOf(files), vision_config: {}, hidden_size: 9 }),
      'model.safetensors': await renamed(files, rename),
    });
    expect(whole.dimensions).toEqual(bare.dimensions);
    expect([...whole.parameters.keys()]).toEqual([...bare.parameters.keys()]);
    for (const [name, parameter] of whole.parameters)
      expect(await parameter.read(), name).toEqual(await bare.parameters.get(name)!.read());
  });
});

test('Mamba-2, whose config has an Infinity, is refused by its type', () =>
  expectError(
    openModel({
      'config.json': new TextEncoder().encode('{"model_type":"mamba2","time_step_limit":[0.0,Infinity]}'),
      'model.safetensors': filesOf('llama')['model.safetensors'],
    }),
    'ARCHITECTURE_UNKNOWN',
    /"mamba2".*neither attention nor feed-forward/,
  ));

describe('a folder that is no checkpoint says what it is', () => {
  const weights = rawSafetensors({ 'base_model.model.x.lora_A.weight': { dtype: 'F32', shape: [0] } });

  test('an adapter, named by its file', () =>
    expectError(
      openModel(
        { 'adapter_model.safetensors': weights, 'adapter_config.json': text({}) },
        {
          file: 'adapter_model.safetensors',
        },
      ),
      'FORMAT_UNSUPPORTED',
      /found an adapter.*merge_and_unload/,
    ));

  test('an atlas', () =>
    expectError(
      openModel({ 'manifest.json': text({}), 'normalisers.safetensors': weights }),
      'FORMAT_UNSUPPORTED',
      /found an atlas of one; ask it with `weightscope atlas`/,
    ));
});

test('Llama 4 divides queries and keys by a norm without weights, which readings leave out and say', async () => {
  const dir = fixture('architectures/llama4_text');
  const files: Files = Object.fromEntries(
    ['config.json', 'model.safetensors'].map((name) => [name, new Uint8Array(readFileSync(`${dir}/${name}`))]),
  );
  const open = (more: object) => openModel({ ...files, 'config.json': text({ ...configOf(files), ...more }) });
  const note = /divided by their root mean square, a norm without weights: readings leave it out/;
  expect((await open({ use_qk_norm: true })).notes.join()).toMatch(note);
  expect((await open({ use_qk_norm: false })).notes.join()).not.toMatch(note);
});

test('a shape of 2^50 rows of nothing is refused, not looped over', () => {
  const json = text({ w: { dtype: 'F32', shape: [2 ** 50, 0], data_offsets: [0, 0] } });
  const file = new Uint8Array(8 + json.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return expectError(readSafetensors(memorySource(file)), 'FORMAT_INVALID', /too many bytes/);
});

test('long questions are refused with what is at most read', async () => {
  await expectError(
    async () => parseExpression(`${'1*'.repeat(4990)}2`),
    'EXPRESSION_INVALID',
    /at most 1000 operators/,
  );
  await expectError(async () => parseExpression(`${'('.repeat(5000)}`), 'EXPRESSION_INVALID', /^.{1,2000}$/s);
  await expectError(
    async () => parseTerms('king '.repeat(1001)),
    'QUERY_INVALID',
    /at most 1000 words in a search, got 1001/,
  );
  expect(parseTerms('king '.repeat(990))[0]).toHaveLength(990);
});

test('one weight that is not finite closes nothing but itself', async () => {
  const files = filesOf('llama');
  const { tensors } = await readSafetensors(memorySource(files['model.safetensors']));
  const down = tensors.get('model.layers.1.mlp.down_proj.weight')!;
  const damaged = files['model.safetensors'].slice();
  const [column, row] = [7, 3];
  const at = down.start + 4 * (row * down.shape[1] + column);
  new DataView(damaged.buffer).setFloat32(at, Number.POSITIVE_INFINITY, true);
  const model = await openModel({ ...files, 'model.safetensors': damaged });
  const value = model.parameters.get('layer.1.ff.value')!;
  expect(await value.read(6, 7)).toEqual((await readTensor(down)).filter((_, i) => i % down.shape[1] === 6));
  await expectError(value.read(7, 8), 'NOT_FINITE', /down_proj.weight .*found Infinity at \[3, 7\]/);
});
