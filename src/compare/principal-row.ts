import { seeded } from '../reading/random.ts';
import { singular } from '../reading/statistics/linear.ts';

/** Steps of Lanczos: the first direction is known to rounding where the second is 5 % shorter. */
const STEPS = 30;

/**
 * The first principal direction of the rows, not centred, by Lanczos from a seeded start (Golub and Van Loan 2013,
 * section 10.1, every step made orthogonal to all earlier ones): power iteration would take ten times the rounds.
 */
export function principalRow(ids: readonly number[], row: (id: number) => Float32Array, width: number): Float64Array {
  const uniform = seeded(2);
  const gramTimes = (x: Float64Array): Float64Array => {
    const out = new Float64Array(width);
    for (const id of ids) {
      const own = row(id);
      let along = 0;
      for (let j = 0; j < width; j++) along += own[j] * x[j];
      for (let j = 0; j < width; j++) out[j] += along * own[j];
    }
    return out;
  };
  const basis: Float64Array[] = [];
  const steps = Math.min(STEPS, width);
  const projected = new Float64Array(steps * steps);
  let next: Float64Array = Float64Array.from({ length: width }, () => uniform() - 0.5);
  let first = 0;
  while (basis.length < steps) {
    for (let twice = 0; twice < 2; twice++)
      for (const q of basis) {
        const along = dot(q, next);
        for (let j = 0; j < width; j++) next[j] -= along * q[j];
      }
    const length = Math.sqrt(dot(next, next));
    // What is left is rounding: the directions found hold all there is.
    if (length === 0 || length < 1e-12 * first) break;
    basis.push(next.map((x) => x / length));
    next = gramTimes(basis[basis.length - 1]);
    first ||= Math.sqrt(dot(next, next));
    const last = basis.length - 1;
    for (const [i, q] of basis.entries()) {
      const along = dot(q, next);
      projected[i * steps + last] = along;
      projected[last * steps + i] = along;
    }
  }
  const { u } = singular({ data: projected, rows: steps, columns: steps });
  const x = new Float64Array(width);
  for (const [i, q] of basis.entries()) for (let j = 0; j < width; j++) x[j] += u.data[i * u.columns] * q[j];
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
