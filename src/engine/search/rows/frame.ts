import type { Matrix } from '../../engine.ts';

/** Rows of each matrix that are looked at. */
const SAMPLE = 256;
/**
 * How far dimensions of e are evened out (1: wholly) at the cost of x, whose rows are rounded to finer steps or as fine
 * ones.
 */
const SHARE = 0.4;
/** Steps of an octave, so that what is even but for chance is left as it is; octaves at most. */
const STEPS = 4;
const MOST = 10;

/**
 * What rows are rounded to 8 bits in, so that little is lost: factors of dimensions, `x` for the first matrix and `e`
 * for the second, whose products are 1, and a direction (a unit vector, or zeros) along which both are kept in fp32
 * instead. No score changes, but embeddings have a few large dimensions, and a common part: the direction of their
 * mean.
 */
export interface Frame {
  x: Float64Array;
  e: Float64Array;
  direction: Float64Array;
}

/** The frame for scores of rows of x [n, d] and e [V, d], from a sample of either; vectors of d numbers. */
export const frame = (x: Matrix, e: Matrix): Frame => {
  const d = e.columns;
  const [rowsX, rowsE] = [sample(x), sample(e)];
  const mean = new Float64Array(d);
  for (let at = 0; at < rowsE.length; at += d) for (let t = 0; t < d; t++) mean[t] += rowsE[at + t];
  const [own, other] = [energies(rowsX, new Float64Array(d)), energies(rowsE, unit(mean.slice()))];
  const factors = own.map((energy, t) => {
    const octaves = (SHARE / 2) * Math.log2(other[t] / energy);
    // Not a number: nothing in both.
    return 2 ** (Math.max(-MOST, Math.min(MOST, Math.round(STEPS * octaves) / STEPS)) || 0);
  });
  const direction = unit(mean.map((value, t) => value / factors[t]));
  return { x: factors, e: factors.map((factor) => 1 / factor), direction };
};

/** Rows at equal distances, one after the other, of norm 1 (or 0). */
const sample = ({ data, rows, columns: d }: Matrix): Float64Array => {
  const every = Math.max(1, Math.ceil(rows / SAMPLE));
  const values = new Float64Array(Math.ceil(rows / every) * d);
  for (let row = 0, at = 0; row < rows; row += every, at += d) {
    values.set(data.subarray(row * d, (row + 1) * d), at);
    unit(values.subarray(at, at + d));
  }
  return values;
};

/** Brings `v` to norm 1, or 0 where that cannot be. */
const unit = (v: Float64Array): Float64Array => {
  let square = 0;
  for (let t = 0; t < v.length; t++) square += v[t] * v[t];
  const factor = square > 0 && square < Number.POSITIVE_INFINITY ? 1 / Math.sqrt(square) : 0;
  for (let t = 0; t < v.length; t++) v[t] = factor > 0 ? v[t] * factor : 0;
  return v;
};

/** Squares of each dimension, their mean over rows less their part along a direction. */
const energies = (rows: Float64Array, direction: Float64Array): Float64Array => {
  const d = direction.length;
  const sums = new Float64Array(d);
  for (let at = 0; at < rows.length; at += d) {
    let part = 0;
    for (let t = 0; t < d; t++) part += rows[at + t] * direction[t];
    for (let t = 0; t < d; t++) {
      const value = rows[at + t] - part * direction[t];
      sums[t] += value * value;
    }
  }
  return sums.map((sum) => (sum * d) / rows.length);
};
