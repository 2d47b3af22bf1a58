import { WeightscopeError } from '../errors.ts';
import type { TensorInfo } from '../formats/tensor.ts';
import type { Config } from './architecture.ts';

/** GGUF keys, without the architecture's name before them, and what configs call the same. */
const NAMES: Record<string, string> = {
  block_count: 'num_hidden_layers',
  embedding_length: 'hidden_size',
  'attention.head_count': 'num_attention_heads',
  'attention.head_count_kv': 'num_key_value_heads',
  'attention.key_length': 'head_dim',
  feed_forward_length: 'intermediate_size',
  expert_feed_forward_length: 'moe_intermediate_size',
  expert_count: 'num_experts',
};

/**
 * The config in a GGUF file's metadata, under the names of config.json beside its own (GGUF specification, "Standardized
 * key-value pairs"); the tokenizer's tables are left out. Throws `CONFIG_INVALID` without `general.architecture`.
 */
export function configFromGguf(
  metadata: ReadonlyMap<string, unknown>,
  tensors: ReadonlyMap<string, TensorInfo>,
  where: string,
): Config {
  const type = metadata.get('general.architecture');
  if (typeof type !== 'string')
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected \`general.architecture\` among the metadata of ${where}, found ${type === undefined ? 'none' : JSON.stringify(type)}; the file holds no language model.`,
    );
  const config: Record<string, unknown> = { model_type: type };
  for (const [key, value] of metadata) if (!key.startsWith('tokenizer.')) config[key] = value;
  for (const [key, name] of Object.entries(NAMES)) {
    const value = sameForAll(metadata.get(`${type}.${key}`), `${type}.${key}`, where);
    if (value !== undefined) config[name] = value;
  }
  // The tables of tokens are cut or padded at will: the tensor is what counts.
  const rows = tensors.get('token_embd.weight')?.shape[0];
  if (rows !== undefined) config.vocab_size = rows;
  return config;
}

/** Some keys may hold one number per layer. */
function sameForAll(value: unknown, key: string, where: string): unknown {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return value;
  const each = Array.from(value as ArrayLike<unknown>);
  if (each.every((one) => one === each[0])) return each[0];
  throw new WeightscopeError(
    'CONFIG_INVALID',
    `Expected one ${key} for all layers of ${where}, found ${each.length} that differ; such models cannot be read yet.`,
  );
}
