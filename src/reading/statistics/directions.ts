import type { Matrix } from '../../engine/engine.ts';
import type { Model } from '../../model/types.ts';
import { maskOf, tokenOf } from '../applied.ts';
import { embedding, rowNorms } from '../embedding.ts';
import { rowsOf } from '../pairs.ts';
import { rankTokens } from '../rank.ts';
import type { ReadOptions, ScoredToken } from '../types.ts';
import { zScore } from './nulls.ts';
import { type HeadSpectrum, type SingularSpan, spanScores } from './spectrum.ts';

export interface DirectionOptions extends Omit<ReadOptions, 'normalize' | 'foldNorm'> {
  /** Tokens listed at each end; default 20. */
  k?: number;
  /** How many directions and spans, from the largest singular value on; default 5. */
  count?: number;
}

/** A token's score, and its z against a random direction (span) of the residual stream: exact. */
export type DirectionToken = ScoredToken & { z: number };

/** One side of a direction or a span. */
export interface DirectionTokens {
  top: DirectionToken[];
  /** Empty for a span: |E_i Qᵀ| has no other end. */
  bottom: DirectionToken[];
}

export interface DirectionReading extends SingularSpan {
  /** The singular values of the span, one or more. */
  values: number[];
  /** What is read (the query). */
  left: DirectionTokens;
  /** What is written (the key). A direction's ends belong together: reading left's top writes right's top. */
  right: DirectionTokens;
}

/** A head's first singular directions as tokens, scores E_i·x; spans of near-equal singular values by |E_i Qᵀ|. */
export async function readDirections(
  model: Model,
  spectrum: HeadSpectrum,
  options: DirectionOptions = {},
): Promise<DirectionReading[]> {
  const { count = 5, k = 20 } = options;
  const e = await embedding(model, options.embedding, options.signal);
  const norms = await rowNorms(model, options.embedding, options.signal);
  const d = e.columns;
  /** |E_i Qᵀ|² / |E_i|² is Beta(m/2, (d - m)/2) for a random span of m dimensions; for one, E_i·x / |E_i| has deviation 1/√d. */
  const zOf = (id: number, score: number, m: number): number => {
    if (m === 1) return (score / norms[id]) * Math.sqrt(d);
    const sd = Math.sqrt((2 * m * (d - m)) / (d * d * (d + 2)));
    return zScore((score / norms[id]) ** 2, { mean: m / d, sd });
  };
  const side = async (all: Matrix, { start, end }: SingularSpan): Promise<DirectionTokens> => {
    const m = end - start;
    const own = rowsOf(
      all,
      Array.from({ length: m }, (_, i) => start + i),
    );
    const tested = (tokens: ScoredToken[]) => tokens.map((token) => ({ ...token, z: zOf(token.id, token.score, m) }));
    if (m > 1) return { top: tested(best(await spanScores(e, own, options))), bottom: [] };
    const { top, bottom } = await rankTokens(model, own, e, undefined, { ...options, k, bottom: k });
    return { top: tested(top), bottom: tested(bottom) };
  };
  const mask = maskOf(model, options.filters, 'tokens');
  const best = (scores: Float64Array): ScoredToken[] =>
    Array.from(scores.keys())
      .filter((id) => !mask || mask[id])
      .sort((i, j) => scores[j] - scores[i] || i - j)
      .slice(0, k)
      .map((id) => ({ ...tokenOf(model, id, options.labels), score: scores[id] }));
  const readings: DirectionReading[] = [];
  for (const span of spectrum.spans.slice(0, count)) {
    readings.push({
      ...span,
      values: spectrum.values.slice(span.start, span.end),
      left: await side(spectrum.left, span),
      right: await side(spectrum.right, span),
    });
  }
  return readings;
}
