import type { Engine, Matrix, RunOptions } from '../engine/engine.ts';
import type { Dense } from '../reading/statistics/linear.ts';

/**
 * a [n, d] · bᵀ [m, d] in fp64, by an engine whose own products are rounded to fp32: the first product is taken off
 * again by m more columns, and what is left is the rounding, which is added back. Within 2^-47 of each number's size,
 * beside what the order of summation costs.
 */
export async function preciseProduct(engine: Engine, a: Matrix, b: Matrix, options: RunOptions = {}): Promise<Dense> {
  const run = { signal: options.signal };
  const high = await engine.matmul(a, b, run);
  const [n, m, d] = [a.rows, b.rows, a.columns];
  const columns = d + m;
  const [left, right] = [new Float32Array(n * columns), new Float32Array(m * columns)];
  for (let i = 0; i < n; i++) {
    left.set(a.data.subarray(i * d, (i + 1) * d), i * columns);
    left.set(high.data.subarray(i * m, (i + 1) * m), i * columns + d);
  }
  for (let j = 0; j < m; j++) {
    right.set(b.data.subarray(j * d, (j + 1) * d), j * columns);
    right[j * columns + d + j] = -1;
  }
  const whole = (data: Float32Array, rows: number, name?: string): Matrix => ({ data, rows, columns, name });
  const low = await engine.matmul(whole(left, n, a.name), whole(right, m, b.name), run);
  return { data: Float64Array.from(high.data, (x, i) => x + low.data[i]), rows: n, columns: m };
}
