import type { Model } from './types.ts';

/** What a layer has, by its parameters' shapes: layers of one model may differ in kind and in size. */
export interface LayerShape {
  /** Heads, the key-value heads that they share, and the dimensions of one head in QK and in VO. */
  readonly attention?: { heads: number; kvHeads: number; qk: number; vo: number };
  /** Neurons (of one expert, where there are experts), and those of the shared expert. */
  readonly feedForward?: { neurons: number; gated: boolean; experts?: number; shared?: number };
  /** A recurrence or convolution, of which the first and the last map are read as directions. */
  readonly recurrent?: true;
}

/** The shape of every layer, [layers]; nothing is read but headers. */
export function layerShapes({ dimensions, parameters }: Pick<Model, 'dimensions' | 'parameters'>): LayerShape[] {
  const experts = new Map<string, number>();
  for (const name of parameters.keys()) {
    const [, layer] = /^layer\.(\d+)\.ff\.\d+\.value$/.exec(name) ?? [];
    if (layer !== undefined) experts.set(layer, (experts.get(layer) ?? 0) + 1);
  }
  return Array.from({ length: dimensions.layers }, (_, n) => {
    const shape = (name: string) => parameters.get(`layer.${n}.${name}`)?.shape;
    const [q, k, v] = ['attn.q', 'attn.k', 'attn.v'].map(shape);
    const count = experts.get(String(n));
    const group = count === undefined ? 'ff' : 'ff.0';
    const [value, shared] = [shape(`${group}.value`), shape('ff.shared.value')];
    return {
      ...(q && k && v && { attention: { heads: q[0], kvHeads: k[0], qk: q[2], vo: v[2] } }),
      ...(value && {
        feedForward: {
          neurons: value[0],
          gated: shape(`${group}.up`) !== undefined,
          ...(count !== undefined && { experts: count }),
          ...(shared && { shared: shared[0] }),
        },
      }),
      ...(shape('recurrent.in') && { recurrent: true as const }),
    };
  });
}

/** Layers that are alike, in the order of their first: [0, 1, 4] of one kind, [2, 3] of another. */
export function alike<T>(values: readonly (T | undefined)[]): { layers: number[]; value: T }[] {
  const groups = new Map<string, { layers: number[]; value: T }>();
  for (const [layer, value] of values.entries()) {
    if (value === undefined) continue;
    const key = JSON.stringify(value);
    const group = groups.get(key) ?? { layers: [], value };
    group.layers.push(layer);
    groups.set(key, group);
  }
  return [...groups.values()];
}
