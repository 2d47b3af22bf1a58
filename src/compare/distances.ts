import type { RunOptions } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model, Parameter } from '../model/types.ts';

/** How far the parameters of a layer are from each other, all taken as one vector. */
export interface LayerDistance {
  /** Null: what belongs to no layer, the embeddings among it. */
  layer: number | null;
  /** |A - B| / |A|. */
  distance: number;
  /** The cosine of the angle between them. */
  cosine: number;
  /** Parameters that were compared, and how many one model lacks or has in another shape. */
  compared: number;
  left: number;
}

/** Numbers of a parameter that are read at a time. */
const NUMBERS = 1 << 22;

/**
 * Distances layer by layer, of the parameters that both models have in one shape. Numbers that are not finite are left
 * out.
 */
export async function layerDistances(
  a: Model,
  b: Model,
  { signal, progress }: RunOptions = {},
): Promise<LayerDistance[]> {
  const groups = new Map<number | null, { a: Parameter; b: Parameter | undefined }[]>();
  for (const [name, parameter] of a.parameters) {
    const layer = /^layer\.(\d+)\./.exec(name)?.[1];
    const group = layer === undefined ? null : Number(layer);
    // A tied table is one matrix under two names.
    if (name === 'unembed' && String(parameter.tensors) === String(a.parameters.get('embed')?.tensors)) continue;
    const other = b.parameters.get(name);
    groups.set(group, [...(groups.get(group) ?? []), { a: parameter, b: other }]);
  }
  const found: LayerDistance[] = [];
  for (const [layer, pairs] of groups) {
    const same = pairs.filter((pair) => pair.b && String(pair.b.shape) === String(pair.a.shape));
    const sums = { aa: 0, bb: 0, ab: 0, difference: 0 };
    for (const pair of same) await addProducts(sums, pair.a, pair.b!, signal);
    const distance = sums.difference === 0 ? 0 : Math.sqrt(sums.difference / sums.aa);
    const cosine = sums.ab / Math.sqrt(sums.aa * sums.bb);
    if (same.length > 0)
      found.push({ layer, distance, cosine, compared: same.length, left: pairs.length - same.length });
    progress?.(found.length / groups.size);
  }
  return found.sort((p, q) => (p.layer ?? -1) - (q.layer ?? -1));
}

async function addProducts(
  sums: { aa: number; bb: number; ab: number; difference: number },
  a: Parameter,
  b: Parameter,
  signal?: AbortSignal,
): Promise<void> {
  const rows = Math.max(1, Math.floor(NUMBERS / a.width));
  for (let start = 0; start < a.count; start += rows) {
    throwIfAborted(signal);
    const end = Math.min(a.count, start + rows);
    const x = await a.read(start, end, signal, { finite: false });
    const y = await b.read(start, end, signal, { finite: false });
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
      sums.aa += x[i] * x[i];
      sums.bb += y[i] * y[i];
      sums.ab += x[i] * y[i];
      sums.difference += (x[i] - y[i]) ** 2;
    }
  }
}
