import type { Engine, Matrix, RunOptions } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import { scaledRows } from '../embedding.ts';
import { cubed, squared, toFourth, toThreeHalves } from '../powers.ts';
import { sampleIndices, seeded } from '../random.ts';

/** How the scores E x of a vector are spread over the vocabulary. */
export const MOMENTS = ['mean', 'sd', 'skew', 'kurtosis', 'min', 'max'] as const;
export type Moment = (typeof MOMENTS)[number];

/**
 * One number per vector. `sd` divides by the number of tokens; `skew` is m₃ / m₂^1.5; `kurtosis` is m₄ / m₂² - 3, 0 for
 * normal scores; both are 0 where all scores are equal.
 */
export type Moments = Record<Moment, Float64Array>;

export interface MomentOptions extends RunOptions {
  engine?: Engine;
  /** Divides the scores of each token, [V]. */
  divisor?: Float64Array;
  /** One byte per token: 0 leaves it out. */
  mask?: Uint8Array;
  /** So many seeded tokens instead of all: estimates. */
  sample?: number;
}

/** Tokens and vectors multiplied at a time: 32 MB of scores. */
const TOKENS = 4096;
const VECTORS = 2048;

/** Moments of the scores of each row of x [m, d] over the rows of E [V, d], streamed: no more than a block is held. */
export async function scoreMoments(x: Matrix, e: Matrix, options: MomentOptions = {}): Promise<Moments> {
  const { divisor, signal, progress } = options;
  const engine = options.engine ?? (await defaultEngine());
  const tokens = chosenTokens(e.rows, options);
  const n = tokens ? tokens.length : e.rows;
  const sums = Array.from({ length: 4 }, () => new Float64Array(x.rows));
  const shift = new Float64Array(x.rows);
  const [min, max] = [new Float64Array(x.rows).fill(Infinity), new Float64Array(x.rows).fill(-Infinity)];
  for (let from = 0; from < n; from += TOKENS) {
    const to = Math.min(from + TOKENS, n);
    const rows = tokens ? gathered(e, divisor, tokens.slice(from, to)) : scaledRows(e, divisor, from, to);
    for (let start = 0; start < x.rows; start += VECTORS) {
      throwIfAborted(signal);
      const end = Math.min(start + VECTORS, x.rows);
      const part = { ...x, data: x.data.subarray(start * x.columns, end * x.columns), rows: end - start };
      const { data } = await engine.matmul(part, rows, { signal });
      for (let i = start, at = 0; i < end; i++, at += rows.rows) add(i, data.subarray(at, at + rows.rows), from === 0);
      progress?.((from + ((to - from) * end) / x.rows) / n);
    }
  }
  return { ...fromSums(sums, shift, n), min, max };

  /** Sums of powers about the mean of the first block: close enough to the mean that little cancels. */
  function add(i: number, scores: Float32Array, first: boolean): void {
    if (first) shift[i] = scores.reduce((sum, s) => sum + s, 0) / scores.length;
    const by = shift[i];
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let low = min[i];
    let high = max[i];
    for (let j = 0; j < scores.length; j++) {
      const s = scores[j];
      const c = s - by;
      const c2 = c * c;
      s1 += c;
      s2 += c2;
      s3 += c2 * c;
      s4 += c2 * c2;
      if (s < low) low = s;
      if (s > high) high = s;
    }
    sums[0][i] += s1;
    sums[1][i] += s2;
    sums[2][i] += s3;
    sums[3][i] += s4;
    min[i] = low;
    max[i] = high;
  }
}

/** Moments about the mean from sums of powers about `shift`. */
function fromSums(
  sums: Float64Array[],
  shift: Float64Array,
  n: number,
): Pick<Moments, 'mean' | 'sd' | 'skew' | 'kurtosis'> {
  const m = shift.length;
  const [mean, sd, skew, kurtosis] = Array.from({ length: 4 }, () => new Float64Array(m));
  for (let i = 0; i < m; i++) {
    const [a, b, c, d] = sums.map((sum) => sum[i] / n);
    const variance = Math.max(0, b - a * a);
    mean[i] = shift[i] + a;
    sd[i] = Math.sqrt(variance);
    // Where rounding is all there is, there is no shape.
    if (variance <= 1e-13 * (b + squared(shift[i]))) continue;
    skew[i] = (c - 3 * a * b + 2 * cubed(a)) / toThreeHalves(variance);
    kurtosis[i] = (d - 4 * a * c + 6 * a * a * b - 3 * toFourth(a)) / squared(variance) - 3;
  }
  return { mean, sd, skew, kurtosis };
}

/** Ids in the sample, or those that the mask leaves; undefined: all. */
function chosenTokens(rows: number, { mask, sample }: MomentOptions): number[] | undefined {
  if (sample !== undefined && !(Number.isInteger(sample) && sample >= 2)) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`sample\` to be a whole number, 2 or more, got ${sample}.`,
    );
  }
  if (!mask && (sample === undefined || sample >= rows)) return undefined;
  const allowed = Array.from({ length: rows }, (_, i) => i).filter((i) => !mask || mask[i]);
  if (allowed.length === 0) {
    throw new WeightscopeError('ARGUMENT_INVALID', 'Expected the filters to leave a token, they leave none; drop one.');
  }
  return sample === undefined ? allowed : sampleIndices(sample, allowed.length, seeded(1)).map((i) => allowed[i]);
}

function gathered(e: Matrix, divisor: Float64Array | undefined, ids: readonly number[]): Matrix {
  const data = new Float32Array(ids.length * e.columns);
  for (const [i, id] of ids.entries()) data.set(scaledRows(e, divisor, id, id + 1).data, i * e.columns);
  return { data, rows: ids.length, columns: e.columns, name: e.name };
}
