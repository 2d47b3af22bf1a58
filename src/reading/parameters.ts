import type { Matrix } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import { layerShapes } from '../model/layers.ts';
import type { Model, Parameter } from '../model/types.ts';
import { meant } from '../nearest.ts';
import type { NeuronPart } from './types.ts';

/** Vectors of a model that `freq` is defined for; also the names in a normalisers file. */
export type VectorKind = 'ff.key' | 'ff.up' | 'ff.value' | 'attn.q' | 'attn.k' | 'attn.v' | 'attn.o';

export const VECTOR_KINDS: readonly VectorKind[] = [
  'ff.key',
  'ff.up',
  'ff.value',
  'attn.q',
  'attn.k',
  'attn.v',
  'attn.o',
];

/** The kind of the vectors in a parameter: `layer.3.ff.7.value` holds `ff.value`. */
export function kindOfParameter(name: string): VectorKind | undefined {
  const [, group, part] = /^layer\.\d+\.(ff|attn)\.(?:\d+\.|shared\.)?(\w+)$/.exec(name) ?? [];
  return VECTOR_KINDS.find((kind) => kind === `${group}.${part}`);
}

/**
 * Throws `OUT_OF_RANGE` unless `value` is a whole number in 0..size-1. `places`: a sentence on what there is instead.
 */
export function checkIndex(value: number, size: number, name: string, places?: () => string | undefined): void {
  if (Number.isInteger(value) && value >= 0 && value < size) return;
  const range = size === 0 ? 'nothing (the model has none)' : `0..${size - 1}`;
  const said = places?.();
  throw new WeightscopeError(
    'OUT_OF_RANGE',
    `Expected \`${name}\` to be ${range}, got ${value}.${said ? ` ${said}` : ''}`,
  );
}

/** `The neurons of sample are 0:0 to 5:1535.` Undefined where layers differ in size, or have experts. */
export function placesInWords(model: Model, of: 'neurons' | 'heads'): string | undefined {
  const counts = new Set(
    layerShapes(model).map(({ attention, feedForward }) =>
      of === 'heads' ? attention?.heads : feedForward?.experts ? undefined : feedForward?.neurons,
    ),
  );
  const [count] = counts;
  if (counts.size !== 1 || count === undefined) return undefined;
  return `The ${of} of ${model.name} are 0:0 to ${model.dimensions.layers - 1}:${count - 1}.`;
}

/** The parameter called `name`; `PARAMETER_UNKNOWN`, naming the model, when there is none. */
export function parameter(model: Model, name: string): Parameter {
  const found = model.parameters.get(name);
  if (found) return found;
  const group = name.split('.').slice(0, 2).join('.');
  const part = /^layer\.(\d+)\.(attn|ff)\./.exec(name);
  if (part && model.dimensions.layers > Number(part[1])) refusePart(model, part[1], part[2] as 'attn' | 'ff');
  const near = [...model.parameters.keys()].filter((other) => other.startsWith(group)).slice(0, 12);
  const known = near.length > 0 ? near : [...model.parameters.keys()].slice(0, 6);
  throw new WeightscopeError(
    'PARAMETER_UNKNOWN',
    `Expected a parameter of ${model.name}, got \`${name}\`${meant(name, model.parameters.keys())}; there are ${known.join(', ')} (\`weightscope parameters\` lists all).`,
  );
}

/** Layers may lack a part: some are no attention (Mamba, convolutions), some nothing else. */
function refusePart(model: Model, layer: string, part: 'attn' | 'ff'): void {
  const start = `layer.${layer}.`;
  const own = [...model.parameters.keys()].flatMap((key) => (key.startsWith(start) ? [key.slice(start.length)] : []));
  if (own.length === 0 || own.some((key) => key.startsWith(`${part}.`))) return;
  const what = part === 'attn' ? 'attention' : 'feed-forward part';
  throw new WeightscopeError(
    'PARAMETER_UNKNOWN',
    `Expected layer ${layer} of ${model.name} to have ${part === 'attn' ? 'attention' : 'a feed-forward part'}, found that layer ${layer} has no ${what}: it has ${own.slice(0, 8).join(', ')}.`,
  );
}

/**
 * The expert that a feed-forward parameter belongs to, `layer.3.ff.7.value`: 7; the shared one, which every token goes
 * through, has the number after those of the others. Undefined where there are none, or nothing but what is shared.
 */
export function expertOf({ dimensions }: Pick<Model, 'dimensions'>, name: string): number | undefined {
  const [, expert] = /\.ff\.(\d+|shared)\./.exec(name) ?? [];
  if (expert === undefined) return undefined;
  return expert === 'shared' ? dimensions.experts || undefined : Number(expert);
}

/** Whether layers have a shared expert, or some of them. */
export const hasSharedExpert = ({ parameters }: Pick<Model, 'parameters'>): boolean =>
  [...parameters.keys()].some((name) => /^layer\.\d+\.ff\.shared\.value$/.test(name));

/** The model whose attention parameters make products of two: of a difference another, with both models' vectors. */
export const interactionsOf = (model: Model): Model => model.interactions ?? model;

/** All parameters of one kind in one layer: one, none, or one per expert, the shared one last. */
export function parametersOf(model: Model, layer: number, kind: VectorKind): Parameter[] {
  const [group, part] = kind.split('.');
  const names = [`layer.${layer}.${kind}`];
  if (group === 'ff') {
    for (let expert = 0; expert < model.dimensions.experts; expert++) names.push(`layer.${layer}.ff.${expert}.${part}`);
    names.push(`layer.${layer}.ff.shared.${part}`);
  }
  return names.flatMap((name) => model.parameters.get(name) ?? []);
}

/** The gain that what reads the residual stream in this layer is multiplied with, [d]. */
async function gain(
  model: Model,
  { layer, kind, source }: { layer: number; kind: VectorKind; source: Parameter },
  signal?: AbortSignal,
): Promise<Float32Array> {
  // A shared expert may have a norm of its own; layers that run attention and feed-forward side by side may share one.
  const shared = source.name.includes('.ff.shared.') ? ['ff_shared'] : [];
  for (const name of [...shared, kind.startsWith('attn') ? 'attn' : 'ff', 'attn']) {
    const found = model.parameters.get(`layer.${layer}.norm.${name}`);
    if (found) return found.read(0, 1, signal);
  }
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected ${model.name} to have a norm gain before ${kind} in layer ${layer} to fold in, found none (its norms may come after each block); leave out \`foldNorm\`.`,
  );
}

const READS_THE_STREAM: ReadonlySet<VectorKind> = new Set(['ff.key', 'ff.up', 'attn.q', 'attn.k', 'attn.v']);

export const readsTheStream = (kind: VectorKind): boolean => READS_THE_STREAM.has(kind);

/**
 * Vectors [start, end) of a parameter as a matrix [end - start, d], the layer's norm gain multiplied in when
 * `foldNorm` is given and the kind reads the residual stream (one fp32 rounding per element).
 */
export async function readVectors(
  model: Model,
  { layer, kind, source }: { layer: number; kind: VectorKind; source: Parameter },
  options: { start?: number; end?: number; foldNorm?: boolean; finite?: boolean; signal?: AbortSignal },
): Promise<Matrix> {
  const { start = 0, end = source.count, finite, signal } = options;
  const folded = options.foldNorm ? source.folded : undefined;
  let data = await (folded ?? source).read(start, end, signal, { finite });
  if (options.foldNorm && !folded && readsTheStream(kind)) {
    const g = await gain(model, { layer, kind, source }, signal);
    const width = source.width;
    data = data.map((x, i) => x * g[i % width]);
  }
  return { data, rows: end - start, columns: source.width, name: source.name };
}

/**
 * These vectors of a parameter, of their own numbers, as {@link readVectors} gives them; not finite ones as they are.
 */
export async function pickVectors(
  model: Model,
  { layer, kind, source }: { layer: number; kind: VectorKind; source: Parameter },
  vectors: readonly number[],
  { foldNorm, signal }: { foldNorm?: boolean; signal?: AbortSignal },
): Promise<Matrix> {
  const { width, name } = source;
  if (source.pick && !(foldNorm && (source.folded || readsTheStream(kind)))) {
    return { data: await source.pick(vectors, signal), rows: vectors.length, columns: width, name };
  }
  const all = await readVectors(model, { layer, kind, source }, { foldNorm, finite: false, signal });
  const data = new Float32Array(vectors.length * width);
  for (const [i, row] of vectors.entries()) data.set(all.data.subarray(row * width, (row + 1) * width), i * width);
  return { data, rows: vectors.length, columns: width, name };
}

/** The parameter that holds this part of a layer's neurons: `layer.3.ff.key`, with experts `layer.3.ff.0.key`. */
export function neuronName(model: Model, layer: number, part: NeuronPart, expert = 0): string {
  const { experts, gated } = model.dimensions;
  if (part === 'up' && !gated) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`key\` or \`value\`, got \`up\`: ${model.name} has no gated MLPs.`,
    );
  }
  const [dense, shared] = ['ff', 'ff.shared'].map((group) => `layer.${layer}.${group}.${part}`);
  // Some layers of a model with experts may have none.
  if (model.parameters.has(dense)) return dense;
  if (expert === experts && model.parameters.has(shared)) return shared;
  return experts > 0 ? `layer.${layer}.ff.${expert}.${part}` : dense;
}
