import type { KernelMemory } from '../../kernels.ts';
import { absolute32, fp32Below, relative32 } from '../bounds.ts';
import { BLOCK_A, BLOCK_B, BLOCK_VALUES, largestProduct, readBox, type Screened } from './blocks.ts';
import { mostPairs } from './outlook.ts';
import { FoundPairs, type PairResult, type PairsWanted } from './selection.ts';

/** Blocks of either side that a task walks. */
export const TASK_BLOCKS = 8;

/** A block of a as `screen8` reads it. */
const expandedBytes = (d: number): number => BLOCK_A * mostPairs(d) * 16;

/** Bytes of a lane's scratch: a's expanded blocks, a list of entries, pairs and scores; or a Gram matrix. */
export const screenScratch = (d: number): number =>
  Math.max(
    TASK_BLOCKS * expandedBytes(d) + BLOCK_A * BLOCK_B * (4 + 8 + 8),
    64 * Math.ceil(d / 8) + d * d * 8,
    32 * d + 96,
  );

export interface ScreenPlan {
  a: Screened;
  b: Screened;
  d: number;
  stride: number;
  /** Pairs of dimensions in the screen: rotated ones, and three that bound the rest. */
  pairs: number;
  /** Rotated product = value * scale, up to `defect` norm norm. */
  scale: number;
  defect: number;
}

export interface ScreenTask {
  plan: ScreenPlan;
  selection: PairsWanted;
  /** Whether pairs below `least` count. */
  counting: boolean;
  firstA: number;
  endA: number;
  firstB: number;
  endB: number;
}

/** Screens blocks of A against blocks of B in 8 bits, then in fp32, and rescores what is left. */
export const screenTask = (memory: KernelMemory, scratch: number, task: ScreenTask): PairResult => {
  const { buffer, kernels } = memory;
  const { plan, selection, counting, firstA, endA, firstB, endB } = task;
  const { a, b, d, stride, pairs, scale, defect } = plan;
  const expandedSize = expandedBytes(d);
  const entries = scratch + TASK_BLOCKS * expandedSize;
  const list = entries + BLOCK_A * BLOCK_B * 4;
  const scores = list + BLOCK_A * BLOCK_B * 8;
  const blocksA = new Float64Array(buffer, a.blocksAt, endA * BLOCK_VALUES);
  const blocksB = new Float64Array(buffer, b.blocksAt, endB * BLOCK_VALUES);
  const boxesA = Array.from({ length: endA - firstA }, (_, i) => readBox(blocksA, firstA + i));
  const expanded = boxesA.map(() => false);
  const found = new FoundPairs();
  const wanted = (counting ? selection.low : Math.max(selection.low, selection.least)) * scale;

  // One block of b against all of a: its rows and theirs stay in the second-level cache.
  for (let j = firstB; j < endB; j++) {
    const boxB = readBox(blocksB, j);
    const stepB = blocksB[j * BLOCK_VALUES];
    const rowsB = Math.min(BLOCK_B, b.count - j * BLOCK_B);
    for (let i = firstA; i < endA; i++) {
      const boxA = boxesA[i - firstA];
      // Products of true rotated rows are at least this.
      const exact = wanted - defect * boxA.norm * boxB.norm;
      if (largestProduct(boxA, boxB) < exact) continue;
      const least = Math.floor((exact / (blocksA[i * BLOCK_VALUES] * stepB)) * (1 - 1e-12 * Math.sign(exact)));
      if (least > 32767) continue;
      const wide = scratch + (i - firstA) * expandedSize;
      if (!expanded[i - firstA]) {
        kernels.broadcast8(a.packedAt + i * BLOCK_A * pairs * 2, BLOCK_A, pairs, wide);
        expanded[i - firstA] = true;
      }
      const rowsA = Math.min(BLOCK_A, a.count - i * BLOCK_A);
      const end = kernels.screen8(
        wide,
        4 * Math.ceil(rowsA / 4),
        a.offsetAt + i * BLOCK_A * 2,
        b.packedAt + j * BLOCK_B * pairs * 2,
        2 * Math.ceil(rowsB / 16),
        pairs,
        Math.max(least, -32767),
        entries,
      );
      if (end === entries) continue;
      const [sizeA, sizeB] = [boxA.size, boxB.size];
      const rotated = boxA.error * sizeB + sizeA * boxB.error + boxA.error * boxB.error;
      const error = relative32(d) * sizeA * sizeB + absolute32(d) + rotated;
      const listed = kernels.dots32(
        a.sortedAt + i * BLOCK_A * stride * 4,
        a.orderAt + i * BLOCK_A * 4,
        b.sortedAt + j * BLOCK_B * stride * 4,
        b.orderAt + j * BLOCK_B * 4,
        rowsA,
        rowsB,
        stride,
        entries,
        end,
        fp32Below(exact - error),
        list,
      );
      found.rescore(memory, { a: a.rowsAt, b: b.rowsAt, d }, list, listed, scores, selection);
    }
  }
  return found.result();
};
