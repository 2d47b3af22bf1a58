import { largestOf } from '../../check.ts';
import type { Matrix, RunOptions } from '../../engine.ts';
import { matmul } from '../matmul/matmul.ts';
import type { Sessions } from '../session.ts';
import { lostBy } from './pack-task.ts';
import type { Rounding, Sums } from './sums.ts';

/** Roundings of fp32 on the way from whole numbers to sums: 10 of 2^-24, and room. */
const RELATIVE = 7e-7;

/**
 * Per row of e the largest relative error that sums of 16-bit products can have, from what rounding lost
 * (docs/engine.md): with x = x' + r and e = e' + q, a product errs by |r·e + x'·q|, and the sum over rows of x of |r·e|
 * is at most √n |R e| <= √n ‖R‖ |e| (Cauchy and Schwarz), with ‖R‖ the spectral norm of the matrix of all r.
 */
export const bounds16 = async (
  sessions: Sessions,
  x: Matrix,
  sums: Sums & { rounding: Rounding },
  options: RunOptions,
): Promise<Float64Array> => {
  const root = Math.sqrt(x.rows);
  const { residual, nearTies } = lostOf(x, sums.rounding.stepsX);
  const lostNorm = (await spectralNorm(sessions, residual, x, options)) + nearTies;
  const norm = (await spectralNorm(sessions, x.data, x, options)) + lostNorm;
  const { norms, residual: lostE, steps } = sums.rounding;
  return sums.relu.map((relu, row) => {
    // A step of x that fp32 cannot hold loses at most 2^-119 of a product in steps of e.
    const underflow = x.rows * 2 ** -118 * steps[row];
    const most = root * (lostNorm * norms[row] + norm * lostE[row]) * (1 + 1e-9) + underflow;
    if (most === 0) return 0;
    const error = most + RELATIVE * (relu + most);
    return relu > error ? error / (relu - error) : Number.POSITIVE_INFINITY;
  });
};

/**
 * What rounding lost, and a bound of the norm of what it may have been otherwise where a number was half-way between
 * two steps.
 */
const lostOf = (
  { data, rows, columns: d }: Matrix,
  steps: Float64Array,
): { residual: Float32Array; nearTies: number } => {
  const residual = new Float32Array(rows * d);
  let ties = 0;
  for (let i = 0, at = 0; i < rows; i++) {
    const step = steps[i];
    const inverse = step > 0 ? 1 / step : 0;
    for (let t = 0; t < d; t++, at++) {
      const rest = lostBy(data[at] * inverse);
      residual[at] = rest * step;
      if (Math.abs(rest) > 0.4999999) ties += step * step;
    }
  }
  return { residual, nearTies: Math.sqrt(ties) };
};

/**
 * How often the Gram matrix is squared; its largest eigenvalue is then overrated by at most d^(1 / 2^(SQUARINGS + 1)).
 */
const SQUARINGS = 3;
/** Rows whose columns are taken before the next ones, so that they stay in the cache. */
const ROWS_AT_A_TIME = 32;

/** At least the spectral norm of a matrix: the root of the largest eigenvalue of G = AᵀA, from ‖G^8‖_F >= λ^8. */
const spectralNorm = async (
  sessions: Sessions,
  data: Float32Array,
  { rows, columns: d }: Matrix,
  { signal }: RunOptions,
): Promise<number> => {
  const largest = largestOf(data);
  if (largest === 0) return 0;
  const columns = new Float32Array(d * rows);
  for (let from = 0; from < rows; from += ROWS_AT_A_TIME) {
    const to = Math.min(from + ROWS_AT_A_TIME, rows);
    for (let t = 0; t < d; t++) {
      for (let i = from; i < to; i++) columns[t * rows + i] = data[i * d + t] / largest;
    }
  }
  const transposed = { data: columns, rows: d, columns: rows };
  let gram = await matmul(sessions, transposed, transposed, { signal });
  let trace = 0;
  for (let t = 0; t < d; t++) trace += gram.data[t * d + t];
  gram = { ...gram, data: gram.data.map((value) => value / trace) };
  for (let i = 0; i < SQUARINGS; i++) gram = await matmul(sessions, gram, gram, { signal });
  const square = gram.data.reduce((sum, value) => sum + value * value, 0);
  // Rounding to fp32 moves G by 2^-23 of its trace at most, which is at most d of its eigenvalues, and its powers by
  // less.
  const eigenvalue = trace * square ** (1 / 2 ** (SQUARINGS + 1)) * (1 + d * 2 ** -20);
  return largest * Math.sqrt(eigenvalue) * (1 + 2 ** -22);
};
