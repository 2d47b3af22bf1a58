import { expect, test } from 'vitest';
import { rotaryFactor } from './rotary.ts';

const yarn = { rope_type: 'yarn', factor: 4 };
// 0.1 ln 4 + 1, and sqrt(1 + ln 4 / ln 16): what transformers' modeling_rope_utils computes.
const [YARN, LONG] = [1.138629436, 1.224744871];

// What the fixtures (architectures.test.ts) do not have: configs as older and odd files write them.
test.each<[string, Record<string, unknown>, number]>([
  ['an older name', { rope_scaling: { type: 'yarn', factor: 4 } }, YARN],
  ['its own factor', { rope_scaling: { ...yarn, attention_factor: 1.5 } }, 1.5],
  ['DeepSeek’s, twice the same', { rope_scaling: { ...yarn, mscale: 1, mscale_all_dim: 1 } }, 1],
  [
    'factor from both lengths',
    { rope_scaling: { ...yarn, factor: null, original_max_position_embeddings: 16 }, max_position_embeddings: 64 },
    YARN,
  ],
  [
    'Phi 3’s first name',
    {
      model_type: 'phi3',
      original_max_position_embeddings: 16,
      max_position_embeddings: 64,
      rope_scaling: { type: 'su' },
    },
    LONG,
  ],
  ['another way', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 1],
  ['null', { rope_scaling: null, rope_parameters: null }, 1],
  ['no number', { rope_scaling: { ...yarn, factor: '4', attention_factor: Number.NaN } }, 1],
  ['gpt-oss without an entry', { model_type: 'gpt_oss' }, 0.1 * Math.log(32) + 1],
  ['a layer that does not turn', { rope_scaling: yarn, no_rope_layers: [0] }, 1],
  [
    'GGUF',
    {
      model_type: 'qwen3',
      'general.architecture': 'qwen3',
      'qwen3.rope.scaling.type': 'yarn',
      'qwen3.rope.scaling.factor': 4,
    },
    YARN,
  ],
  [
    'GGUF of LongRoPE',
    { model_type: 'phi3', 'general.architecture': 'phi3', 'phi3.rope.scaling.attn_factor': LONG },
    LONG,
  ],
])('queries and keys are multiplied: %s', (_, config, factor) => {
  expect(rotaryFactor(config, 0)).toBeCloseTo(factor, 8);
});
