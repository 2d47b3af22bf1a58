import type { KernelMemory } from '../../kernels.ts';
import type { rotationError } from '../bounds.ts';
import { BLOCK_VALUES, type Screened } from './blocks.ts';
import { screenScratch } from './screen-task.ts';

/** The steps that bring a factor from stored rows to packed blocks; each runs over a part of the rows. */
export type PrepareTask = { side: Screened; from: number; to: number; d: number } & (
  | { step: 'measure'; every: number; which: 0 | 1 }
  | { step: 'rotate'; stride: number; panelsAt: number; scale: number; sign: number; error: RotationError }
  | { step: 'order'; rows: number; maskAt: number | undefined; which: 0 | 1; stride: number; edges: number[] }
  | { step: 'pack'; stride: number; pairs: number; error: RotationError; first: boolean }
);

type RotationError = ReturnType<typeof rotationError>;

/** What the steps tell: `which` says of which factor. */
export interface Prepared {
  which: 0 | 1;
  /** measure: the first row that is not finite, or -1; the largest norm; the Gram matrix of every `every`-th row. */
  bad: number;
  largest: number;
  gram: Float64Array;
  /** order: how many rows are in the search. */
  count: number;
}

const nothing = new Float64Array();

export const prepareTask = (memory: KernelMemory, scratch: number, task: PrepareTask): Prepared => {
  const { side, from, to } = task;
  const result: Prepared = { which: 0, bad: -1, largest: 0, gram: nothing, count: 0 };
  switch (task.step) {
    case 'measure':
      return measure(memory, scratch, task);
    case 'rotate':
      rotate(memory, scratch, task);
      return result;
    case 'order':
      return { ...result, which: task.which, count: order(memory, task) };
    case 'pack':
      for (let block = from; block < to; block++) packBlock(memory, scratch, side, block, task);
      return result;
  }
};

/** Norms of stored rows, rounded up a little, and the part's Gram matrix. */
const measure = (
  { buffer, kernels }: KernelMemory,
  scratch: number,
  { side, from, to, d, every, which }: Extract<PrepareTask, { step: 'measure' }>,
): Prepared => {
  const rows = side.rowsAt + from * d * 4;
  kernels.norms(rows, to - from, d, side.normAt + from * 8);
  const norm = new Float64Array(buffer, side.normAt, to);
  let [largest, bad] = [0, -1];
  for (let i = from; i < to; i++) {
    norm[i] = Math.sqrt(norm[i]) * (1 + 1e-12);
    if (norm[i] > largest) largest = norm[i];
    if (bad < 0 && !Number.isFinite(norm[i])) bad = i;
  }
  const gram = scratch + 64 * Math.ceil(d / 8);
  kernels.gram(rows, to - from, every, d, 1, scratch, gram);
  return { which, bad, largest, gram: new Float64Array(buffer, gram, d * d).slice(), count: 0 };
};

/** Scales and rotates rows in fp32, and bounds what that changed. */
const rotate = (
  { buffer, kernels }: KernelMemory,
  scratch: number,
  { side, from, to, d, stride, panelsAt, scale, sign, error }: Extract<PrepareTask, { step: 'rotate' }>,
): void => {
  // As many rows at a time as the scratch has place for: a number, a factor and the packed row each.
  const most = Math.max(8, Math.min(512, 8 * Math.floor(screenScratch(d) / (32 * d + 96))));
  const factors = scratch + most * 4;
  const panels = factors + most * 8;
  new Uint32Array(buffer, scratch, most).forEach((_, i, numbers) => {
    numbers[i] = i;
  });
  new Float64Array(buffer, factors, most).fill(scale * sign);
  for (let start = from; start < to; start += most) {
    const rows = Math.min(most, to - start);
    kernels.panels32(side.rowsAt + start * d * 4, d, scratch, factors, rows, panels);
    const rotated = side.rotatedAt + start * stride * 4;
    kernels.product32(panels, Math.ceil(rows / 8), panelsAt, stride / 8, d, rotated, stride);
    kernels.norms(rotated, rows, stride, side.sizeAt + start * 8);
  }
  const norm = new Float64Array(buffer, side.normAt, to);
  const size = new Float64Array(buffer, side.sizeAt, to);
  for (let i = from; i < to; i++) {
    norm[i] *= scale;
    size[i] = Math.sqrt(size[i]) * (1 + 1e-12) + norm[i] * error.relative + error.absolute;
  }
};

/** Sizes are sorted by so many upper bits of their fp32: sign, exponent and 9 of the fraction, 1 part in 512. */
const BUCKETS = 2 ** 17;

/**
 * Row numbers by falling size, those closer than 1 part in 512 by number; with edges, first by the sector that the
 * share of the first rotated dimension falls into.
 */
const order = (
  { buffer }: KernelMemory,
  { side, rows, maskAt, stride, edges }: Extract<PrepareTask, { step: 'order' }>,
): number => {
  const exact = new Float64Array(buffer, side.sizeAt, rows);
  const sizes = new Uint32Array(Float32Array.from(exact).buffer);
  const rotated = new Float32Array(buffer, side.rotatedAt);
  const mask = maskAt === undefined ? undefined : new Uint8Array(buffer, maskAt, rows);
  const buckets = new Uint32Array(rows);
  const next = new Uint32Array((edges.length + 1) * BUCKETS + 1);
  for (let i = 0; i < rows; i++) {
    if (mask && !mask[i]) continue;
    let sector = 0;
    while (sector < edges.length && rotated[i * stride] >= edges[sector] * exact[i]) sector++;
    buckets[i] = (sector + 1) * BUCKETS - 1 - (sizes[i] >>> 14);
    next[buckets[i] + 1]++;
  }
  for (let k = 1; k < next.length; k++) next[k] += next[k - 1];
  const sorted = new Uint32Array(buffer, side.orderAt, rows);
  for (let i = 0; i < rows; i++) if (!mask || mask[i]) sorted[next[buckets[i]]++] = i;
  return next[next.length - 1];
};

/** Longest packed vectors of a and b, whose product stays below 2^15, and their largest values. */
const LONGEST = { a: 155, b: 200 };
const MOST = { a: 127, b: 63 };

/** Copies the rows of a block one after the other, finds a step that fits them, and packs them. */
const packBlock = (
  { buffer, kernels }: KernelMemory,
  scratch: number,
  side: Screened,
  block: number,
  { d, stride, pairs, error, first }: Extract<PrepareTask, { step: 'pack' }>,
): void => {
  const start = block * side.blockRows;
  const rows = Math.min(side.blockRows, side.count - start);
  const prefix = Math.min(d, 2 * pairs - 3);
  const order = new Uint32Array(buffer, side.orderAt + start * 4, rows);
  const norm = new Float64Array(buffer, side.normAt);
  const size = new Float64Array(buffer, side.sizeAt);
  const first32 = new Float32Array(buffer, side.rotatedAt);
  let [largestNorm, largestSize, rest2] = [0, 0, 0];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const i of order) {
    if (norm[i] > largestNorm) largestNorm = norm[i];
    if (size[i] > largestSize) largestSize = size[i];
    const value = d > 0 ? first32[i * stride] : 0;
    if (value < low) low = value;
    if (value > high) high = value;
    const inFirst = Math.max(0, Math.abs(value) - norm[i] * error.relative - error.absolute);
    rest2 = Math.max(rest2, size[i] * size[i] - inFirst * inFirst);
  }
  const largestError = largestNorm * error.relative + error.absolute;
  const sorted = side.sortedAt + start * stride * 4;
  kernels.gather32(side.rotatedAt, stride, side.orderAt + start * 4, rows, prefix, sorted, scratch);
  const [largest, tail2] = new Float64Array(buffer, scratch, 2);
  const tail = Math.sqrt(tail2) + largestError;

  const which = first ? 'a' : 'b';
  const [most, longest, tails] = [MOST[which], LONGEST[which], first ? 1.5 : 1 / 1.5];
  // The length of a packed row: 17/16 of the prefix's, and the tail's dimension; some steps are left for rounding.
  const length = Math.sqrt((17 / 16) * largestSize ** 2 + Math.max(0, tails ** 2 - 17 / 16) * tail ** 2);
  let step = Math.max((largest / most) * (1 + 1e-9), (tail * tails) / (most - 1), length / (longest - 12)) || 1;
  const packed = side.packedAt + start * pairs * 2;
  const offsets = side.offsetAt + start * 2;
  const attempt = (): number =>
    kernels.pack8(sorted, stride, rows, d, prefix, step, largestError, Number(first), pairs, packed, offsets);
  while (attempt() > longest ** 2) step *= 1.1;
  const values = new Float64Array(buffer, side.blocksAt + block * BLOCK_VALUES * 8, BLOCK_VALUES);
  const rest = Math.sqrt(rest2) * (1 + 1e-12);
  values.set([step, largestSize, largestError, largestNorm, low - largestError, high + largestError, rest]);
};
