import { EigenvalueDecomposition, Matrix as MlMatrix, SingularValueDecomposition } from 'ml-matrix';
import type { Matrix } from '../../engine/engine.ts';

/** Row-major fp64: what is done with r x r, r x d and d x d matrices of single heads. */
export interface Dense {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** The same numbers in fp64. */
export function dense({ data, rows, columns }: { data: ArrayLike<number>; rows: number; columns: number }): Dense {
  return { data: Float64Array.from(data), rows, columns };
}

/** Rounded once to fp32, for an engine. */
export function rounded({ data, rows, columns }: Dense, name?: string): Matrix {
  return { data: Float32Array.from(data), rows, columns, name };
}

/** A [n, d] · Bᵀ [m, d] -> [n, m]. */
export function timesTransposed(a: Dense, b: Dense): Dense {
  const [n, m, d] = [a.rows, b.rows, a.columns];
  const [left, right] = [a.data, b.data];
  const data = new Float64Array(n * m);
  // Two rows of each at a time: every number that is read is used twice.
  for (let i = 0; i < n; i += 2) {
    const [p, p2] = [i * d, Math.min(i + 1, n - 1) * d];
    for (let j = 0; j < m; j += 2) {
      const [q, q2] = [j * d, Math.min(j + 1, m - 1) * d];
      let s = 0;
      let t = 0;
      let u = 0;
      let v = 0;
      for (let k = 0; k < d; k++) {
        const x = left[p + k];
        const x2 = left[p2 + k];
        const y = right[q + k];
        const y2 = right[q2 + k];
        s += x * y;
        t += x * y2;
        u += x2 * y;
        v += x2 * y2;
      }
      data[i * m + j] = s;
      if (j + 1 < m) data[i * m + j + 1] = t;
      if (i + 1 < n) data[(i + 1) * m + j] = u;
      if (j + 1 < m && i + 1 < n) data[(i + 1) * m + j + 1] = v;
    }
  }
  return { data, rows: n, columns: m };
}

export function transposed({ data, rows, columns }: Dense): Dense {
  const turned = new Float64Array(data.length);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) turned[j * rows + i] = data[at];
  return { data: turned, rows: columns, columns: rows };
}

/** A · B. */
export const times = (a: Dense, b: Dense): Dense => timesTransposed(a, transposed(b));

/** Aᵀ A [columns, columns]. */
export function gramOf(a: Dense): Dense {
  const turned = transposed(a);
  return timesTransposed(turned, turned);
}

/** A + by · x yᵀ for vectors x [rows] and y [columns]. */
export function plusOuter(a: Dense, by: number, x: ArrayLike<number>, y: ArrayLike<number>): Dense {
  const data = a.data.slice();
  for (let i = 0, at = 0; i < a.rows; i++) for (let j = 0; j < a.columns; j++, at++) data[at] += by * x[i] * y[j];
  return { ...a, data };
}

export const scaled = (a: Dense, by: number): Dense => ({ ...a, data: a.data.map((x) => x * by) });

/** Sum of squares of all entries: the Frobenius norm's square. */
export const squares = ({ data }: Dense): number => data.reduce((sum, x) => sum + x * x, 0);

export function trace({ data, rows, columns }: Dense): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += data[i * columns + i];
  return sum;
}

/** tr(A B) = Σ A_ij B_ji, without the product. */
export function traceOfProduct(a: Dense, b: Dense): number {
  let sum = 0;
  for (let i = 0, at = 0; i < a.rows; i++)
    for (let j = 0; j < a.columns; j++, at++) sum += a.data[at] * b.data[j * b.columns + i];
  return sum;
}

/** M = U diag(s) Vᵀ, s descending; the columns of U and V are the directions. */
export function singular(m: Dense): { u: Dense; s: number[]; v: Dense } {
  const {
    leftSingularVectors: u,
    diagonal: s,
    rightSingularVectors: v,
  } = new SingularValueDecomposition(solver(m), { autoTranspose: true });
  return { u: fromSolver(u), s, v: fromSolver(v) };
}

/**
 * Wᵀ = Q R: an orthonormal basis Q [d, n] of the rows of W [r, d] and R [n, r], n = min(r, d). By Householder's
 * reflections; what ml-matrix does, on rows that lie together in memory.
 */
export function orthonormal(w: Dense): { q: Dense; r: Dense } {
  const { rows: count, columns: d } = w;
  const n = Math.min(count, d);
  const rows = Array.from({ length: count }, (_, i) => w.data.slice(i * d, (i + 1) * d));
  const reflections = Array.from({ length: n }, (_, k) => {
    const v = new Float64Array(d);
    v.set(rows[k].subarray(k), k);
    const length = Math.sqrt(dot(v, v, k)) * (v[k] > 0 ? -1 : 1);
    v[k] -= length;
    const square = dot(v, v, k);
    const reflect = (x: Float64Array): void => {
      const by = square === 0 ? 0 : (2 * dot(v, x, k)) / square;
      for (let i = k; i < d; i++) x[i] -= by * v[i];
    };
    for (let j = k; j < count; j++) reflect(rows[j]);
    return reflect;
  });
  const basis = new Float64Array(n * d);
  for (let j = 0; j < n; j++) {
    const x = basis.subarray(j * d, (j + 1) * d);
    x[j] = 1;
    for (let k = j; k >= 0; k--) reflections[k](x);
  }
  const r = new Float64Array(n * count);
  for (let k = 0; k < n; k++) for (let j = k; j < count; j++) r[k * count + j] = rows[j][k];
  return { q: transposed({ data: basis, rows: n, columns: d }), r: { data: r, rows: n, columns: count } };
}

/** Over the entries from `start` on. */
function dot(x: Float64Array, y: Float64Array, start: number): number {
  let sum = 0;
  for (let i = start; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** A [n, n] with A Aᵀ = G, for a positive semidefinite G; eigenvalues below 0 by rounding count as 0. */
export function root(g: Dense): Dense {
  const { realEigenvalues: values, eigenvectorMatrix } = new EigenvalueDecomposition(solver(g), {
    assumeSymmetric: true,
  });
  const { data, ...shape } = fromSolver(eigenvectorMatrix);
  return { ...shape, data: data.map((x, at) => x * Math.sqrt(Math.max(0, values[at % shape.columns]))) };
}

/** G⁺ of a positive semidefinite G [n, n]: eigenvalues of at most `least` times the largest count as 0. */
export function pseudoInverse(g: Dense, least: number): { inverse: Dense; eigenvalues: number[]; dropped: number } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(solver(g), { assumeSymmetric: true });
  const vectors = fromSolver(eigenvectorMatrix);
  const largest = realEigenvalues.reduce((most, x) => Math.max(most, x), 0);
  const kept = realEigenvalues.map((x) => x > least * largest);
  const factors = realEigenvalues.map((x, i) => (kept[i] ? 1 / x : 0));
  const weighted = { ...vectors, data: vectors.data.map((x, at) => x * factors[at % vectors.columns]) };
  const eigenvalues = realEigenvalues.filter((_, i) => kept[i]).sort((p, q) => q - p);
  return {
    inverse: timesTransposed(weighted, vectors),
    eigenvalues,
    dropped: realEigenvalues.length - eigenvalues.length,
  };
}

const solver = ({ data, rows, columns }: Dense): MlMatrix => MlMatrix.from1DArray(rows, columns, data);

const fromSolver = (m: MlMatrix): Dense => dense({ data: m.to1DArray(), rows: m.rows, columns: m.columns });
