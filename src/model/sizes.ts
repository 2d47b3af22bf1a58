import { WeightscopeError } from '../errors.ts';
import type { Architecture, Config, Sizes } from './architecture.ts';

/** The names configs use for one size; the first that holds a number counts. */
const NAMES = {
  layers: ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers'],
  hidden: ['hidden_size', 'n_embd', 'n_embed', 'd_model', 'dim'],
  heads: ['num_attention_heads', 'n_head', 'num_heads', 'n_heads', 'attention_heads'],
  kvHeads: ['num_key_value_heads', 'num_kv_heads', 'n_head_kv'],
  headDim: ['head_dim'],
  neurons: ['moe_intermediate_size', 'intermediate_size', 'n_inner', 'ffn_dim', 'ffn_hidden_size', 'hidden_dim'],
  vocab: ['vocab_size'],
  experts: ['num_local_experts', 'num_experts', 'n_routed_experts'],
} as const;

/** More than any model has; keeps a broken config from asking for endless lists. */
const MAX = 2 ** 31;
const MAX_LAYERS = 10_000;

/**
 * Sizes from a config. What it leaves out has the usual default: kvHeads = heads, headDim = hidden / heads, neurons =
 * 4 * hidden, no experts, vocab 0 (then the embedding tells). Throws `CONFIG_INVALID`.
 */
export function sizesOf(config: Config, architecture: Architecture, where: string): Sizes {
  const own = architecture.sizes?.(config) ?? {};
  const read = (size: keyof typeof NAMES, fallback?: number): number => {
    const name = NAMES[size].find((n) => config[n] !== undefined && config[n] !== null);
    const value = own[size] ?? (name === undefined ? fallback : config[name]);
    const least = size === 'vocab' || size === 'experts' ? 0 : 1;
    const most = size === 'layers' ? MAX_LAYERS : MAX;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected \`${name ?? NAMES[size][0]}\` in ${where} to be a whole number from ${least} to ${most}, got ${JSON.stringify(value) ?? 'nothing'}.`,
    );
  };
  const hidden = read('hidden');
  const heads = read('heads');
  const kvHeads = read('kvHeads', heads);
  if (heads % kvHeads !== 0) throw uneven(where, `${heads} attention heads`, `${kvHeads} key-value heads`);
  const headDim = read('headDim', hidden / heads);
  const neurons = read('neurons', 4 * hidden);
  return {
    layers: read('layers'),
    hidden,
    heads,
    kvHeads,
    headDim,
    neurons,
    vocab: read('vocab', 0),
    experts: read('experts', 0),
  };
}

function uneven(where: string, what: string, by: string): WeightscopeError {
  return new WeightscopeError('CONFIG_INVALID', `Expected ${what} in ${where} to be a multiple of ${by}.`);
}
