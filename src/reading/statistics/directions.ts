import { defaultEngine } from '../../engine/select.ts';
import type { Model } from '../../model/types.ts';
import { maskOf, tokenOf } from '../applied.ts';
import { embedding, oneTable, rowNorms } from '../embedding.ts';
import { rowsOf } from '../pairs.ts';
import type { ReadOptions, ScoredToken } from '../types.ts';
import { zScore } from './nulls.ts';
import { allSpanScores, type HeadSpectrum, type SingularSpan, stacked } from './spectrum.ts';
import { spanNull, spanTail } from './tails.ts';

export interface DirectionOptions extends Omit<ReadOptions, 'normalize' | 'foldNorm'> {
  /** Tokens listed at each end; default 20. */
  k?: number;
  /** How many directions and spans, from the largest singular value on; default 5. */
  count?: number;
}

/** A token's score, its z and its p (of as large a |score|) against a random direction (span) of the residual stream: exact. */
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
  const { count = 5, k = 20, signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const which = oneTable(options.embedding, 'singular directions');
  const e = await embedding(model, which, signal);
  const norms = await rowNorms(model, which, signal);
  const mask = maskOf(model, options.filters, 'tokens');
  const readings = spectra.map((spectrum) =>
    spectrum.spans.slice(0, count).map((span) => {
      const values = spectrum.values.slice(span.start, span.end);
      const nothing = (): DirectionTokens => ({ top: [], bottom: [] });
      return { spectrum, reading: { ...span, values, left: nothing(), right: nothing() } };
    }),
  );
  const sides = readings.flat().flatMap(({ spectrum, reading }) =>
    (['left', 'right'] as const).map((side) => {
      const { start, end } = reading;
      const rows = Array.from({ length: end - start }, (_, i) => start + i);
      return { of: rowsOf(spectrum[side], rows), into: reading[side] };
    }),
  );
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
  const scores = await allSpanScores(
    e,
    several.map(({ of }) => of),
    { engine, signal },
  );
  for (const [i, { of, into }] of several.entries()) {
    const best = bestIds(scores[i], k, mask);
    into.top = tested(
      of.rows,
      best,
      best.map((id) => scores[i][id]),
    );
  }
  return readings.map((all) => all.map(({ reading }) => reading));
}

/** |E_i Qᵀ|² / |E_i|² is Beta(m/2, (d - m)/2) for a random span of m dimensions; for one, E_i·x / |E_i| has deviation 1/√d. */
function directionZ(share: number, m: number, d: number): number {
  if (m === 1) return share * Math.sqrt(d);
  return zScore(share ** 2, spanNull(m, d));
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
