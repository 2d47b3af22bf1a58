import type { Matrix } from '../../engine.ts';
import { absolute32 } from '../bounds.ts';
import { SKETCH_ROWS } from './sum-task.ts';

/** How many rows of e are compared with fp64 sums. */
const SAMPLE = 64;

/**
 * A matrix g [SKETCH_ROWS, d] whose products tell how large the partial sums of products x·e are. An fp32 sum x·e is
 * rounded at each dimension t, by at most 2^-24 of the partial sum P(i, t) = Σ_{s<=t} x_is e_s of row i. With random
 * signs, the square of Σ_i Σ_t ±P(i, t) is Σ_i Σ_t P(i, t)² in the mean, and it is the product of e and one vector: Σ_i
 * ± x_is Σ_{t>=s} ±. Rows of g have rows of x at random, each in one of them, so that a row of g costs no more than a
 * pass over some of x.
 */
export const partialSumSketch = ({ data, rows, columns: d }: Matrix): Matrix => {
  const sums = new Float64Array(SKETCH_ROWS * d);
  const random = bits(1);
  for (let i = 0, from = 0; i < rows; i++, from += d) {
    const draw = random();
    const sign = draw & 1 ? 1 : -1;
    const to = (draw >>> 8) % SKETCH_ROWS;
    for (let t = 0, at = to * d; t < d; t++, at++) sums[at] += sign * data[from + t];
  }
  for (let row = 0; row < SKETCH_ROWS; row++) {
    let walk = 0;
    for (let t = d - 1; t >= 0; t--) {
      walk += random() & 1 ? 1 : -1;
      sums[row * d + t] *= walk;
    }
  }
  return { data: Float32Array.from(sums), rows: SKETCH_ROWS, columns: d };
};

/** `count` of `rows` rows, any as likely as any other, ascending; the same for the same numbers. */
export const randomRows = (rows: number, count: number): number[] => {
  const random = bits(2);
  const picked = new Set<number>();
  while (picked.size < count) picked.add(random() % rows);
  return [...picked].sort((p, q) => p - q);
};

/** 32 random bits at a time, the same for the same seed (mulberry32). */
const bits = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
};

/**
 * Per row of e 2^-24 (Σ_i Σ_t P(i, t)²)^½, by what a sum over all rows of x strays where the errors of rows are
 * independent: a rounding error is uniform in half a unit either way, 0.42 of that bound in the mean. `absolute` is
 * what underflow may add.
 */
export const deviations32 = (
  sketched: Float64Array,
  { rows, columns: d }: Matrix,
): { deviation: Float64Array; absolute: number } => {
  // The mean of |v| is (2 / π)^½ of the root mean square where v is normal.
  const factor = 2 ** -24 * Math.sqrt((Math.PI / 2) * SKETCH_ROWS);
  return {
    deviation: sketched.map((sum) => (factor * sum) / SKETCH_ROWS),
    absolute: rows * absolute32(d),
  };
};

/** Rows of e that span all shares of a sum by which it may stray: at equal ranks, the largest among them. */
export const sampleRanks = (deviation: Float64Array, sum: Float64Array): number[] => {
  const share = deviation.map((value, row) => value / sum[row]);
  const sorted = share.filter((_, row) => deviation[row] > 0).sort();
  const count = Math.min(SAMPLE, sorted.length);
  const wanted = new Set(
    Array.from({ length: count }, (_, i) => sorted.at(-1 - Math.floor((i * sorted.length) / count))),
  );
  // Of rows that are alike the first one speaks for all.
  const rows: number[] = [];
  for (const [row, value] of share.entries()) if (wanted.delete(value)) rows.push(row);
  return rows;
};
