import type { RunOptions } from '../../engine/engine.ts';
import { pacer } from '../../engine/pause.ts';
import { seeded } from '../random.ts';

/**
 * A graph of near tokens: `neighbour[i * k + j]` is the j-th nearest of token i; a token's own number stands for none.
 */
export interface Neighbours {
  k: number;
  index: Uint32Array;
}

const EPOCHS = 80;
/** Tokens pushed away for each neighbour that is drawn near. */
const PUSHED = 4;
/** UMAP's curve 1 / (1 + a r^2b) for a smallest distance of 0.1 (McInnes, Healy and Melville 2018, section 3.2). */
const [A, B] = [1.577, 0.895];
const CLIP = 4;

/**
 * Moves points [n, 2] so that near tokens are near each other: UMAP's descent with equal weights for all neighbours.
 * Seeded, so that one model has one map. The result lies in [-1, 1].
 */
export async function layOut(
  start: Float32Array,
  { k, index }: Neighbours,
  run: RunOptions = {},
): Promise<Float32Array> {
  const n = start.length / 2;
  const points = Float64Array.from(spread(start), (value) => value * 10);
  const random = seeded(2);
  const pause = pacer(run);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = 1 - epoch / EPOCHS;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < k; j++) {
        const other = index[i * k + j];
        if (other === i || other >= n) continue;
        pull(points, i, other, rate);
        for (let s = 0; s < PUSHED; s++) push(points, i, Math.floor(random() * n), rate);
      }
      if (i % 512 === 0) await pause((epoch + i / n) / EPOCHS);
    }
  }
  return spread(points);
}

function pull(points: Float64Array, i: number, j: number, rate: number): void {
  const [x, y] = [points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]];
  const square = x * x + y * y;
  if (square === 0) return;
  const factor = (-2 * A * B * square ** (B - 1)) / (1 + A * square ** B);
  const [dx, dy] = [clipped(factor * x) * rate, clipped(factor * y) * rate];
  points[2 * i] += dx;
  points[2 * i + 1] += dy;
  points[2 * j] -= dx;
  points[2 * j + 1] -= dy;
}

function push(points: Float64Array, i: number, j: number, rate: number): void {
  if (i === j) return;
  const [x, y] = [points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]];
  const square = x * x + y * y;
  const factor = (2 * B) / ((0.001 + square) * (1 + A * square ** B));
  points[2 * i] += clipped(factor * x) * rate;
  points[2 * i + 1] += clipped(factor * y) * rate;
}

const clipped = (value: number): number => Math.max(-CLIP, Math.min(CLIP, value));

/**
 * Centred, and scaled so that the 1st and 99th hundredth of either axis fit; what lies further out is kept at the edge.
 */
function spread(points: ArrayLike<number>): Float32Array {
  const n = points.length / 2;
  const result = new Float32Array(points.length);
  let scale = 0;
  const middles: number[] = [];
  for (const axis of [0, 1]) {
    const sorted = Float64Array.from({ length: n }, (_, i) => points[2 * i + axis]).sort();
    const at = (share: number): number => sorted[Math.round(share * (n - 1))] ?? 0;
    middles.push((at(0.01) + at(0.99)) / 2);
    scale = Math.max(scale, (at(0.99) - at(0.01)) / 2);
  }
  for (let i = 0; i < points.length; i++) {
    const value = (points[i] - middles[i % 2]) / (1.05 * (scale || 1));
    result[i] = Math.max(-1, Math.min(1, value));
  }
  return result;
}
