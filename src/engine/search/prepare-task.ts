import type { KernelMemory } from '../kernels.ts';
import { BLOCK_VALUES, type Screened } from './screen-task.ts';

/** The steps that bring a factor from stored rows to packed blocks; each runs over a part of the rows. */
export type PrepareTask = { side: Screened; from: number; to: number } & (
  | { step: 'norms'; d: number }
  | { step: 'gram'; d: number; every: number; scale: number; at: number }
  | { step: 'rotate'; d: number; stride: number; matrixAt: number; scale: number; normOfMatrix: number }
  | { step: 'sort'; rows: number; maskAt: number | undefined }
  | { step: 'pack'; d: number; stride: number; pairs: number; first: boolean }
);

export interface Prepared {
  /** norms: the first row that is not finite, or -1, and the largest norm. */
  bad: number;
  largest: number;
  /** sort: how many rows are in the search. */
  count: number;
}

export const prepareTask = (memory: KernelMemory, _scratch: number, task: PrepareTask): Prepared => {
  const result = { bad: -1, largest: 0, count: 0 };
  const { side, from, to } = task;
  switch (task.step) {
    case 'norms':
      return norms(memory, side, from, to, task.d);
    case 'gram': {
      const { d, every, scale, at } = task;
      memory.kernels.gram(side.rowsAt + from * d * 4, to - from, every, d, scale, at, at + 64 * Math.ceil(d / 8));
      return result;
    }
    case 'rotate':
      rotate(memory, side, from, to, task);
      return result;
    case 'sort':
      return { ...result, count: sort(memory, side, task.rows, task.maskAt) };
    case 'pack':
      for (let block = from; block < to; block++) packBlock(memory, side, block, task);
      return result;
  }
};

/** Norms of stored rows, rounded up a little. */
const norms = ({ buffer, kernels }: KernelMemory, side: Screened, from: number, to: number, d: number): Prepared => {
  kernels.norms(side.rowsAt + from * d * 4, to - from, d, side.normAt + from * 8);
  const norm = new Float64Array(buffer, side.normAt, to);
  let [largest, bad] = [0, -1];
  for (let i = from; i < to; i++) {
    norm[i] = Math.sqrt(norm[i]) * (1 + 1e-12);
    if (norm[i] > largest) largest = norm[i];
    if (bad < 0 && !Number.isFinite(norm[i])) bad = i;
  }
  return { bad, largest, count: 0 };
};

/** Rotates rows in fp64, rounds them once to fp32, and bounds what that changed. */
const rotate = (
  { buffer, kernels }: KernelMemory,
  side: Screened,
  from: number,
  to: number,
  { d, stride, matrixAt, scale, normOfMatrix }: Extract<PrepareTask, { step: 'rotate' }>,
): void => {
  const rotated = side.rotatedAt + from * stride * 4;
  kernels.matmul64(side.rowsAt + from * d * 4, to - from, matrixAt, stride / 4, d, rotated, stride);
  kernels.norms(rotated, to - from, stride, side.sizeAt + from * 8);
  const norm = new Float64Array(buffer, side.normAt, to);
  const size = new Float64Array(buffer, side.sizeAt, to);
  const error = new Float64Array(buffer, side.errorAt, to);
  const fp64 = (d + 4) * 2 ** -52 * normOfMatrix;
  for (let i = from; i < to; i++) {
    norm[i] *= scale;
    const stored = Math.sqrt(size[i]) * (1 + 1e-12);
    error[i] = stored * 2 ** -23.99 + norm[i] * fp64 + 2 ** -140;
    size[i] = stored + error[i];
  }
};

/**
 * Row numbers by falling size. A key holds the size in its upper bits and the row in its lower ones, so that a plain
 * numeric sort does it; sizes closer than 2^-30 of the largest may come in any order.
 */
const sort = ({ buffer }: KernelMemory, side: Screened, rows: number, maskAt: number | undefined): number => {
  const size = new Float64Array(buffer, side.sizeAt, rows);
  const mask = maskAt === undefined ? undefined : new Uint8Array(buffer, maskAt, rows);
  let largest = 0;
  for (let i = 0; i < rows; i++) if (size[i] > largest) largest = size[i];
  const bits = Math.ceil(Math.log2(rows + 1));
  const unit = 2 ** bits;
  const steps = 2 ** (52 - bits);
  const keys = new Float64Array(rows);
  let count = 0;
  for (let i = 0; i < rows; i++) {
    if (!mask || mask[i]) keys[count++] = -Math.floor((size[i] / (largest || 1)) * (steps - 1)) * unit + i;
  }
  const sorted = keys.subarray(0, count).sort();
  const order = new Uint32Array(buffer, side.orderAt, count);
  for (let p = 0; p < count; p++) order[p] = ((sorted[p] % unit) + unit) % unit;
  return count;
};

/** Longest packed vectors of a and b: their product stays below 2^15. */
const LONGEST = [155, 200];

const packBlock = (
  { buffer, kernels }: KernelMemory,
  side: Screened,
  block: number,
  { d, stride, pairs, first }: Extract<PrepareTask, { step: 'pack' }>,
): void => {
  const start = block * side.blockRows;
  const rows = Math.min(side.blockRows, side.count - start);
  const prefix = Math.min(d, 2 * pairs - 3);
  const order = new Uint32Array(buffer, side.orderAt + start * 4, rows);
  const rotated = new Float32Array(buffer, side.rotatedAt);
  const [norm, size, error] = [side.normAt, side.sizeAt, side.errorAt].map((at) => new Float64Array(buffer, at));
  let [largest, largestNorm, largestSize, largestError] = [0, 0, 0, 0];
  for (const i of order) {
    for (let t = i * stride; t < i * stride + prefix; t++) {
      const value = Math.abs(rotated[t]);
      if (value > largest) largest = value;
    }
    if (norm[i] > largestNorm) largestNorm = norm[i];
    if (size[i] > largestSize) largestSize = size[i];
    if (error[i] > largestError) largestError = error[i];
  }
  const longest = LONGEST[Number(first)];
  let step = Math.max((largest / (first ? 127 : 63)) * (1 + 1e-9), largestSize / (longest - 12)) || 1;
  const packed = side.packedAt + start * pairs * 2;
  const attempt = (): number =>
    kernels.pack8(
      side.rotatedAt,
      stride,
      side.orderAt + start * 4,
      rows,
      d,
      prefix,
      step,
      side.errorAt,
      Number(first),
      pairs,
      packed,
      side.offsetAt + start * 2,
    );
  while (attempt() > longest ** 2) step *= 1.1;
  const values = new Float64Array(buffer, side.blocksAt + block * BLOCK_VALUES * 8, BLOCK_VALUES);
  values.set([step, largestSize, largestError, largestNorm]);
};
