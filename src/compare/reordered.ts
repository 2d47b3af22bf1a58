import type { Model, Parameter } from '../model/types.ts';
import type { ParameterChange } from './changes.ts';
import { printOf } from './print.ts';

/** A feed-forward layer whose neurons are the same in both models, in another order: it does the same. */
export interface Reordered {
  /** `layer.3.ff`. */
  readonly layer: string;
  /** Neurons that stand elsewhere. */
  readonly moved: number;
  readonly neurons: number;
  /** The parameters that are the same but for the order. */
  readonly parameters: readonly string[];
}

/** Unrelated rows differ by more than either is long; what differs by less is no other order. */
const UNRELATED = 0.3;
const MOST_HELD = 1 << 26;

/** Finds the layers whose neurons stand in another order, where every one is found again to the bit. */
export async function reorderedNeurons(
  a: Model,
  b: Model,
  changes: readonly ParameterChange[],
  signal?: AbortSignal,
): Promise<Reordered[]> {
  const found: Reordered[] = [];
  for (const { name, relative, count, width } of changes) {
    const layer = /^(.*\bff(?:\.\d+|\.shared)?)\.key$/.exec(name)?.[1];
    if (layer === undefined || relative < UNRELATED || count * width > MOST_HELD) continue;
    const order = await orderOf(a.parameters.get(name)!, b.parameters.get(name)!, signal);
    if (!order) continue;
    const parts = ['key', 'up', 'value'].map((part) => `${layer}.${part}`).filter((part) => a.parameters.has(part));
    const same: string[] = [];
    for (const part of parts)
      if (await isInOrder(a.parameters.get(part)!, b.parameters.get(part), order, signal)) same.push(part);
    if (same.length < parts.length) continue;
    found.push({ layer, moved: order.filter((to, from) => to !== from).length, neurons: count, parameters: same });
  }
  return found;
}

/** Where every row of A is in B; undefined where one is not. */
async function orderOf(a: Parameter, b: Parameter, signal?: AbortSignal): Promise<number[] | undefined> {
  const hashes = async (of: Parameter): Promise<string[]> => {
    const data = await of.read(0, of.count, signal, { finite: false });
    return Array.from({ length: of.count }, (_, row) => printOf(data.subarray(row * of.width, (row + 1) * of.width)));
  };
  const places = new Map<string, number[]>();
  for (const [row, key] of (await hashes(b)).entries()) places.set(key, [...(places.get(key) ?? []), row]);
  const order: number[] = [];
  for (const [row, key] of (await hashes(a)).entries()) {
    const free = places.get(key);
    if (!free || free.length === 0) return undefined;
    const own = free.indexOf(row);
    order.push(free.splice(own < 0 ? 0 : own, 1)[0]);
  }
  return order;
}

async function isInOrder(a: Parameter, b: Parameter | undefined, order: readonly number[], signal?: AbortSignal) {
  if (!b || a.count !== b.count || a.width !== b.width) return false;
  const [x, y] = await Promise.all([a, b].map((of) => of.read(0, of.count, signal, { finite: false })));
  return order.every((to, from) => {
    for (let i = 0; i < a.width; i++) if (!Object.is(x[from * a.width + i], y[to * a.width + i])) return false;
    return true;
  });
}
