import { WeightscopeError } from '../errors.ts';
import { describe } from '../quote.ts';
import type { Config, Sizes } from './architecture.ts';

// Some ways to stretch rotary positions to longer texts multiply queries and keys besides turning them, at every
// position and so at the first, where nothing turns: YaRN (arXiv 2309.00071, section 3.4) and LongRoPE (arXiv
// 2402.13753). The factor is part of attn.q and attn.k, as transformers computes them: in the layers that turn, and of
// a head in the part that does.

type Rope = Readonly<Record<string, unknown>>;

/** How a model type turns, where it is not all of every head in every layer, by one entry of the config. */
interface Turning {
  /** Whether queries and keys of layer n are turned. */
  readonly turns?: (config: Config, n: number) => boolean;
  /** `rope_parameters` has an entry for each kind of layer; the older `rope_scaling` speaks of these kinds. */
  readonly kinds?: readonly string[];
  /** The part of a head that turns, where the config's entry does not say. */
  readonly share?: (config: Config) => number | undefined;
}

const FULL = 'full_attention';
const SLIDING = 'sliding_attention';

const isObject = (value: unknown): value is Rope =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const number = (value: unknown): number | undefined => (Number.isFinite(value) ? (value as number) : undefined);

/** An entry that attn.q and attn.k are multiplied by, or that says by how much: absent, null or a number. */
function factorIn(entries: Rope | Config, name: string): number | undefined {
  const value = entries[name];
  if (value === undefined || value === null || Number.isFinite(value)) return number(value);
  throw new WeightscopeError(
    'CONFIG_INVALID',
    `Expected \`${name}\` of the rotary positions (rope_parameters or rope_scaling) in the config to be a number, since queries and keys are multiplied by what it says, got ${describe(value)}; write the number there.`,
  );
}

/** What layer n attends to: as the config lists, else every so many-th to everything, the others to what is near. */
function attends({ layer_types: kinds, sliding_window_pattern: every }: Config, n: number, usual: number): string {
  if (Array.isArray(kinds)) return String(kinds[n]);
  return (n + 1) % (number(every) || usual) === 0 ? FULL : SLIDING;
}

const GEMMA_EVERY = 6;
const GEMMA_N_EVERY = 5;
const EVERY = 4;
const never: Turning = { turns: () => false };
const share = (part: number): Turning => ({ share: (config) => factorIn(config, 'partial_rotary_factor') ?? part });
/** Layers that attend to everything are not turned. */
const onlyNear: Turning = { turns: (config, n) => attends(config, n, EVERY) === SLIDING };
/** The same, where some layers look at what is near alone. */
const onlyNearOfBoth: Turning = {
  turns: (config, n) => config.sliding_window === null || attends(config, n, EVERY) === SLIDING,
};
/** One layer in four is not turned, or those that a list says. */
const listed: Turning = {
  turns: ({ no_rope_layers: turned, no_rope_layer_interval: every }, n) =>
    Array.isArray(turned) && turned.length > 0 ? turned[n] !== 0 : (n + 1) % (number(every) || EVERY) !== 0,
};
const whole = (): undefined => undefined;
const byKind = (...kinds: readonly string[]): Turning => ({ kinds, share: whole });

const TURNING: Readonly<Record<string, Turning>> = {
  bamba: { share: () => 0.5 },
  cohere2: onlyNear,
  exaone4: onlyNearOfBoth,
  exaone_moe: onlyNearOfBoth,
  falcon: { turns: ({ alibi }) => alibi !== true },
  gemma3: byKind(FULL),
  gemma3_text: byKind(FULL),
  gemma3n: byKind(FULL),
  gemma3n_text: byKind(FULL),
  gemma4: byKind(),
  gemma4_text: byKind(),
  gemma4_unified_text: byKind(),
  glm: share(0.5),
  glm4: share(0.5),
  glm4_moe: share(0.5),
  gpt_neox: { share: (config) => factorIn(config, 'rotary_pct') ?? 0.25 },
  granitemoehybrid: { turns: ({ position_embedding_type: type }) => type === 'rope' },
  jamba: never,
  llama4: listed,
  llama4_text: listed,
  mellum: byKind(),
  minimax_m2: {
    share: ({ rotary_dim: turned, head_dim: all, partial_rotary_factor: part }) =>
      number(part) ?? (number(turned) && number(all) ? (turned as number) / (all as number) : undefined),
  },
  modernbert: byKind(FULL, SLIDING),
  nemotron: share(0.5),
  nemotron_h: never,
  olmo3: byKind(FULL),
  persimmon: share(0.5),
  phi: share(0.5),
  qwen3_5_moe_text: share(0.25),
  qwen3_5_text: share(0.25),
  qwen3_next: share(0.25),
  smollm3: listed,
  stablelm: share(0.25),
};

const turningOf = ({ model_type: type }: Config): Turning =>
  Object.hasOwn(TURNING, String(type)) ? TURNING[String(type)] : {};

/** The config's entry for layer n; undefined: it has none, or the layer does not turn. */
function ropeOf(config: Config, n: number): Rope | undefined {
  const { turns, kinds } = turningOf(config);
  if (turns && !turns(config, n)) return undefined;
  if ('general.architecture' in config) return ropeOfGguf(config, n);
  const { rope_parameters: now, rope_scaling: before, model_type: type } = config;
  const older = isObject(before) && Object.keys(before).length > 0 ? before : undefined;
  if (kinds) {
    const kind = attends(config, n, type === 'olmo3' ? EVERY : /3n/.test(String(type)) ? GEMMA_N_EVERY : GEMMA_EVERY);
    const own = isObject(now) ? now[kind] : undefined;
    const rope: Rope = isObject(own) ? own : { rope_type: 'default' };
    return older && kinds.includes(kind) ? { ...rope, ...older } : rope;
  }
  // What gpt-oss takes where the file says nothing.
  const usual: Rope | undefined = type === 'gpt_oss' ? { rope_type: 'yarn', factor: 32 } : undefined;
  return older ?? (isObject(now) ? now : usual);
}

/** As llama.cpp takes them: its layers of Gemma 3 and OLMo 3 that look at what is near are turned without a factor. */
function ropeOfGguf(config: Config, n: number): Rope | undefined {
  const type = config.model_type as string;
  const entry = (name: string): unknown => config[`${type}.${name}`];
  const factorOf = (name: string): number | undefined => factorIn(config, `${type}.rope.scaling.${name}`);
  const near = entry('attention.sliding_window_pattern');
  const window = number(entry('attention.sliding_window')) ?? 0;
  const every = type === 'gemma3' ? GEMMA_EVERY : EVERY;
  const isNear = Array.isArray(near) ? near[n] === true : window > 0 && (n + 1) % every !== 0;
  if ((type === 'gemma3' || type === 'olmo2') && isNear) return undefined;
  const [own, count] = [factorOf('attn_factor') ?? 1, number(entry('rope.dimension_count'))];
  const longer = factorOf('factor') ?? 1;
  const ofAll = factorOf('yarn_log_multiplier');
  const yarn = stretched(longer) / (ofAll ? stretched(longer, ofAll) : 1);
  const factor = entry('rope.scaling.type') === 'yarn' ? own * yarn : own;
  return { rope_type: 'yarn', attention_factor: factor, turned: count };
}

/**
 * What the turned part of layer n's queries and keys is multiplied with; 1: nothing, or the config says nothing. Throws
 * `CONFIG_INVALID` where what it says is no number.
 */
export function rotaryFactor(config: Config, n: number): number {
  const rope = ropeOf(config, n);
  if (!rope) return 1;
  const said = rope.rope_type ?? rope.type;
  // Phi 3 called LongRoPE so.
  const long = said === 'longrope' || (config.model_type === 'phi3' && (said === 'su' || said === 'yarn'));
  if (!long && said !== 'yarn') return 1;
  // Phi 3.5's experts: a number for texts as long as those that it was first trained on, and one for longer ones.
  const short = config.model_type === 'phimoe' ? factorIn(rope, 'short_mscale') : undefined;
  const given = short ?? factorIn(rope, 'attention_factor');
  if (given !== undefined) return given;
  const longest = number(config.max_position_embeddings);
  const first = 'original_max_position_embeddings';
  const original = factorIn(config, first) ?? factorIn(rope, first) ?? longest;
  const factor = factorIn(rope, 'factor') ?? (longest && original ? longest / original : 1);
  const [mscale, ofAll] = [factorIn(rope, 'mscale'), factorIn(rope, 'mscale_all_dim')];
  if (!(factor > 1)) return 1;
  if (long) return original && original > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(original)) : 1;
  return mscale && ofAll ? stretched(factor, mscale) / stretched(factor, ofAll) : stretched(factor);
}

/** YaRN's factor for texts so many times as long. */
const stretched = (longer: number, scale = 1): number => (longer > 1 ? 0.1 * scale * Math.log(longer) + 1 : 1);

/**
 * The factor of each vector of attn.q or attn.k, one number for all where whole heads turn; undefined: none. Where a
 * part of a head turns it is the first, or of low-rank attention, whose first dimensions stand still, the last.
 */
export function rotaryScale(
  config: Config,
  n: number,
  { headDim }: Sizes,
  part: 'first' | 'last',
): number | ((vector: number) => number) | undefined {
  const factor = rotaryFactor(config, n);
  if (factor === 1) return undefined;
  if (part === 'last') {
    const still = number(config.qk_nope_head_dim) ?? 0;
    return (vector) => (vector % headDim < still ? 1 : factor);
  }
  const rope = ropeOf(config, n);
  const { share: usual = (all: Config) => factorIn(all, 'partial_rotary_factor') } = turningOf(config);
  const turned =
    number(rope?.turned) ??
    Math.trunc(headDim * ((rope && factorIn(rope, 'partial_rotary_factor')) ?? usual(config) ?? 1));
  return turned >= headDim ? factor : (vector) => (vector % headDim < turned ? factor : 1);
}
