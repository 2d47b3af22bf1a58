import { pacer } from '../../engine/pause.ts';
import { throwIfAborted } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { stage } from '../applied.ts';
import { type HeadPart, headCount, headVectors, PARTS, sharedHead } from '../factors.ts';
import { parameter } from '../parameters.ts';
import type { HeadMatrix, ReadOptions } from '../types.ts';
import { eigenvalues } from './eigenvalues.ts';
import {
  type Dense,
  dense,
  gramOf,
  plusOuter,
  root,
  scaled,
  times,
  timesTransposed,
  trace,
  traceOfProduct,
} from './linear.ts';
import { type Against, against, gaussian, type Null, nullOf, permutedSum, type Tested } from './nulls.ts';
import { normalTail, studentTail } from './tails.ts';
import { tokenGram } from './tokens.ts';

export interface CopyingOptions extends ReadOptions {
  /**
   * Take the mean of all tokens out of E first (default): embeddings have a large common part, whose one eigenvalue
   * drowns the others, though a softmax over tokens does not see it. `false`: E as it is, the score as published.
   */
  centre?: boolean;
  /**
   * Random heads and shuffled vocabularies drawn per head; default 16. 0: the copying score stands without its nulls.
   */
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
  const gram = await tokenGram(model, first, second, { normalize: 'none', centre: true, ...options });
  const heads = headCount(model, layer);
  const { from = 0, to = heads, draws = 16, seed = 1 } = options;
  const run = stage(options, `copying of layer ${layer}`);
  const pace = pacer(run);
  /** A head's W [r, d] and C Wᵀ [d, r], made once for the heads that share W. */
  const side = (part: HeadPart, c: Dense) => {
    const shared = parameter(model, `layer.${layer}.attn.${part}`).shape[0];
    let last: { own: number; made: [w: Dense, product: Dense] } | undefined;
    return async (head: number): Promise<[w: Dense, product: Dense]> => {
      const own = sharedHead(head, heads, shared);
      if (last?.own === own) return last.made;
      const w = dense(await headVectors(model, layer, head, part, options));
      last = { own, made: [w, timesTransposed(c, w)] };
      return last.made;
    };
  };
  const [one, two] = [side(first, gram.first), side(second, gram.second)];
  const found: HeadCopying[] = [];
  for (let head = from; head < to; head++) {
    throwIfAborted(options.signal);
    const [w1, gramFirst] = await one(head);
    const [w2, gramSecond] = await two(head);
    const [n, r, d] = [gram.count, w1.rows, w1.columns];
    const reads = gram.first === gram.cross ? gramFirst : timesTransposed(gram.cross, w1); // [d, r]
    const shadow = times(w2, reads); // Bᵀ A
    const values = eigenvalues(shadow);
    const diagonalSum = trace(shadow);

    // A random head of this one's norms and singular values: W₂ with its directions drawn anew.
    const [read, written] = [gramOf(reads), timesTransposed(w2, w2)];
    const turned = { mean: 0, sd: Math.sqrt(traceOfProduct(read, written) / d) };
    // The vocabulary shuffled on one side: Hoeffding's variance needs the centred Gram matrices of A and B alone.
    const [a, meanA] = projected(gramFirst, gram.meanFirst, w1, n);
    const [b, meanB] = projected(gramSecond, gram.meanSecond, w2, n);
    const meanProduct = meanA.reduce((sum, x, i) => sum + x * meanB[i], 0);
    const shuffled = permutedSum(n, n * n * meanProduct, traceOfProduct(a, b));

    const score: Tested = { value: copyingScore(values) };
    if (draws > 0) {
      // W₂ U E₂ᵀE₁ W₁ᵀ for a random U; and Bᵀ Π A for a random permutation Π: n·mean(B)·mean(A)ᵀ and noise of
      // covariance (BᵀB)_c ⊗ (AᵀA)_c / (n - 1), normal as sums over so many tokens are (Hoeffding's combinatorial limit
      // theorem).
      const mixed = noises(scaled(b, 1 / Math.max(1, n - 1)), a, seed + draws);
      const permuted: Drawn = (i) => plusOuter(mixed(i), n, meanB, meanA);
      const pause = () => pace((head - from) / (to - from));
      const { value } = score;
      const byTurning = { mean: 0, sd: Math.sqrt(traceOfProduct(read, written)) };
      score.random = await againstDraws(value, noises(written, read, seed), draws, byTurning, pause);
      score.shuffled = await againstDraws(value, permuted, draws, shuffled, pause);
    }
    const diagonal = diagonalSum / n;
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

/** Up to this deviation a score is as good as normal: its ends, -1 and 1, are five deviations away and more. */
const NEAR_NORMAL = 0.2;
/** Draws are made until so many are as extreme, or so many are made. */
const ENOUGH = 10;
const MOST_DRAWN = 2000;

/** Seeded matrices [r, r] of a null, each by its number. */
type Drawn = (i: number) => Dense;

/**
 * The score beside those of drawn matrices whose trace has this mean and deviation, exactly. Where the mean is 0 so is
 * that of the score (a matrix and its negative are as likely), and a score is a trace over a sum of moduli that hardly
 * varies: its deviation is the trace's, known exactly, by their ratio in the draws, which is known far better from a
 * few than the deviation itself. p is two-sided, normal. Where a few large eigenvalues make the deviation large, the
 * law has no known form (with one of them every score is -1 or 1): p is then the share of draws that are as extreme,
 * of as many as it takes (Besag and Clifford 1991, "Sequential Monte Carlo p-values"). Where the mean is not 0, p is
 * Student's, from the draws alone.
 */
async function againstDraws(
  value: number,
  drawn: Drawn,
  draws: number,
  ofTrace: Null,
  pause: () => Promise<void>,
): Promise<Against> {
  const matrices = Array.from({ length: draws }, (_, i) => drawn(i));
  const scores = matrices.map((m) => copyingScore(eigenvalues(m)));
  const found = nullOf(scores);
  const squared = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x * x, 0);
  const traces = squared(matrices.map(trace));
  if (Math.abs(ofTrace.mean) <= 1e-6 * ofTrace.sd && traces > 0) {
    const sd = ofTrace.sd * Math.sqrt(squared(scores) / traces);
    if (sd <= NEAR_NORMAL) return against(value, found, 2 * normalTail(Math.abs(value) / sd));
    // Scores that are the same but for rounding are as extreme: roots of Gram matrices are known to half the digits.
    const least = Math.abs(value) * (1 - 1e-5);
    let [extreme, n] = [0, 0];
    for (; n < MOST_DRAWN && extreme < ENOUGH; n++) {
      if (n >= draws) await pause();
      if (Math.abs(scores[n] ?? copyingScore(eigenvalues(drawn(n)))) >= least) extreme++;
    }
    return against(value, found, extreme === ENOUGH ? extreme / n : (extreme + 1) / (n + 1));
  }
  const t = draws < 2 ? 0 : against(value, { mean: found.mean, sd: found.sd * Math.sqrt(1 + 1 / draws) }).z;
  return against(value, found, Number.isNaN(t) ? 1 : 2 * studentTail(Math.abs(t), Math.max(1, draws - 1)));
}

/** Σλ / Σ|λ|; 0 where all are 0. */
export function copyingScore({ real, imaginary }: { real: readonly number[]; imaginary: readonly number[] }): number {
  const sum = real.reduce((total, x) => total + x, 0);
  const moduli = real.reduce((total, x, i) => total + Math.hypot(x, imaginary[i]), 0);
  return moduli === 0 ? 0 : sum / moduli;
}

/** W C Wᵀ [r, r] from EᵀE Wᵀ, C = EᵀE - n·mean·meanᵀ: the centred Gram matrix of the factor E Wᵀ; and its mean row. */
function projected(product: Dense, mean: Float64Array, w: Dense, n: number): [Dense, number[]] {
  const row = Array.from(timesTransposed(w, { data: mean, rows: 1, columns: w.columns }).data);
  return [plusOuter(times(w, product), -n, row, row), row];
}

/**
 * Seeded normal matrices [r, r] whose rows vary as `left` and whose columns as `right` says: L Z Rᵀ, LLᵀ = left, RRᵀ =
 * right.
 */
function noises(left: Dense, right: Dense, seed: number): Drawn {
  const [l, r] = [root(left), root(right)];
  return (i) => {
    const z = dense({ data: gaussian(left.rows * right.rows, seed + i), rows: left.rows, columns: right.rows });
    return timesTransposed(times(l, z), r);
  };
}
