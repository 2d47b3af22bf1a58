import { WeightscopeError } from '../errors.ts';
import { describe } from '../quote.ts';
import type { Config, Sizes, Stack } from './architecture.ts';
import { DEFAULTS, INNER } from './defaults.ts';

/** The names configs use for one size; the first that holds a number counts. */
const NAMES = {
  layers: ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers'],
  hidden: ['hidden_size', 'n_embd', 'n_embed', 'd_model', 'dim'],
  heads: ['num_attention_heads', 'n_head', 'num_heads', 'n_heads', 'attention_heads'],
  kvHeads: ['num_key_value_heads', 'num_kv_heads', 'n_head_kv'],
  headDim: ['head_dim', 'd_kv'],
  neurons: [
    'moe_intermediate_size',
    'intermediate_size',
    'n_inner',
    'ffn_dim',
    'ffn_hidden_size',
    'hidden_dim',
    'd_ff',
    'd_inner',
  ],
  vocab: ['vocab_size'],
  experts: ['num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts'],
} as const;

/** More than any model has; keeps a broken config from asking for endless lists. */
const MAX = 2 ** 31;
const MAX_LAYERS = 10_000;

const SIZES: ReadonlySet<string> = new Set(Object.values(NAMES).flat());

/** A config with what its class fills in where the file leaves it out, apart from sizes: those have several names. */
export function withDefaults(config: Config): Config {
  const rest = Object.entries(defaultsOf(config)).filter(([name]) => !SIZES.has(name) && !(name in config));
  return { ...Object.fromEntries(rest), ...config };
}

function defaultsOf(config: Config): Config {
  // GGUF has types of the same names, and sizes of its own.
  if ('general.architecture' in config) return {};
  const name = String(config.model_type);
  const inner = Object.hasOwn(INNER, name) ? INNER[name] : name;
  return Object.hasOwn(DEFAULTS, inner) ? DEFAULTS[inner] : {};
}

/**
 * Sizes of a stack from a config. What it leaves out is what the model type's config class takes (defaults.ts), as
 * transformers does; where that is computed or the config says `null`: kvHeads = heads, headDim = hidden / heads,
 * neurons = 4 * hidden, no experts, vocab 0 (then the embedding tells). Throws `CONFIG_INVALID`.
 */
export function sizesOf(config: Config, stack: Stack, where: string): Sizes {
  const own = stack.sizes?.(config) ?? {};
  const defaults = defaultsOf(config);
  const read = (size: keyof typeof NAMES, fallback?: number): number => {
    const said = NAMES[size].filter((n) => config[n] !== undefined);
    const name = said.find((n) => config[n] !== null);
    // How many tokens there are the embedding tells better than a class.
    const absent =
      said.length === 0 && size !== 'vocab' ? NAMES[size].find((n) => defaults[n] !== undefined) : undefined;
    const usual = absent === undefined ? fallback : defaults[absent];
    const value = own[size] ?? (name === undefined ? usual : firstOf(config[name]));
    const least = size === 'vocab' || size === 'experts' ? 0 : 1;
    const most = size === 'layers' ? MAX_LAYERS : MAX;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected \`${name ?? NAMES[size][0]}\` in ${where} to be a whole number from ${least} to ${most}, got ${describe(value)}.`,
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
    ...(own.valueDim !== undefined && own.valueDim !== headDim ? { valueDim: own.valueDim } : {}),
  };
}

/** A size that differs per layer is a list in the config (OpenELM, Gemma 3n, GGUF). */
const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value.find((one) => one !== 0) : value);

/** Sizes of layer n that the config lists for each, or gives for some by their number (`per_layer_config`). */
export function sizesOfLayer(config: Config, n: number): Partial<Sizes> {
  const own: Partial<Record<keyof typeof NAMES, number>> = {};
  const some = (config.per_layer_config as Record<string, Config> | undefined)?.[n];
  for (const size of ['heads', 'kvHeads', 'headDim', 'neurons'] as const) {
    const one = some && NAMES[size].map((name) => some[name]).find((value) => value !== undefined && value !== null);
    if (Number.isInteger(one)) own[size] = one as number;
    const name = NAMES[size].find((one) => config[one] !== undefined && config[one] !== null);
    const list = name === undefined ? undefined : config[name];
    if (Array.isArray(list) && Number.isInteger(list[n])) own[size] = list[n];
  }
  return own;
}

function uneven(where: string, what: string, by: string): WeightscopeError {
  return new WeightscopeError('CONFIG_INVALID', `Expected ${what} in ${where} to be a multiple of ${by}.`);
}
