import { type Architecture, type Config, concatenated, fusedQkv, half, type Spec } from '../architecture.ts';
import { llama } from './llama.ts';
import { attention, gatedMlp } from './names.ts';

// Models whose layers were given sizes of their own, by a rule or by a search.

const at = (value: unknown, n: number): unknown => (Array.isArray(value) ? value[n] : undefined);
const largest = (value: unknown): number | undefined =>
  Array.isArray(value) ? Math.max(...value.map(Number)) : undefined;
const given = <T extends object>(sizes: T): Partial<T> =>
  Object.fromEntries(Object.entries(sizes).filter(([, size]) => Number.isInteger(size))) as Partial<T>;

/**
 * OpenELM (Mehta et al. 2024, section 2; apple/OpenELM's modeling_openelm.py): from layer to layer more heads and wider
 * feed-forward layers; q, k, v in one tensor, gate and up in another.
 */
export const openelm: Architecture = {
  family: 'openelm',
  types: ['openelm'],
  model: { embed: 'token_embeddings', unembed: ['lm_head'], 'norm.final': 'norm' },
  layer: 'layers.{n}.',
  neuronsStored: true,
  sizes: ({ model_dim, num_transformer_layers, num_query_heads, num_kv_heads }) =>
    given({
      hidden: model_dim as number,
      layers: num_transformer_layers as number,
      heads: largest(num_query_heads) as number,
      kvHeads: largest(num_kv_heads) as number,
    }),
  layerSizes: ({ num_query_heads, num_kv_heads }, n) =>
    given({ heads: at(num_query_heads, n) as number, kvHeads: at(num_kv_heads, n) as number }),
  parameters: ({ ffn_with_glu: gated = true }) => ({
    'norm.attn': 'attn_norm',
    ...fusedQkv('attn.qkv_proj', concatenated),
    'attn.o': 'attn.out_proj',
    'norm.q?': 'attn.q_norm',
    'norm.k?': 'attn.k_norm',
    'norm.ff': 'ffn_norm',
    ...(gated
      ? { 'ff.key': { name: 'ffn.proj_1', part: half(0) }, 'ff.up': { name: 'ffn.proj_1', part: half(1) } }
      : { 'ff.key': 'ffn.proj_1' }),
    'ff.value': 'ffn.proj_2',
  }),
};

/** What Nemotron's search made of layer n. */
interface Block {
  attention?: { n_heads_in_group?: number | null; no_op?: boolean; replace_with_linear?: boolean };
  ffn?: { no_op?: boolean; replace_with_linear?: boolean };
}

const blockOf = (config: Config, n: number): Block => (at(config.block_configs, n) as Block | undefined) ?? {};
/** A part as it is, or its norm alone, before the one map in its place; nothing where the layer lacks it. */
function partOf(
  { no_op: none, replace_with_linear: linear }: NonNullable<Block['ffn']> = {},
  norm: Spec,
  part: Spec,
): Spec {
  if (none) return {};
  return linear ? norm : { ...norm, ...part };
}

function kvHeadsOf(config: Config, n: number): number | undefined {
  const group = blockOf(config, n).attention?.n_heads_in_group;
  if (typeof group === 'number') return (config.num_attention_heads as number) / group;
  return at(config.num_key_value_heads_per_layer, n) as number | undefined;
}

/**
 * DeciLM (Deci/DeciLM-7B) and Nemotron of puzzled blocks (nvidia/Llama-3_1-Nemotron-51B's modeling_decilm.py): Llama
 * with a number of key-value heads a layer; there, layers may lack attention or feed-forward part, or have one map
 * in its place, which is no direction that a head or neuron has.
 */
export const deci: Architecture = {
  ...llama,
  family: 'deci',
  types: ['deci', 'nemotron-nas'],
  neuronsStored: true,
  sizes: (config) => {
    const { num_hidden_layers: layers, num_key_value_heads: kvHeads } = config;
    const all = Array.from({ length: Math.min(Number(layers) || 0, 1000) }, (_, n) => kvHeadsOf(config, n) ?? 0);
    return given({ kvHeads: (kvHeads ?? (Math.max(0, ...all) || undefined)) as number });
  },
  layerSizes: (config, n) => given({ kvHeads: kvHeadsOf(config, n) as number }),
  parameters: (config, n): Spec => {
    const block = blockOf(config, n);
    return {
      ...partOf(block.attention, { 'norm.attn': 'input_layernorm' }, attention),
      ...partOf(block.ffn, { 'norm.ff': 'post_attention_layernorm' }, gatedMlp),
    };
  },
};
