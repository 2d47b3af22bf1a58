import { expect, test } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { configured, expectSame, type Files, filesOf, text } from '../../test/checkpoint.ts';
import { unusedInWords, unusedOf } from '../reading/unused.ts';
import { openModel } from './open.ts';

/** What a config says of sizes, what it leaves to its class, and what its class takes no notice of. */

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
