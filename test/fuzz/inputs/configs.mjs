// Configs of models and manifests of atlases, nearly right.
import { anyJson, or } from '../random.mjs';

export function config(random) {
  const types = [
    'llama',
    'gpt2',
    'bert',
    'opt',
    'gemma3',
    'mixtral',
    't5',
    'constructor',
    'qwen3_moe',
    'falcon',
    'llava',
  ];
  const sizes = {
    hidden_size: 4,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    intermediate_size: 3,
    vocab_size: 5,
    head_dim: 2,
  };
  const inner = {
    model_type: random.chance(0.6) ? 'llama' : random.pick(types),
    ...sizes,
    tie_word_embeddings: random.chance(0.5),
  };
  for (const key of Object.keys(inner)) inner[key] = or(random, inner[key], 0.04);
  if (random.chance(0.1)) inner.quantization_config = anyJson(random);
  return or(
    random,
    random.chance(0.2) ? { model_type: random.pick(types), text_config: or(random, inner) } : inner,
    0.02,
  );
}

const TABLES = ['neurons', 'neuron_tokens', 'tokens', 'heads', 'head_pairs', 'directions'];

export function manifest(random) {
  const whole = {
    format: 'weightscope-atlas',
    schema: random.chance(0.95) ? 2 : random.below(5),
    state: random.pick(['complete', 'building']),
    model: { name: 'm', architecture: 'llama', modelType: 'llama', notes: random.times(2, () => 'A note.') },
    checkpoint: 'x',
    dimensions: { layers: 2, hidden: 32, heads: 4, kvHeads: 2, headDim: 8, neurons: 48, vocab: random.below(9) },
    settings: {
      ...{ top: 10, pairs: 20, columns: 10, layers: [0, 1], what: ['neurons', 'heads', 'directions'] },
      ...{ normalize: 'freq', foldNorm: random.chance(0.5), embedding: random.pick(['unembed', 'embed', 'own']) },
    },
    units: ['d3f8f8b6c08021e583e02667cd1e01d2'],
    files: random.times(4, (i) => {
      const table = random.pick(TABLES);
      return or(
        random,
        {
          table,
          name: `${table}/key-0000000${i}-00000096-d3f8f8b6.parquet`,
          bytes: 9,
          sha256: 'a'.repeat(64),
          rows: 9,
        },
        0.02,
      );
    }),
  };
  for (const key of Object.keys(whole)) whole[key] = or(random, whole[key], 0.02);
  for (const key of ['dimensions', 'settings', 'model'])
    if (random.chance(0.1) && whole[key]?.constructor === Object)
      whole[key][random.pick(Object.keys(whole[key]))] = anyJson(random);
  return whole;
}
