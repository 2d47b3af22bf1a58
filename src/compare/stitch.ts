import type { Engine, Matrix } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import type { Model } from '../model/types.ts';
import { stage } from '../reading/applied.ts';
import { norm } from '../reading/embedding.ts';
import { VECTOR_KINDS, type VectorKind } from '../reading/parameters.ts';
import { type Dense, pseudoInverse, rounded, times, transposed } from '../reading/statistics/linear.ts';
import type { EmbeddingName, ReadOptions } from '../reading/types.ts';
import { modelNotes } from './align.ts';
import { layerVectors, operandA, operandB } from './operands.ts';
import { sharedInWords, sharedTokens } from './shared-tokens.ts';
import { embeddingSpace, type Moments, momentsFrom, sumsOf } from './space.ts';

/** What both maps are good for: a vector's way to B and back, and what becomes of its scores. */
export interface Kept {
  /** Mean cosine of a vector with itself, to B's space and back by the same kind of map. */
  roundTrip: number;
  /** Mean correlation of a vector's scores for the shared tokens in A with those of its translation in B. */
  scores: number;
}

/** A sample of A's vectors of one kind, by either map. */
export interface TranslatedKind {
  kind: VectorKind;
  vectors: number;
  tokens: Kept;
  scores: Kept;
}

export interface StitchingMap {
  /** [dB, dA], rounded once to fp32: a vector x of A is matrix · x in B. */
  matrix: Matrix;
  /** Of the table that is inverted: its largest singular value over its smallest that counts. */
  condition: number;
  /** Its directions whose singular value is less than 1e-6 of the largest: they are taken to be none. */
  dropped: number;
}

export type StitchOptions = Pick<ReadOptions, 'engine' | 'signal' | 'progress'> & {
  /** The table that ties both models; default `unembed`. */
  embedding?: EmbeddingName;
  /** Which vectors are tried; default 0. */
  seed?: number;
};

/** Linear maps from A's residual stream to B's. */
export interface Stitching {
  a: string;
  b: string;
  fingerprints: { a: string; b: string };
  embedding: EmbeddingName;
  /** How many tokens both have. */
  size: number;
  /** T = E_B · pinv(E_A). */
  tokens: StitchingMap;
  /** S = pinv(E_Bᵀ) · E_Aᵀ. */
  scores: StitchingMap;
  kinds: TranslatedKind[];
  notes: string[];
}

/** Of the squares of singular values. */
const LEAST = 1e-12;
const VECTORS = 64;

/**
 * The stitching kernel (Dar et al. 2023, section 5.2) over the n tokens that two models share. With E_A [dA, n] and E_B
 * [dB, n], one column a token, as the paper writes them, there are two maps from A's space to B's, for columns x:
 *
 * - T = E_B · pinv(E_A): each token's vector goes as near as can be to the same token's, by least squares. What it does
 *   to a
 *   vector is: write it as a sum of A's tokens, and take B's tokens instead.
 * - S = pinv(E_Bᵀ) · E_Aᵀ: a vector's scores for the tokens, E_Aᵀ x, stay as nearly the same as can be, E_Bᵀ S x. This
 *   is the
 *   paper's use of its kernel, x E_A pinv(E_B) for rows x, and what readings go by: they are scores.
 *
 * S of one direction is the transpose of T of the other, and both are the same rotation where one is all that lies
 * between the models. Pseudo-inverses are (E Eᵀ)⁺ E, in fp64: they equal those by singular values within about 1e-15
 * times the square of the condition, which is said.
 */
export async function stitch(a: Model, b: Model, options: StitchOptions = {}): Promise<Stitching> {
  const { embedding = 'unembed', signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const shared = sharedTokens(a, b);
  const space = await embeddingSpace({ a, b }, embedding, shared, signal);
  const sums = await sumsOf(engine, space, stage(options, 'products of embeddings'));
  const [ofA, ofB] = [inverted(sums.aa), inverted(sums.bb)];
  const [tokens, scores] = [times(transposed(sums.ab), ofA.inverse), times(ofB.inverse, transposed(sums.ab))];
  const maps = { tokens: rounded(tokens, 'T'), scores: rounded(scores, 'S') };
  const back = { tokens: rounded(transposed(scores)), scores: rounded(transposed(tokens)) };
  return {
    a: a.name,
    b: b.name,
    fingerprints: { a: a.fingerprint, b: b.fingerprint },
    embedding,
    size: space.size,
    tokens: { matrix: maps.tokens, condition: ofA.condition, dropped: ofA.dropped },
    scores: { matrix: maps.scores, condition: ofB.condition, dropped: ofB.dropped },
    kinds: await translatedKinds(engine, a, { there: maps, back }, momentsFrom(sums, space.size), options),
    notes: [...sharedInWords(a, b, shared), ...modelNotes(a, b)],
  };
}

function inverted(products: Dense) {
  const { inverse, eigenvalues, dropped } = pseudoInverse(products, LEAST);
  return { inverse, condition: Math.sqrt(eigenvalues[0] / eigenvalues[eigenvalues.length - 1]), dropped };
}

const MAPS = ['tokens', 'scores'] as const;
type Maps = Record<(typeof MAPS)[number], Matrix>;

async function translatedKinds(
  engine: Engine,
  a: Model,
  { there, back }: { there: Maps; back: Maps },
  moments: Moments,
  options: StitchOptions,
): Promise<TranslatedKind[]> {
  const { signal, seed = 0 } = options;
  const run = stage(options, 'round trips');
  const kinds: TranslatedKind[] = [];
  for (const [at, kind] of VECTOR_KINDS.entries()) {
    const found: TranslatedKind = {
      kind,
      vectors: 0,
      tokens: { roundTrip: 0, scores: 0 },
      scores: { roundTrip: 0, scores: 0 },
    };
    for (let layer = 0; layer < a.dimensions.layers; layer++) {
      const sample = await layerVectors(a, layer, { kind, sample: VECTORS, seed }, signal);
      if (!sample) continue;
      const x = sample.vectors;
      const left = (await operandA(engine, x, moments, signal)).rows;
      found.vectors += x.rows;
      for (const map of MAPS) {
        const y = await engine.matmul(x, there[map], { signal });
        const again = await engine.matmul(y, back[map], { signal });
        const right = (await operandB(engine, y, moments, signal)).rows;
        for (let i = 0; i < x.rows; i++) {
          found[map].roundTrip += cosineOf(x, again, i);
          found[map].scores += dotOf(left, right, i);
        }
      }
    }
    for (const map of MAPS) {
      found[map].roundTrip /= found.vectors;
      found[map].scores /= found.vectors;
    }
    if (found.vectors > 0) kinds.push(found);
    run.progress?.((at + 1) / VECTOR_KINDS.length);
  }
  return kinds;
}

const rowOf = ({ data, columns }: Matrix, i: number): Float32Array => data.subarray(i * columns, (i + 1) * columns);

const dotOf = (x: Matrix, y: Matrix, i: number): number => {
  const other = rowOf(y, i);
  return rowOf(x, i).reduce((sum, value, j) => sum + value * other[j], 0);
};

const cosineOf = (x: Matrix, y: Matrix, i: number): number =>
  dotOf(x, y, i) / (norm(rowOf(x, i)) * norm(rowOf(y, i)) || 1);
