import type { Model } from '../model/types.ts';
import { readsTheStream, VECTOR_KINDS, type VectorKind } from './parameters.ts';

/**
 * What a model does to the residual stream, or to what is read from it, and no reading does. A forward pass adds
 * biases, multiplies by gains and by factors of the config, caps, and turns queries and keys by their positions.
 */
export interface Unused {
  what: keyof typeof WORDS;
  name: string;
  /** Readings of which vectors it would change. */
  kinds: VectorKind[];
  /** The layers that have it; absent: all, or the whole model. */
  layers?: number[];
}

/** What such things are called in a note. */
const WORDS = {
  bias: 'biases',
  gain: 'gains of norms',
  position: 'positions',
  factor: 'factors and caps of the config',
  other: 'other parameters',
};

const READ = VECTOR_KINDS.filter(readsTheStream);
const WRITTEN = VECTOR_KINDS.filter((kind) => !readsTheStream(kind));
const of = (group: 'attn' | 'ff', among: readonly VectorKind[] = VECTOR_KINDS): VectorKind[] =>
  among.filter((kind) => kind.startsWith(group));
const QK: VectorKind[] = ['attn.q', 'attn.k'];

/** One sentence that names what a reading of vectors of these kinds (in this layer) leaves out; none: nothing. */
export function unusedInWords(
  unused: readonly Unused[],
  kinds: readonly (VectorKind | undefined)[],
  layer?: number,
): string[] {
  const groups = (Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap((what) => {
    const names = unused
      .filter((one) => one.what === what && one.kinds.some((kind) => kinds.includes(kind)))
      .filter(({ layers }) => layer === undefined || !layers || layers.includes(layer))
      .map(({ name }) => name);
    return names.length === 0 ? [] : [`${WORDS[what]} (${[...new Set(names)].join(', ')})`];
  });
  return groups.length === 0 ? [] : [`Left out: ${groups.join('; ')}.`];
}

/** Everything that readings of a model leave out, from its parameters and its config alone. */
export function unusedOf(model: Model): Unused[] {
  const there = VECTOR_KINDS.filter((kind) => {
    const [group, part] = kind.split('.');
    const pattern = new RegExp(`^layer\\.\\d+\\.${group}\\.(?:\\w+\\.)?${part}$`);
    return [...model.parameters.keys()].some((name) => pattern.test(name));
  });
  return [...unusedParameters(model), ...positions(model), ...factors(model)]
    .map((one) => ({ ...one, kinds: one.kinds.filter((kind) => there.includes(kind)) }))
    .filter(({ kinds }) => kinds.length > 0);
}

function unusedParameters({ parameters, dimensions }: Model): Unused[] {
  const found = new Map<string, Unused & { layers: number[] }>();
  for (const name of parameters.keys()) {
    // How far the rows of E moved, beside a difference.
    if (name.startsWith('change.')) continue;
    // The other half of an encoder and a decoder, the attention between both, and recurrences are read beside heads and
    // neurons, under names of their own; they change nothing in those.
    if (/^(?:encoder|decoder)\.|^layer\.\d+\.(?:recurrent\.|(?:norm\.)?cross[._])|\.norm\.cross$/.test(name)) continue;
    const [, layer, inner] = /^layer\.(\d+)\.(.*)$/.exec(name) ?? [];
    // Experts are alike: their biases are one thing.
    const plain = (inner ?? name).replace(/^ff\.(?:\d+|shared)\./, 'ff.');
    const how = layer === undefined ? ofModel(plain) : ofLayer(plain);
    if (!how) continue;
    const known = found.get(plain) ?? { name: plain, layers: [], ...how };
    if (layer !== undefined && !known.layers.includes(Number(layer))) known.layers.push(Number(layer));
    found.set(plain, known);
  }
  return [...found.values()].map(({ layers, ...one }) =>
    layers.length > 0 && layers.length < dimensions.layers ? { ...one, layers } : one,
  );
}

/** Whether a parameter of the whole model goes unused, and in what. */
function ofModel(name: string): Pick<Unused, 'what' | 'kinds'> | undefined {
  if (name === 'embed' || name === 'unembed' || name === 'positions') return undefined;
  if (name === 'unembed_bias' || name === 'norm.final_bias') return { what: 'bias', kinds: WRITTEN };
  if (name === 'norm.final') return { what: 'gain', kinds: WRITTEN };
  if (name === 'norm.embed_bias') return { what: 'bias', kinds: READ };
  if (name === 'norm.embed') return { what: 'gain', kinds: READ };
  return { what: 'other', kinds: name === 'token_types' ? READ : [...VECTOR_KINDS] };
}

/** The same of a parameter of a layer, by its name without `layer.n.`. */
function ofLayer(name: string): Pick<Unused, 'what' | 'kinds'> | undefined {
  const kind = VECTOR_KINDS.find((known) => name === known || name === `${known}_bias`);
  if (kind) return name === kind ? undefined : { what: 'bias', kinds: [kind] };
  const [, group, rest] = /^norm\.(attn|ff|q|k|v)(.*)$/.exec(name) ?? [];
  const bias = name.endsWith('_bias');
  const what = bias ? 'bias' : 'gain';
  if (group === 'q' || group === 'k' || group === 'v') return { what, kinds: [`attn.${group}`] };
  if (group === 'attn' || group === 'ff') {
    if (rest.endsWith('_post')) return { what, kinds: of(group, WRITTEN) };
    // What comes before a block, or before its shared expert, is folded in on request, but for its bias.
    if (rest === '' || rest === '_shared') return undefined;
    return { what, kinds: rest === '_bias' ? of(group, READ) : of(group) };
  }
  if (name.startsWith('attn.')) return { what: 'other', kinds: of('attn') };
  if (name.startsWith('ff.')) return { what: 'other', kinds: of('ff') };
  return { what: name.startsWith('norm.') ? what : 'other', kinds: [...VECTOR_KINDS] };
}

/** How the model tells positions apart, as far as parameters and config say. */
export function positions(model: Model): Unused[] {
  const { parameters } = model;
  const config = ownConfig(model);
  const has = (pattern: RegExp) =>
    entries(config).some(([key, value]) => pattern.test(key) && value !== null && value !== false);
  const name = parameters.has('positions')
    ? 'their embeddings'
    : has(/rope|rotary/)
      ? 'rotary'
      : has(/alibi/)
        ? 'ALiBi'
        : 'as the model makes them';
  return [{ what: 'position', name, kinds: QK }];
}

/** Config entries that multiply, divide or cap, and what: the first pattern that fits a name counts. */
const FACTORS: readonly [pattern: RegExp, kinds: readonly VectorKind[]][] = [
  // Sizes, and what matters in training alone.
  [/rope|rotary|_dim|dim_multiplier|_size|intermediate|expand|init|loss|router|norm_topk|routed_scaling|yarn/, []],
  [/(attn|attention).*soft_?cap/, QK],
  [/soft_?cap/, WRITTEN],
  [/scale_emb|embedding.*(multiplier|scale)|emb_?scale/, READ],
  [/logits?_?(scale|scaling)|lm_head_multiplier|output_(logits_)?multiplier|^dim_model_base$|width_scale/, WRITTEN],
  [/residual.*(multiplier|scale)|^scale_depth$|attention_out_multiplier/, WRITTEN],
  [/clip_qkv|clamp_kqv|attention_in_multiplier/, of('attn', READ)],
  [/^key_multiplier$/, ['attn.k']],
  [/(attn|attention).*(multiplier|scale|scaling)|query_pre_attn_scalar|^scale_attn|^softmax_scale$/, QK],
  [/(mlp|ff\w*)_multipliers?/, of('ff')],
  [/multipliers?$|^mup_/, VECTOR_KINDS],
];

function factors(model: Model): Unused[] {
  const { headDim } = model.dimensions;
  const config = ownConfig(model);
  const found: Unused[] = [];
  for (const [key, value] of entries(config)) {
    if (key === 'dim_model_base' ? value === config.hidden_size : !changes(value)) continue;
    // The usual 1/√d_head, said in one way or another: no reading applies it (docs/readings.md).
    if (key === 'scale_attn_weights' && value === true) continue;
    if (key === 'query_pre_attn_scalar' && value === headDim) continue;
    if (/attention_multiplier|attention\.scale/.test(key) && close(value, headDim ** -0.5)) continue;
    const kinds = FACTORS.find(([pattern]) => pattern.test(key))?.[1] ?? [];
    if (kinds.length > 0) found.push({ what: 'factor', name: `${key} ${inWords(value)}`.trim(), kinds: [...kinds] });
  }
  // Gemma's code does it, and no entry of its config says so.
  if (/gemma/.test(String(config.model_type))) found.push({ what: 'factor', name: 'embeddings times √d', kinds: READ });
  return found;
}

/** A factor that is not 1, a cap, a switch that is on. */
const changes = (value: unknown): boolean =>
  Array.isArray(value) ? value.some(changes) : value === true || (typeof value === 'number' && value !== 1);

const close = (value: unknown, to: number): boolean => typeof value === 'number' && Math.abs(value / to - 1) < 1e-6;

const inWords = (value: unknown): string => (value === true ? '' : Array.isArray(value) ? value.join(' ') : `${value}`);

/** With what stands in the config of the stack that is read. */
const ownConfig = ({ config, stackConfig }: Model): Model['config'] => ({
  ...config,
  ...stackConfig,
  model_type: config.model_type,
});

/** A config's entries by their plain names: GGUF's have the architecture's before them, MPT's are in another. */
const entries = (config: Model['config']): [string, unknown][] =>
  Object.entries({ ...config, ...(config.attn_config as object | undefined) }).map(([key, value]) => [
    key.replace(`${config.model_type}.`, ''),
    value,
  ]);
