import type { Engine, Matrix } from '../../engine/engine.ts';
import { throwIfAborted } from '../../errors.ts';
import { norm } from '../embedding.ts';
import type { HeadFactors } from '../factors.ts';
import { gaussian } from './nulls.ts';

/** How many directions are drawn, and how many others around each of them, at angles of 0 to π. */
const DRAWS = 32;
const STEPS = 24;
/** Steps are small near 0, where whether two tokens are hits together depends on their angle most. */
const angleOf = (step: number): number => Math.PI * (step / STEPS) ** 1.5;
const stepOf = (angle: number): number => STEPS * (angle / Math.PI) ** (1 / 1.5);

/**
 * How much more the number N of tokens that are among the k best of their own row of A·Rᵀ·Bᵀ varies, over rotations R
 * of the inner dimensions, than a Poisson variable: variance / mean, for each k of `ranks`, of all tokens that count.
 * Words that are alike come in their own places together or not at all.
 *
 * Under R what a token looks for, R a_i, is uniform, and two tokens look in directions of the angle that a_i and a_j
 * have. So E[N (N - 1)], the sum over i ≠ j of the chance that both are hits, is known without a hit being counted: it
 * is the sum over i ≠ j of the chance that i is among the k best of a direction and j among those of another one at
 * that angle. Pairs of lists are drawn at a few angles, and a pair of tokens counts for the two angles beside its own
 * as linear interpolation has it (the chance is convex where it matters: a little too much). That takes the k best of
 * 800 directions in place of hundreds of counts over the vocabulary; the worst of a direction are the best of its
 * opposite. The mean is k exactly.
 */
export async function clumping(
  engine: Engine,
  { a, b }: HeadFactors,
  ranks: readonly number[],
  { mask, seed = 1, signal }: { mask?: Uint8Array; seed?: number; signal?: AbortSignal } = {},
): Promise<number[]> {
  const k = Math.max(...ranks);
  const found = await engine.topRows(directions(b.columns, seed), b, { k, ends: 'both', mask, signal });
  throwIfAborted(signal);
  const together = ranks.map(() => 0);
  for (const list of [found.top!, found.bottom!]) {
    const listOf = (draw: number, step: number) => {
      const row = draw * (STEPS + 1) + step;
      return list.index.subarray(row * list.k, (row + 1) * list.k);
    };
    for (let draw = 0; draw < DRAWS; draw++) {
      for (let step = 0; step <= STEPS; step++) {
        for (const [p, i] of listOf(draw, 0).entries()) {
          for (const [q, j] of listOf(draw, step).entries()) {
            if (i === j) continue;
            const weight = Math.max(0, 1 - Math.abs(stepOf(between(a, i, j)) - step));
            for (const [at, rank] of ranks.entries()) if (p < rank && q < rank) together[at] += weight;
          }
        }
      }
    }
  }
  return ranks.map((rank, at) => {
    const mean = Math.min(rank, found.top!.k);
    return mean === 0 ? 1 : 1 + together[at] / (2 * DRAWS) / mean - mean;
  });
}

/** For each draw a direction and those at all steps from it, itself the first: [DRAWS x (STEPS + 1), r]. */
function directions(r: number, seed: number): Matrix {
  const rows = DRAWS * (STEPS + 1);
  const data = Float32Array.from(gaussian(rows * r, 3_000_017 + seed));
  for (let row = 0; row < rows; row++) {
    const step = row % (STEPS + 1);
    if (step === 0) continue;
    const [at, first] = [row * r, (row - step) * r];
    const [cos, sin] = [Math.cos(angleOf(step)), Math.sin(angleOf(step))];
    for (let j = 0; j < r; j++) data[at + j] = cos * data[first + j] + sin * data[at + j];
  }
  return { data, rows, columns: r, name: 'pairs of directions' };
}

/** The angle between rows i and j of A; a row of zeros stands at right angles to all. */
function between({ data, columns: r }: Matrix, i: number, j: number): number {
  const [one, two] = [data.subarray(i * r, (i + 1) * r), data.subarray(j * r, (j + 1) * r)];
  let product = 0;
  for (let l = 0; l < r; l++) product += one[l] * two[l];
  const cosine = product / (norm(one) * norm(two) || Number.POSITIVE_INFINITY);
  return Math.acos(Math.max(-1, Math.min(1, cosine)));
}
