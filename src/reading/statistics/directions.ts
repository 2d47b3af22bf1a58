import type { Matrix } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import type { Model } from '../../model/types.ts';
import { rowsKept, tokenOf } from '../applied.ts';
import { embedding, embeddingOf, rowNorms } from '../embedding.ts';
import { PARTS } from '../factors.ts';
import { rowsOf } from '../pairs.ts';
import type { VectorKind } from '../parameters.ts';
import { squared } from '../powers.ts';
import type { EmbeddingName, ReadOptions, ScoredToken } from '../types.ts';
import { zScore } from './nulls.ts';
import { allSpanScores, type HeadSpectrum, type SingularSpan, stacked } from './spectrum.ts';
import { spanNull, spanTail } from './tails.ts';

export interface DirectionOptions extends Omit<ReadOptions, 'normalize' | 'foldNorm'> {
  /** Tokens listed at each end; default 20. */
  k?: number;
  /** How many directions and spans, from the largest singular value on; default 5. */
  count?: number;
}

/**
 * A token's score, its z and its p (of as large a |score|) against a random direction (span) of the residual stream:
 * exact.
 */
export type DirectionToken = ScoredToken & { z: number; p: number };

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
  const [readings] = await readAllDirections(model, [spectrum], options);
  return readings;
}

/** {@link readDirections} of several heads: one search of the vocabulary for all of them. */
export async function readAllDirections(
  model: Model,
  spectra: readonly HeadSpectrum[],
  options: DirectionOptions = {},
): Promise<DirectionReading[][]> {
  const { count = 5 } = options;
  const readings = spectra.map((spectrum) =>
    spectrum.spans.slice(0, count).map((span) => {
      const values = spectrum.values.slice(span.start, span.end);
      const nothing = (): DirectionTokens => ({ top: [], bottom: [] });
      return { spectrum, reading: { ...span, values, left: nothing(), right: nothing() } };
    }),
  );
  const sides = readings.flat().flatMap(({ spectrum, reading }) =>
    (['left', 'right'] as const).map((side): DirectionSet => {
      const { start, end } = reading;
      const rows = Array.from({ length: end - start }, (_, i) => start + i);
      const kind = `attn.${PARTS[spectrum.matrix][side === 'left' ? 'first' : 'second']}` as const;
      return { of: rowsOf(spectrum[side], rows), into: reading[side], kind };
    }),
  );
  for (const which of ['unembed', 'embed'] as const) {
    const own = sides.filter(({ kind }) => embeddingOf(kind, options.embedding) === which);
    if (own.length > 0) await readSides(model, which, own, options);
  }
  return readings.map((all) => all.map(({ reading }) => reading));
}

/** Directions [n, d] of one side of a head, and where their tokens go. */
interface DirectionSet {
  of: Matrix;
  into: DirectionTokens;
  kind: VectorKind;
}

/** All sides that stand against one table. */
async function readSides(
  model: Model,
  which: EmbeddingName,
  sides: readonly DirectionSet[],
  options: DirectionOptions,
): Promise<void> {
  const { k = 20, signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const [e, norms] = [await embedding(model, which, signal), await rowNorms(model, which, signal)];
  const mask = await rowsKept(model, sides[0].kind, 'tokens', options);
  const tested = (m: number, ids: ArrayLike<number>, scores: ArrayLike<number>): DirectionToken[] =>
    Array.from(ids, (id, i) => {
      const z = directionZ(scores[i] / norms[id], m, e.columns);
      return { ...tokenOf(model, id, options.labels), score: scores[i], z, p: spanTail(z, m, e.columns) };
    });
  const single = sides.filter(({ of }) => of.rows === 1);
  if (single.length > 0) {
    const found = await engine.topRows(stacked(single.map(({ of }) => of)), e, { k, ends: 'both', mask, signal });
    for (const [i, { into }] of single.entries()) {
      for (const end of ['top', 'bottom'] as const) {
        const { k: length, index, score } = found[end]!;
        const [from, to] = [i * length, (i + 1) * length];
        into[end] = tested(1, index.subarray(from, to), score.subarray(from, to));
      }
    }
  }
  const several = sides.filter(({ of }) => of.rows > 1);
  const matrices = several.map(({ of }) => of);
  const scores = await allSpanScores(e, matrices, { engine, signal });
  for (const [i, { of, into }] of several.entries()) {
    const best = bestIds(scores[i], k, mask);
    const found = best.map((id) => scores[i][id]);
    into.top = tested(of.rows, best, found);
  }
}

/**
 * |E_i Qᵀ|² / |E_i|² is Beta(m/2, (d - m)/2) for a random span of m dimensions; for one, E_i·x / |E_i| has deviation
 * 1/√d.
 */
function directionZ(share: number, m: number, d: number): number {
  if (m === 1) return share * Math.sqrt(d);
  return zScore(squared(share), spanNull(m, d));
}

/** The ids of the k largest scores, largest first, ties by id. */
function bestIds(scores: Float64Array, k: number, mask: Uint8Array | undefined): number[] {
  const best: number[] = [];
  for (let id = 0; id < scores.length; id++) {
    if (mask && !mask[id]) continue;
    let at = best.length;
    while (at > 0 && scores[id] > scores[best[at - 1]]) at--;
    if (at === k) continue;
    best.splice(at, 0, id);
    if (best.length > k) best.pop();
  }
  return best;
}
