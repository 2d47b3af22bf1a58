import type { Screened } from './screen-task.ts';

/**
 * Sectors: where sizes alone leave most pairs, rows may still differ in the share of their first rotated dimension, and
 * rows of opposite signs there have small products. Then rows are sorted by that share first, into a few sectors, and by
 * size inside each. Only the order of the walk follows from this.
 */
const SECTORS = 8;
const SAMPLE = 256;
/** The threshold that most of the walk will see, in terms of the first one. */
const RISE = 1.4;

/** Where one sector ends and the next begins, for either side: shares of the first dimension, rising. None: one sector. */
export const sectorEdges = (
  buffer: ArrayBufferLike,
  a: Screened,
  b: Screened,
  stride: number,
  least: number,
): [number[], number[]] => {
  const wanted = least * RISE;
  const [x, y] = [sample(buffer, a, stride), sample(buffer, b, stride)];
  let [bySize, apart] = [0, 0];
  for (const p of x) {
    for (const q of y) {
      if (p.size * q.size < wanted) continue;
      bySize++;
      if (p.first * q.first + p.tail * q.tail >= wanted) apart++;
    }
  }
  const worthwhile = bySize > 0.2 * x.length * y.length && apart < 0.6 * bySize;
  return worthwhile ? [edges(x), edges(y)] : [[], []];
};

interface Row {
  size: number;
  first: number;
  tail: number;
}

const sample = (buffer: ArrayBufferLike, side: Screened, stride: number): Row[] => {
  const order = new Uint32Array(buffer, side.orderAt, side.count);
  const sizes = new Float64Array(buffer, side.sizeAt);
  const rotated = new Float32Array(buffer, side.rotatedAt);
  const rows = Math.min(SAMPLE, side.count);
  return Array.from({ length: rows }, (_, p) => {
    const row = order[Math.floor(((p + 0.5) * side.count) / rows)];
    const [size, first] = [sizes[row], rotated[row * stride]];
    return { size, first, tail: Math.sqrt(Math.max(0, size * size - first * first)) };
  });
};

const edges = (rows: Row[]): number[] => {
  const shares = rows.map(({ first, size }) => first / (size || 1)).sort((p, q) => p - q);
  return Array.from({ length: SECTORS - 1 }, (_, k) => shares[Math.floor(((k + 1) * shares.length) / SECTORS)]);
};
