import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fixture } from '../../test/bytes.ts';
import type { Config } from './architecture.ts';
import { architectureOf } from './architectures/index.ts';
import { rotaryFactor, rotaryScale } from './rotary.ts';
import { sizesOf, withDefaults } from './sizes.ts';

/** What transformers multiplies queries with, measured (test/fixtures/architectures/make_rotary.py). */
const { base, variants, types } = JSON.parse(readFileSync(fixture('architectures/rotary.json'), 'utf8')) as {
  base: Config;
  variants: Record<string, Config>;
  types: Record<string, { config: Config; factors: Record<string, ([number, number?, number?] | null)[]> }>;
};

const MEASURED = Object.entries(types).flatMap(([name, { config, factors }]) =>
  Object.entries(factors).map(([variant, layers]) => {
    const whole = withDefaults({ ...base, ...config, ...variants[variant] });
    return [`${name}: ${variant}`, whole, layers] as const;
  }),
);

test.each(MEASURED)('as transformers multiplies queries: %s', (_, config, layers) => {
  const architecture = architectureOf(config.model_type as string, 'safetensors', 'test');
  const sizes = sizesOf(config, architecture, 'test');
  const { headDim } = sizes;
  for (const [n, layer] of layers.entries()) {
    if (!layer) continue;
    const [expected, from = 0, to = 0] = layer;
    const scale = rotaryScale(config, n, sizes, architecture.rotary!) ?? 1;
    for (let i = 0; i < headDim; i++) {
      const factor = typeof scale === 'number' ? scale : scale(headDim + i);
      expect(factor, `layer ${n}, dimension ${i}`).toBeCloseTo(i >= from && i < to ? expected : 1, 4);
    }
  }
});

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
  ['no number, of a way that multiplies nothing', { rope_scaling: { rope_type: 'linear', factor: '4' } }, 1],
  [
    'LongRoPE that leaves out the first length, so that it is the longest',
    {
      max_position_embeddings: 16,
      rope_scaling: { rope_type: 'longrope', factor: 4 },
    },
    LONG,
  ],
  ['gpt-oss without an entry', { model_type: 'gpt_oss' }, 0.1 * Math.log(32) + 1],
  ['a layer that does not turn', { model_type: 'smollm3', rope_scaling: yarn, no_rope_layers: [0] }, 1],
  ['Falcon with another kind of positions', { model_type: 'falcon', rope_scaling: yarn, alibi: true }, 1],
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
    'GGUF of OLMo 3, a layer that looks at what is near',
    {
      model_type: 'olmo2',
      'general.architecture': 'olmo2',
      'olmo2.attention.sliding_window': 4096,
      'olmo2.rope.scaling.type': 'yarn',
      'olmo2.rope.scaling.factor': 4,
    },
    1,
  ],
  [
    'GGUF with DeepSeek’s multiplier',
    {
      model_type: 'llama',
      'general.architecture': 'llama',
      'llama.rope.scaling.type': 'yarn',
      'llama.rope.scaling.factor': 4,
      'llama.rope.scaling.yarn_log_multiplier': 1,
    },
    1,
  ],
  [
    'GGUF of LongRoPE',
    { model_type: 'phi3', 'general.architecture': 'phi3', 'phi3.rope.scaling.attn_factor': LONG },
    LONG,
  ],
])('queries and keys are multiplied: %s', (_, config, factor) => {
  expect(rotaryFactor(config, 0)).toBeCloseTo(factor, 8);
});

// transformers cannot compute with them (a text), or with what comes of them (NaN).
test.each([
  [{ ...yarn, factor: '4.0' }, /`factor` .* to be a number.*got the text "4\.0"/],
  [{ ...yarn, factor: true }, /`factor` .* to be a number/],
  [{ ...yarn, attention_factor: Number.NaN }, /`attention_factor` .* to be a number/],
  [{ ...yarn, mscale: '1', mscale_all_dim: 1 }, /`mscale` /],
  [{ rope_type: 'longrope', factor: Number.POSITIVE_INFINITY }, /`factor` /],
  [{ type: 'longrope', factor: 4, original_max_position_embeddings: '16' }, /`original_max_position_embeddings` /],
])('what queries and keys are multiplied by is a number, or is refused: %j', (rope_scaling, message) => {
  const scale = () => rotaryFactor({ model_type: 'llama', max_position_embeddings: 64, rope_scaling }, 0);
  expect(scale).toThrow(message);
  const gguf = { model_type: 'qwen3', 'general.architecture': 'qwen3', 'qwen3.rope.scaling.type': 'yarn' };
  expect(() => rotaryFactor({ ...gguf, 'qwen3.rope.scaling.factor': '4' }, 0)).toThrow(/rope\.scaling\.factor/);
});
