import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/**
 * The balanced rotation: T and S with a·b = (a T)·(b S) up to `defect` |a| |b|, such that the rotated factors have the
 * same diagonal Gram matrix, its energy in the leading dimensions. Any T would keep the answers; a good one prunes.
 */
export interface Rotation {
  /** [d, d] row-major: rotated a = a T, rotated b = b S. */
  t: Float64Array;
  s: Float64Array;
  /** Bound of the norm of I - T Sᵀ. */
  defect: number;
  /** Frobenius norms. */
  normT: number;
  normS: number;
}

/** From Gram matrices AᵀA and BᵀB [d, d]; without rotation when those are too close to singular for it. */
export const balancedRotation = (gramA: Float64Array, gramB: Float64Array, d: number): Rotation => {
  const lower = cholesky(regularised(gramA, d), d);
  const m = lower && product(transpose(lower, d), product(regularised(gramB, d), lower, d), d);
  if (!lower || !m) return identity(d);
  // AᵀA = L Lᵀ; Lᵀ BᵀB L = U Σ² Uᵀ; T = L⁻ᵀ U Σ^½, S = L U Σ^-½.
  const { values, vectors } = symmetricEigen(m, d);
  const floor = values[0] * 1e-16;
  const roots = values.map((value) => Math.max(value, floor) ** 0.25);
  const t = solveTransposed(lower, vectors, d);
  const s = product(lower, vectors, d);
  for (let i = 0; i < d * d; i++) {
    t[i] *= roots[i % d];
    s[i] /= roots[i % d];
  }
  const [normT, normS] = [frobenius(t), frobenius(s)];
  const residual = product(t, transpose(s, d), d);
  for (let i = 0; i < d; i++) residual[i * d + i] -= 1;
  const defect = frobenius(residual) + normT * normS * (d + 2) * 2 ** -52;
  return defect < 1e-7 ? { t, s, defect, normT, normS } : identity(d);
};

export const identity = (d: number): Rotation => {
  const t = new Float64Array(d * d);
  for (let i = 0; i < d; i++) t[i * d + i] = 1;
  return { t, s: t, defect: 0, normT: Math.sqrt(d), normS: Math.sqrt(d) };
};

const frobenius = (m: Float64Array): number => Math.sqrt(m.reduce((sum, x) => sum + x * x, 0));

const regularised = (gram: Float64Array, d: number): Float64Array => {
  const copy = gram.slice();
  let trace = 0;
  for (let i = 0; i < d; i++) trace += gram[i * d + i];
  for (let i = 0; i < d; i++) copy[i * d + i] += (trace / d) * 1e-9;
  return copy;
};

const transpose = (m: Float64Array, d: number): Float64Array => m.map((_, i) => m[(i % d) * d + Math.floor(i / d)]);

const product = (a: Float64Array, b: Float64Array, d: number): Float64Array => {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < d; k++) {
      const by = a[i * d + k];
      for (let j = 0; j < d; j++) out[i * d + j] += by * b[k * d + j];
    }
  }
  return out;
};

/** Lower triangle L with L Lᵀ = m, or undefined when m is not positive definite. */
const cholesky = (m: Float64Array, d: number): Float64Array | undefined => {
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = m[i * d + j];
      for (let k = 0; k < j; k++) sum -= l[i * d + k] * l[j * d + k];
      if (i === j) {
        if (!(sum > 0) || sum === Number.POSITIVE_INFINITY) return undefined;
        l[i * d + i] = Math.sqrt(sum);
      } else {
        l[i * d + j] = sum / l[j * d + j];
      }
    }
  }
  return l;
};

/** L⁻ᵀ m, by back substitution. */
const solveTransposed = (l: Float64Array, m: Float64Array, d: number): Float64Array => {
  const x = m.slice();
  for (let i = d - 1; i >= 0; i--) {
    for (let k = i + 1; k < d; k++) {
      const by = l[k * d + i];
      for (let j = 0; j < d; j++) x[i * d + j] -= by * x[k * d + j];
    }
    for (let j = 0; j < d; j++) x[i * d + j] /= l[i * d + i];
  }
  return x;
};

/** Eigenvalues (falling) and eigenvectors (columns) of a symmetric matrix. */
const symmetricEigen = (m: Float64Array, d: number): { values: Float64Array; vectors: Float64Array } => {
  const square = Matrix.from1DArray(d, d, m as unknown as number[]);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(square, { assumeSymmetric: true });
  // They come rising.
  const values = Float64Array.from(realEigenvalues).reverse();
  const vectors = Float64Array.from({ length: d * d }, (_, at) =>
    eigenvectorMatrix.get(Math.floor(at / d), d - 1 - (at % d)),
  );
  return { values, vectors };
};
