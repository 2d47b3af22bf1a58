import { throwIfAborted } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { stage } from '../applied.ts';
import { headVectors, PARTS } from '../factors.ts';
import { parameter } from '../parameters.ts';
import type { HeadMatrix, ReadOptions } from '../types.ts';
import { Dense, dense, eigenvalues, orthonormal, root, timesTransposed, traceOfProduct } from './linear.ts';
import { against, gaussian, nullOf, permutedSum, type Tested } from './nulls.ts';
import { tokenGram } from './tokens.ts';

export interface CopyingOptions extends ReadOptions {
  /** Random heads and shuffled vocabularies drawn per head; default 16. 0: the copying score stands without its nulls. */
  draws?: number;
  seed?: number;
  /** Heads [from, to) of the layer; default all. */
  from?: number;
  to?: number;
}

/** How much of a head's V x V matrix M maps tokens to themselves, from its r x r shadow Bᵀ A. */
export interface HeadCopying {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  /** Σλ / Σ|λ| over the eigenvalues of M, from -1 to 1 (Elhage et al. 2021); both nulls are drawn. */
  score: Tested;
  /** Mean diagonal entry of M, tr M / V; both nulls are exact. */
  diagonal: Tested;
  /** The r eigenvalues of M that can differ from 0, by descending modulus. */
  eigenvalues: { real: number; imaginary: number }[];
}

/**
 * Copying of a layer's heads by the eigenvalues of their V x V matrices (`vo`: Elhage et al. 2021, "Summarizing OV/QK
 * matrices"; `qk`: whether tokens look for themselves). Nothing of size V is built per head: eig(A Bᵀ) = eig(Bᵀ A) and
 * Bᵀ A = W₂ (E₂ᵀ E₁) W₁ᵀ. Nulls: heads whose second matrix is turned at random (its singular values kept), and E's
 * rows shuffled on one side. `normalize` defaults to `none`. Throws `OUT_OF_RANGE`.
 */
export async function headCopying(
  model: Model,
  layer: number,
  matrix: HeadMatrix,
  options: CopyingOptions = {},
): Promise<HeadCopying[]> {
  const { first, second } = PARTS[matrix];
  const gram = await tokenGram(model, first, second, { normalize: 'none', ...options });
  const heads = parameter(model, `layer.${layer}.attn.q`).shape[0];
  const { from = 0, to = heads, draws = 16, seed = 1 } = options;
  const run = stage(options, `copying of layer ${layer}`);
  const found: HeadCopying[] = [];
  for (let head = from; head < to; head++) {
    throwIfAborted(options.signal);
    const w1 = dense(await headVectors(model, layer, head, first, options));
    const w2 = dense(await headVectors(model, layer, head, second, options));
    const [n, r, d] = [gram.count, w1.rows, w1.columns];
    const reads = timesTransposed(gram.cross, w1); // [d, r]
    const shadow = w2.mmul(reads); // Bᵀ A
    const values = eigenvalues(shadow);
    const trace = shadow.trace();

    // A random head of this one's norms and singular values: W₂ with its directions drawn anew.
    const inner = orthonormal(w2).r.transpose(); // W₂ = inner · Qᵀ
    const turned = {
      mean: 0,
      sd: Math.sqrt(traceOfProduct(reads.transpose().mmul(reads), timesTransposed(w2, w2)) / d),
    };
    // The vocabulary shuffled on one side: Hoeffding's variance needs the centred Gram matrices of A and B alone.
    const [a, meanA] = projected(gram.first, gram.meanFirst, w1, n);
    const [b, meanB] = projected(gram.second, gram.meanSecond, w2, n);
    const meanProduct = meanA.reduce((sum, x, i) => sum + x * meanB[i], 0);
    const shuffled = permutedSum(n, n * n * meanProduct, traceOfProduct(a, b));

    const score: Tested = { value: copyingScore(values) };
    if (draws > 0) {
      const random = Array.from({ length: draws }, (_, i) => {
        const frame = dense({ data: gaussian(inner.columns * d, seed + i), rows: inner.columns, columns: d });
        return copyingScore(eigenvalues(inner.mmul(frame.mmul(reads))));
      });
      const mixed = shuffledShadows(a, b, meanA, meanB, n, draws, seed).map((m) => copyingScore(eigenvalues(m)));
      score.random = against(score.value, nullOf(random));
      score.shuffled = against(score.value, nullOf(mixed));
    }
    const diagonal = trace / n;
    const perToken = ({ mean, sd }: { mean: number; sd: number }) => ({ mean: mean / n, sd: sd / n });
    found.push({
      layer,
      head,
      matrix,
      score,
      diagonal: {
        value: diagonal,
        random: against(diagonal, perToken(turned)),
        shuffled: against(diagonal, perToken(shuffled)),
      },
      eigenvalues: Array.from({ length: r }, (_, i) => ({ real: values.real[i], imaginary: values.imaginary[i] })).sort(
        (p, q) => Math.hypot(q.real, q.imaginary) - Math.hypot(p.real, p.imaginary),
      ),
    });
    run.progress?.((head + 1 - from) / (to - from));
  }
  return found;
}

/** Σλ / Σ|λ|; 0 where all are 0. */
export function copyingScore({ real, imaginary }: { real: readonly number[]; imaginary: readonly number[] }): number {
  const sum = real.reduce((total, x) => total + x, 0);
  const moduli = real.reduce((total, x, i) => total + Math.hypot(x, imaginary[i]), 0);
  return moduli === 0 ? 0 : sum / moduli;
}

/** W C Wᵀ [r, r] with C = EᵀE - n·mean·meanᵀ, the centred Gram matrix of the factor E Wᵀ; and the factor's mean row. */
function projected(gram: Dense, mean: Float64Array, w: Dense, n: number): [Dense, number[]] {
  const product = w.mmul(timesTransposed(gram, w));
  const row = w.mmul(Dense.columnVector(mean)).to1DArray();
  for (let i = 0; i < w.rows; i++)
    for (let j = 0; j < w.rows; j++) product.set(i, j, product.get(i, j) - n * row[i] * row[j]);
  return [product, row];
}

/**
 * Bᵀ Π A for random permutations Π: n·mean(B)·mean(A)ᵀ plus noise of covariance (BᵀB)_c ⊗ (AᵀA)_c / (n - 1), exactly;
 * drawn as normal, which sums over so many tokens are (Hoeffding's combinatorial central limit theorem).
 */
function shuffledShadows(
  a: Dense,
  b: Dense,
  meanA: number[],
  meanB: number[],
  n: number,
  draws: number,
  seed: number,
): Dense[] {
  const r = a.rows;
  const [rootA, rootB] = [root(a), root(b)];
  const fixed = Dense.columnVector(meanB).mmul(Dense.rowVector(meanA)).mul(n);
  return Array.from({ length: draws }, (_, i) => {
    const noise = dense({ data: gaussian(r * r, seed + 1000 + i), rows: r, columns: r });
    return timesTransposed(rootB.mmul(noise), rootA)
      .mul(1 / Math.sqrt(Math.max(1, n - 1)))
      .add(fixed);
  });
}
