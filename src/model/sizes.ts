import { WeightscopeError } from '../errors.ts';
import { describe } from '../quote.ts';
import type { Config, Sizes, Stack } from './architecture.ts';
import { DEFAULTS, INNER } from './defaults.ts';
import { SIZE_NAMES } from './size-names.ts';

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

export type Size = keyof typeof NAMES;

/** By model type: those that its class in transformers takes; configs keep others, of which it takes no notice. */
const COUNTING = new Map(
  SIZE_NAMES.flatMap(([names, types]) => types.split(/\s/).map((type) => [type, names.split(/\s/)] as const)),
);

/** Entries of a config that say a size; the first that does counts. */
function namesOf(config: Config, size: Size): readonly string[] {
  const all: readonly string[] = NAMES[size];
  const own = 'general.architecture' in config ? undefined : COUNTING.get(classOf(config));
  return own && size !== 'vocab' ? own.filter((name) => all.includes(name)) : all;
}

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
  const name = classOf(config);
  return Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : {};
}

/** The type whose class reads a config: of a model that also sees or hears, its language model's. */
function classOf({ model_type: type }: Config): string {
  const name = String(type);
  return Object.hasOwn(INNER, name) ? INNER[name] : name;
}

/**
 * Sizes of a stack from a config. What it leaves out is what the model type's config class takes (defaults.ts), as
 * transformers does; where that is computed or the config says `null`: kvHeads = heads, headDim = hidden / heads,
 * neurons = 4 * hidden, no experts, vocab 0 (then the embedding tells). Throws `CONFIG_INVALID`.
 */
export function sizesOf(config: Config, stack: Stack, where: string): Sizes {
  const own = stack.sizes?.(config) ?? {};
  const read = (size: Size, fallback?: number): number => {
    const { name, value: said = fallback } = saidOf(config, size);
    const value = own[size] ?? said;
    const least = size === 'vocab' || size === 'experts' ? 0 : 1;
    const most = size === 'layers' ? MAX_LAYERS : MAX;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected \`${name ?? namesOf(config, size)[0] ?? NAMES[size][0]}\` in ${where} to be a whole number from ${least} to ${most}, got ${describe(value)}.`,
    );
  };
  const hidden = read('hidden');
  const heads = read('heads');
  const kvHeads = read('kvHeads', heads);
  const from = (size: Size, value: number): string => originOf(config, stack, size, value);
  if (heads % kvHeads !== 0) throw uneven(where, from('heads', heads), from('kvHeads', kvHeads));
  if (hidden % heads !== 0 && (own.headDim ?? saidOf(config, 'headDim').value) === undefined)
    throw uneven(where, from('hidden', hidden), from('heads', heads));
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

/** The entry of a config that says a size, or the one by which its class does. */
function saidOf(config: Config, size: Size): { name?: string; value?: unknown; default?: true } {
  const names = namesOf(config, size);
  const own = names.filter((name) => config[name] !== undefined);
  // Some models came with code of their own, and names of its own (Nomic's `n_embd`): better than a class's default.
  const others: readonly string[] = own.length === 0 && names.length > 0 ? NAMES[size] : [];
  const said = [...own, ...others.filter((name) => config[name] !== undefined)];
  const name = said.find((one) => config[one] !== null);
  if (name !== undefined) return { name, value: firstOf(config[name]) ?? null };
  const defaults = defaultsOf(config);
  // How many tokens there are the embedding tells better than a class.
  const absent = said.length === 0 && size !== 'vocab' ? names.find((one) => defaults[one] !== undefined) : undefined;
  return absent === undefined ? {} : { name: absent, value: defaults[absent], default: true };
}

/** Layers that a config speaks of, or its class; 0 where neither says a number within bounds. */
export function layersOf(config: Config): number {
  const { value } = saidOf(config, 'layers');
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_LAYERS ? (value as number) : 0;
}

const COMPUTED: Partial<Record<Size, string>> = {
  kvHeads: 'as many key-value heads as heads',
  headDim: 'the width divided by the heads as `head_dim`',
  neurons: 'four times the width as neurons',
};

/** Where a size comes from, for people: the entry and its number, of the class if the file leaves it out. */
export function originOf(config: Config, stack: Stack, size: Size, value: number): string {
  const { name, value: said, default: absent } = saidOf(config, size);
  const own = stack.sizes?.(config)[size];
  if (name !== undefined && (own === undefined || own === said))
    return `\`${name}\` ${value}${absent ? ' (which the file leaves out, so as its class has it)' : ''}`;
  return own === undefined ? (COMPUTED[size] ?? WORDS[size](value)) : WORDS[size](value);
}

const WORDS: Readonly<Record<Size, (n: number) => string>> = {
  layers: (n) => `${n} layers`,
  hidden: (n) => `a width of ${n}`,
  heads: (n) => `${n} attention heads`,
  kvHeads: (n) => `${n} key-value heads`,
  headDim: (n) => `${n} dimensions of a head`,
  neurons: (n) => `${n} neurons`,
  vocab: (n) => `${n} tokens`,
  experts: (n) => `${n} experts`,
};

/** A size that differs per layer is a list in the config (OpenELM, Gemma 3n, GGUF). */
const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value.find((one) => one !== 0) : value);

/** Sizes of layer n that the config lists for each, or gives for some by their number (`per_layer_config`). */
export function sizesOfLayer(config: Config, n: number): Partial<Sizes> {
  const own: Partial<Record<keyof typeof NAMES, number>> = {};
  const some = (config.per_layer_config as Record<string, Config> | undefined)?.[n];
  for (const size of ['heads', 'kvHeads', 'headDim', 'neurons'] as const) {
    const one =
      some &&
      namesOf(config, size)
        .map((name) => some[name])
        .find((value) => value !== undefined && value !== null);
    if (Number.isInteger(one)) own[size] = one as number;
    const name = namesOf(config, size).find((one) => config[one] !== undefined && config[one] !== null);
    const list = name === undefined ? undefined : config[name];
    if (Array.isArray(list) && Number.isInteger(list[n])) own[size] = list[n];
  }
  return own;
}

function uneven(where: string, what: string, by: string): WeightscopeError {
  return new WeightscopeError('CONFIG_INVALID', `Expected ${what} in ${where} to be a multiple of ${by}.`);
}
