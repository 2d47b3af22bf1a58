import type { Config, Sizes } from './architecture.ts';

// Some ways to stretch rotary positions to longer texts multiply queries and keys besides turning them, at every
// position and so at the first, where nothing turns: YaRN (arXiv 2309.00071, section 3.4) and LongRoPE (arXiv
// 2402.13753). The factor is part of attn.q and attn.k, as transformers computes them.

type Rope = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Rope =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const number = (value: unknown): number | undefined => (Number.isFinite(value) ? (value as number) : undefined);

/** How positions of layer n are turned: kinds of layers may have entries of their own, and some layers none. */
function ropeOf(config: Config, n: number): Rope | undefined {
  const { rope_parameters: now, rope_scaling: before, layer_types: types, no_rope_layers: turned } = config;
  if (Array.isArray(turned) && turned[n] === 0) return undefined;
  const gguf = (name: string): unknown => config[`${config.model_type}.rope.${name}`];
  if ('general.architecture' in config) {
    const [own, count] = [number(gguf('scaling.attn_factor')) ?? 1, number(gguf('dimension_count'))];
    const factor = gguf('scaling.type') === 'yarn' ? own * stretched(number(gguf('scaling.factor')) ?? 1) : own;
    return { rope_type: 'yarn', attention_factor: factor, turned: count };
  }
  // What gpt-oss takes where the file says nothing.
  const usual: Rope | undefined = config.model_type === 'gpt_oss' ? { rope_type: 'yarn', factor: 32 } : undefined;
  const rope = isObject(now) ? now : isObject(before) ? before : usual;
  const kind = Array.isArray(types) ? String(types[n]) : '';
  if (rope && Object.hasOwn(rope, kind)) return isObject(rope[kind]) ? rope[kind] : undefined;
  return rope;
}

/** What the turned part of layer n's queries and keys is multiplied with; 1: nothing, or the config says nothing. */
export function rotaryFactor(config: Config, n: number): number {
  const rope = ropeOf(config, n);
  if (!rope) return 1;
  const { attention_factor: given, mscale, mscale_all_dim: ofAll } = rope;
  const said = rope.rope_type ?? rope.type;
  // Phi 3 called LongRoPE so.
  const long = said === 'longrope' || (config.model_type === 'phi3' && (said === 'su' || said === 'yarn'));
  if (!long && said !== 'yarn') return 1;
  if (number(given) !== undefined) return given as number;
  const original = number(config.original_max_position_embeddings) ?? number(rope.original_max_position_embeddings);
  const longest = number(config.max_position_embeddings);
  const factor = number(rope.factor) ?? (longest && original ? longest / original : 1);
  if (!(factor > 1)) return 1;
  if (long) return original && original > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(original)) : 1;
  const both = number(mscale) && number(ofAll);
  return both ? stretched(factor, number(mscale)) / stretched(factor, number(ofAll)) : stretched(factor);
}

/** YaRN's factor for texts so many times as long. */
const stretched = (longer: number, scale = 1): number => (longer > 1 ? 0.1 * scale * Math.log(longer) + 1 : 1);

/**
 * The factor of each vector of attn.q or attn.k, one number for all where whole heads turn; undefined: none. Where a
 * part of a head turns it is the first, or of low-rank attention (`direct`) the last.
 */
export function rotaryScale(
  config: Config,
  n: number,
  { headDim }: Sizes,
  lowRank: boolean,
): number | ((vector: number) => number) | undefined {
  const factor = rotaryFactor(config, n);
  if (factor === 1) return undefined;
  if (lowRank) {
    const still = number(config.qk_nope_head_dim) ?? 0;
    return (vector) => (vector % headDim < still ? 1 : factor);
  }
  const rope = ropeOf(config, n);
  const share = number(rope?.partial_rotary_factor) ?? number(config.partial_rotary_factor) ?? 1;
  const turned = number(rope?.turned) ?? Math.trunc(headDim * share);
  return turned >= headDim ? factor : (vector) => (vector % headDim < turned ? factor : 1);
}
