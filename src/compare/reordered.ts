import type { Model, Parameter } from '../model/types.ts';
import { positions } from '../reading/unused.ts';
import type { ParameterChange } from './changes.ts';
import { printOf } from './print.ts';

/** A layer's feed-forward part or attention whose neurons or heads are the same in both models, in another order. */
export interface Reordered {
  /** `layer.3.ff`, `layer.3.attn`. */
  readonly layer: string;
  readonly units: 'neurons' | 'heads';
  /** Neurons or heads that stand elsewhere, of how many. */
  readonly moved: number;
  readonly count: number;
  /** Where several heads share a key-value head: how many of these stand elsewhere, with their heads. */
  readonly keyValue?: { readonly moved: number; readonly count: number };
  /** The layer does the same: not where the model's positions may treat heads by their number (ALiBi, T5). */
  readonly equivalent: boolean;
  /** The parameters that are the same but for the order. */
  readonly parameters: readonly string[];
}

/** What moves as one: `count` neurons or heads, and of each parameter how many blocks they share. */
interface Units extends Pick<Reordered, 'layer' | 'units' | 'count'> {
  readonly parts: readonly { readonly name: string; readonly blocks: number }[];
}

/** Unrelated rows differ by more than either is long; a layer whose rows all differ by less is in no other order. */
const UNRELATED = 0.3;
const MOST_HELD = 1 << 26;

/** Finds the layers whose neurons or heads stand in another order, where every one is found again to the bit. */
export async function reorderedUnits(
  a: Model,
  b: Model,
  changes: readonly ParameterChange[],
  signal?: AbortSignal,
): Promise<Reordered[]> {
  const changed = new Map(changes.flatMap((one) => (one.verdict === 'changed' ? [[one.name, one] as const] : [])));
  const found: Reordered[] = [];
  for (const { name } of changes) {
    const own = unitsOf(a, name);
    if (!own) continue;
    const { parts, ...units } = own;
    const is = (test: (of: Parameter) => boolean) => parts.every((part) => test(a.parameters.get(part.name)!));
    const far = parts.some((part) => (changed.get(part.name)?.vectors[0]?.relative ?? 0) >= UNRELATED);
    if (!far || !is(({ count, width }) => count * width <= MOST_HELD)) continue;
    if (!is((of) => String(of.shape) === String(b.parameters.get(of.name)?.shape))) continue;
    const order = await orderOf(a, b, own, signal);
    if (!order) continue;
    const elsewhere = (to: number, from: number) => to !== from;
    const shared = a.parameters.get(name.replace(/q$/, 'k'))!.shape[0];
    const groups = Array.from({ length: shared }, (_, group) => {
      const per = order.length / shared;
      return Math.floor(order[group * per] / per);
    });
    found.push({
      ...units,
      moved: order.filter(elsewhere).length,
      ...(units.units === 'heads' &&
        shared < order.length && { keyValue: { moved: groups.filter(elsewhere).length, count: shared } }),
      equivalent: units.units === 'neurons' || [a, b].every(headsAreAlike),
      parameters: parts.map((part) => part.name),
    });
  }
  return found;
}

/** The neurons or heads whose first parameter this is; undefined of all other parameters. */
function unitsOf({ parameters }: Model, first: string): Units | undefined {
  const [, layer, part] = /^(.*\b(?:ff(?:\.\d+|\.shared)?|attn|cross))\.(key|q)$/.exec(first) ?? [];
  if (layer === undefined) return undefined;
  const blocksOf = (name: string): number => parameters.get(name)?.shape[0] ?? 0;
  const count = blocksOf(first);
  const there = (names: readonly string[], blocks: number) =>
    names.flatMap((name) => (parameters.has(name) ? [{ name, blocks }] : []));
  if (part === 'key') {
    const own = ['key', 'up', 'value', 'key_bias', 'up_bias'].map((one) => `${layer}.${one}`);
    return { layer, units: 'neurons', count, parts: there(own, count) };
  }
  const norm = layer.replace(/attn$/, 'norm.').replace(/cross$/, 'norm.cross_');
  const parts = ['q', 'o', 'k', 'v'].flatMap((one) => {
    const blocks = blocksOf(`${layer}.${one}`);
    // Gains of queries and keys are each head's own, or one for all of them.
    const [gain, bias] = [`${norm}${one}`, `${norm}${one}_bias`].map((name) => parameters.get(name));
    const size = parameters.get(`${layer}.${one}`)?.count ?? 0;
    const gains = [gain, bias].flatMap((own) => (own && own.count * own.width === size ? [own.name] : []));
    const biases = one === 'o' ? [] : [`${layer}.${one}_bias`];
    return there([`${layer}.${one}`, ...biases, ...gains], blocks);
  });
  const whole = ['q', 'k', 'v', 'o'].every((one) => parameters.has(`${layer}.${one}`));
  const more = there([`${layer}.gate`, `${layer}.gate_bias`, `${layer}.sinks`], count);
  return whole ? { layer, units: 'heads', count, parts: [...parts, ...more] } : undefined;
}

/** Whether a head does the same wherever it stands: positions are not its own. */
function headsAreAlike(model: Model): boolean {
  const own = [...model.tensors.keys()].some((name) => /relative_attention_bias|attn_rel_b/.test(name));
  return !own && positions(model).every(({ name }) => name === 'rotary' || name === 'their embeddings');
}

/** Where every neuron or head of A is in B, with all that belongs to it; undefined where one is not. */
async function orderOf(a: Model, b: Model, units: Units, signal?: AbortSignal): Promise<number[] | undefined> {
  const { count, parts } = units;
  const [ofA, ofB] = [a, b].map(() => Array.from({ length: count }, () => ''));
  for (const { name, blocks } of parts) {
    for (const [model, keys] of [
      [a, ofA],
      [b, ofB],
    ] as const) {
      const data = await model.parameters.get(name)!.read(undefined, undefined, signal, { finite: false });
      const prints = Array.from({ length: blocks }, (_, block) => printOf(blockOf(data, block, blocks)));
      for (let i = 0; i < count; i++) keys[i] += ` ${prints[Math.floor((i * blocks) / count)]}`;
    }
    if (String([...ofA].sort()) !== String([...ofB].sort())) return undefined;
  }
  const places = new Map<string, number[]>();
  for (const [place, key] of ofB.entries()) places.set(key, [...(places.get(key) ?? []), place]);
  const order = ofA.map((key, place) => {
    const free = places.get(key)!;
    const own = free.indexOf(place);
    return free.splice(Math.max(0, own), 1)[0];
  });
  for (const part of parts) if (!(await isInOrder(a, b, part, order, signal))) return undefined;
  return order;
}

const blockOf = (data: Float32Array, block: number, blocks: number): Float32Array =>
  data.subarray((block * data.length) / blocks, ((block + 1) * data.length) / blocks);

/** What has equal prints is compared number by number. */
async function isInOrder(
  a: Model,
  b: Model,
  { name, blocks }: Units['parts'][number],
  order: readonly number[],
  signal?: AbortSignal,
): Promise<boolean> {
  const [x, y] = await Promise.all(
    [a, b].map(({ parameters }) => parameters.get(name)!.read(undefined, undefined, signal, { finite: false })),
  );
  return order.every((to, from) => {
    const [one, other] = [[x, from] as const, [y, to] as const].map(([data, unit]) =>
      blockOf(data, Math.floor((unit * blocks) / order.length), blocks),
    );
    return one.every((value, i) => Object.is(value, other[i]));
  });
}
