import type { Matrix } from '../engine.ts';

/** Rows of each matrix that are looked at. */
const SAMPLE = 512;
/** How far dimensions of e are evened out (1: wholly) at the cost of x, whose rows are rounded to finer steps or as fine ones. */
const SHARE = 0.4;
/** Steps of an octave, so that what is even but for chance is left as it is; octaves at most. */
const STEPS = 4;
const MOST = 10;

/**
 * Factors of dimensions, `x` for the first matrix and `e` for the second, whose products are 1: no score changes, but
 * where some dimensions are large in one matrix (embeddings have such), rounding rows to 8 bits then loses less of the others.
 */
export const balance = (x: Matrix, e: Matrix): { x: Float64Array; e: Float64Array } => {
  const [own, other] = [energies(x), energies(e)];
  const factors = own.map((energy, t) => {
    const octaves = (SHARE / 2) * Math.log2(other[t] / energy);
    // Not a number: nothing in both.
    return 2 ** (Math.max(-MOST, Math.min(MOST, Math.round(STEPS * octaves) / STEPS)) || 0);
  });
  return { x: factors, e: factors.map((factor) => 1 / factor) };
};

/** Mean square of each dimension over rows of norm 1. */
const energies = ({ data, rows, columns: d }: Matrix): Float64Array => {
  const sums = new Float64Array(d);
  for (let i = 0; i < rows; i += Math.ceil(rows / SAMPLE)) {
    let norm = 0;
    for (let t = i * d; t < (i + 1) * d; t++) norm += data[t] * data[t];
    if (!(norm > 0 && norm < Number.POSITIVE_INFINITY)) continue;
    for (let t = 0; t < d; t++) sums[t] += (data[i * d + t] * data[i * d + t]) / norm;
  }
  return sums;
};
