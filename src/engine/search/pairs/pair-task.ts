import type { KernelMemory } from '../../kernels.ts';
import { absolute32, fp32Above, fp32Below, relative32 } from '../bounds.ts';
import { FoundPairs, type PairResult, type PairsWanted } from './selection.ts';

/** Rows of A and of B in one tile of products: 128 KB of fp32, which stays in the second-level cache. */
export const TILE_A = 64;
export const TILE_B = 512;
/** Scratch of a lane: tile, list of entries, bounds, pairs and scores. */
export const PAIR_SCRATCH = TILE_A * TILE_B * (4 + 4 + 8 + 8) + 8 * TILE_A;

/** A block of rows of one operand, in sorted order. */
export interface PairBlock {
  rowsAt: number;
  indexAt: number;
  panelsAt: number;
  start: number;
  rows: number;
  /** Scaled norms of the rows. */
  norms: Float64Array;
}

export interface PairTask {
  a: PairBlock;
  b: PairBlock;
  d: number;
  /** Scaled product = value * scale. */
  scale: number;
  selection: PairsWanted;
  /** Whether pairs below `least` count. */
  counting: boolean;
}

/** Screens one block of A against one of B in fp32 and rescores what may belong to list or count. */
export const pairTask = ({ buffer, kernels }: KernelMemory, scratch: number, task: PairTask): PairResult => {
  const { a, b, d, scale, selection, counting } = task;
  const { low, high, least, after } = selection;
  const tile = scratch;
  const entries = tile + TILE_A * TILE_B * 4;
  const list = entries + TILE_A * TILE_B * 4;
  const scores = list + TILE_A * TILE_B * 8;
  const lows = scores + TILE_A * TILE_B * 8;
  const highs = lows + TILE_A * 4;

  const wanted = (counting ? low : Math.max(low, least)) * scale;
  const unwanted = (after ? Math.min(high, counting ? high : after.value) : high) * scale;
  const lowest = new Float32Array(buffer, lows, TILE_A);
  const highest = new Float32Array(buffer, highs, TILE_A);
  // Between these a pair is surely in the selection and surely not to be listed: counted without its score.
  const surelyIn = new Float32Array(TILE_A);
  const surelyUnlisted = new Float32Array(TILE_A);
  for (let i = 0; i < a.rows; i++) {
    const error = relative32(d) * a.norms[i] * b.norms[0] + absolute32(d);
    lowest[i] = fp32Below(wanted - error);
    highest[i] = fp32Above(unwanted + error);
    surelyIn[i] = fp32Above(low * scale + error);
    surelyUnlisted[i] = fp32Below(Math.min(high, least) * scale - error);
  }
  const [panelsA, panelsB] = [Math.ceil(a.rows / 8), Math.ceil(b.rows / 8)];
  const aAt = a.panelsAt + a.start * d * 4;
  const bAt = b.panelsAt + b.start * d * 4;
  kernels.product32(aAt, panelsA, bAt, panelsB, d, tile, TILE_B);
  const found = kernels.scan(tile, a.rows, panelsB * 8, TILE_B, lows, highs, entries);

  const entry = new Uint32Array(buffer, entries, found);
  const pairs = new Uint32Array(buffer, list, 2 * found);
  const indexA = new Uint32Array(buffer, a.indexAt + a.start * 4, a.rows);
  const indexB = new Uint32Array(buffer, b.indexAt + b.start * 4, b.rows);
  const products = new Float32Array(buffer, tile, TILE_A * TILE_B);
  const result = new FoundPairs();
  let listed = 0;
  for (let p = 0; p < found; p++) {
    const [i, j] = [entry[p] >>> 16, entry[p] & 0xffff];
    if (j >= b.rows) continue;
    const value = products[i * TILE_B + j];
    if (value > surelyIn[i] && value < surelyUnlisted[i]) {
      result.count++;
      continue;
    }
    pairs[2 * listed] = indexA[i];
    pairs[2 * listed++ + 1] = indexB[j];
  }
  result.rescore({ buffer, kernels }, { a: a.rowsAt, b: b.rowsAt, d }, list, listed, scores, selection);
  return result.result();
};
