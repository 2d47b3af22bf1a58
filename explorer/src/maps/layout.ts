import { TSNE, UMAP } from '@saehrimnir/druidjs';

export type Method = 'tsne' | 'umap';

export interface LayoutRequest {
  /** [count, width], row-major. */
  rows: Float32Array;
  width: number;
  method: Method;
  dimensions: 2 | 3;
  seed: number;
}

const STEPS: Record<Method, number> = { tsne: 500, umap: 350 };

/**
 * Lays rows out so that near means alike by cosine: rows are scaled to length 1, whose squared distance is 2 - 2 cos.
 * Gives coordinates [count, dimensions] every few steps, centred and scaled to [-1, 1]; the same seed gives the same
 * map.
 */
export function* layOut(
  { rows, width, method, dimensions, seed }: LayoutRequest,
  every = 25,
): Generator<{ points: Float32Array; done: number }, void, void> {
  const unit = unitRows(rows, width);
  const count = unit.length;
  if (count < 4) {
    yield {
      points: Float32Array.from({ length: count * dimensions }, (_, i) => (i % dimensions === 0 ? i / dimensions : 0)),
      done: 1,
    };
    return;
  }
  const steps = STEPS[method];
  const reduction =
    method === 'tsne'
      ? new TSNE(unit, { d: dimensions, seed, perplexity: Math.max(2, Math.min(20, (count - 1) / 3)), epsilon: 10 })
      : new UMAP(unit, { d: dimensions, seed, n_neighbors: Math.min(12, count - 1), min_dist: 0.3 });
  let step = 0;
  let last: Float64Array[] | number[][] = [];
  for (const points of reduction.generator(steps)) {
    last = points as Float64Array[];
    step++;
    if (step % every === 0 && step < steps) yield { points: framed(last, dimensions), done: step / steps };
  }
  yield { points: framed(last, dimensions), done: 1 };
}

function unitRows(rows: Float32Array, width: number): Float64Array[] {
  return Array.from({ length: rows.length / width }, (_, i) => {
    const row = Float64Array.from(rows.subarray(i * width, (i + 1) * width));
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1;
    return row.map((x) => x / length);
  });
}

/** Centred on the middle of its extent, the widest side from -1 to 1. */
export function framed(points: ArrayLike<ArrayLike<number>>, dimensions: number): Float32Array {
  const out = new Float32Array(points.length * dimensions);
  const low = new Array<number>(dimensions).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(dimensions).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < points.length; i++) {
    for (let c = 0; c < dimensions; c++) {
      low[c] = Math.min(low[c]!, points[i]![c]!);
      high[c] = Math.max(high[c]!, points[i]![c]!);
    }
  }
  const reach = Math.max(...high.map((h, c) => h - low[c]!)) / 2 || 1;
  for (let i = 0; i < points.length; i++) {
    for (let c = 0; c < dimensions; c++) out[i * dimensions + c] = (points[i]![c]! - (low[c]! + high[c]!) / 2) / reach;
  }
  return out;
}

/** fp32, little endian, in base64. */
export function decodeRows(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
}
