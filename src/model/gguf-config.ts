import { WeightscopeError } from '../errors.ts';
import type { TensorInfo } from '../formats/tensor.ts';
import { describe } from '../quote.ts';
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
 * The config in a GGUF file's metadata, under the names of config.json beside its own (GGUF specification,
 * "Standardized key-value pairs"); the tokenizer's tables are left out. Throws `CONFIG_INVALID` without
 * `general.architecture`.
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
      `Expected \`general.architecture\` among the metadata of ${where}, found ${describe(type)}; the file holds no language model.`,
    );
  const config: Record<string, unknown> = { model_type: type };
  for (const key of metadata.keys()) {
    if (key.startsWith('tokenizer.') || key === '__proto__') continue;
    const value = metadata.get(key);
    // What is longer holds nothing per layer.
    if (!isList(value) || value.length <= MAX_LIST) config[key] = value;
  }
  for (const [key, name] of Object.entries(NAMES)) {
    const value = sameForAll(metadata.get(`${type}.${key}`), `${type}.${key}`, where);
    if (value !== undefined) config[name] = value;
  }
  // The tables of tokens are cut or padded at will: the tensor is what counts.
  const rows = tensors.get('token_embd.weight')?.shape[0];
  if (rows !== undefined) config.vocab_size = rows;
  return config;
}

const MAX_LIST = 10_000;

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || ArrayBuffer.isView(value);

/** Some keys may hold one number per layer. */
function sameForAll(value: unknown, key: string, where: string): unknown {
  if (!isList(value)) return value;
  if (value.length > MAX_LIST)
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected ${key} of ${where} to have one number for each layer, found ${value.length}; fetch the file again.`,
    );
  const each = Array.from(value);
  if (each.every((one) => one === each[0])) return each[0];
  throw new WeightscopeError(
    'CONFIG_INVALID',
    `Expected one ${key} for all layers of ${where}, found ${each.length} that differ; such models cannot be read yet.`,
  );
}
