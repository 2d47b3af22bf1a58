import { Matrix as Dense, EigenvalueDecomposition, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';
import type { Matrix } from '../../engine/engine.ts';

/** Small dense matrices in fp64: what is done with r x r and r x d matrices of single heads. */
export { Dense };

/** A row-major array as a matrix [rows, columns], in fp64. */
export function dense({ data, rows, columns }: { data: ArrayLike<number>; rows: number; columns: number }): Dense {
  const m = new Dense(rows, columns);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) m.set(i, j, data[at]);
  return m;
}

/** Rounded once to fp32, for an engine. */
export function rounded(m: Dense, name?: string): Matrix {
  const data = new Float32Array(m.rows * m.columns);
  for (let i = 0, at = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++, at++) data[at] = m.get(i, j);
  return { data, rows: m.rows, columns: m.columns, name };
}

/** A·Bᵀ. */
export const timesTransposed = (a: Dense, b: Dense): Dense => a.mmul(b.transpose());

/** Wᵀ = Q R: an orthonormal basis Q [d, n] of the rows of W [r, d] and R [n, r], n = min(r, d). */
export function orthonormal(w: Dense): { q: Dense; r: Dense } {
  if (w.rows > w.columns) return { q: Dense.eye(w.columns), r: w.transpose() };
  const qr = new QrDecomposition(w.transpose());
  return { q: qr.orthogonalMatrix, r: qr.upperTriangularMatrix };
}

/** Eigenvalues of a square matrix, conjugate pairs included, in no particular order. */
export function eigenvalues(m: Dense): { real: number[]; imaginary: number[] } {
  const { realEigenvalues: real, imaginaryEigenvalues: imaginary } = new EigenvalueDecomposition(m, {
    assumeSymmetric: false,
  });
  return { real, imaginary };
}

/** M = U diag(s) Vᵀ, s descending. */
export function singular(m: Dense): { u: Dense; s: number[]; v: Dense } {
  const {
    leftSingularVectors: u,
    diagonal: s,
    rightSingularVectors: v,
  } = new SingularValueDecomposition(m, {
    autoTranspose: true,
  });
  return { u, s, v };
}

/** Sum of squares of all entries: the Frobenius norm's square. */
export function squares(m: Dense): number {
  let sum = 0;
  for (let i = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++) sum += m.get(i, j) ** 2;
  return sum;
}

/** tr(A B) = Σ A_ij B_ji, without the product. */
export function traceOfProduct(a: Dense, b: Dense): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.columns; j++) sum += a.get(i, j) * b.get(j, i);
  return sum;
}

/** A [n, r] with A Aᵀ = G, for a positive semidefinite G; eigenvalues below 0 by rounding count as 0. */
export function root(g: Dense): Dense {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(g, {
    assumeSymmetric: true,
  });
  return vectors.mulRowVector(values.map((value) => Math.sqrt(Math.max(0, value))));
}
