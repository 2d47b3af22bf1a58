import type { Matrix, Ranked } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import type { Model } from '../model/types.ts';
import { rowsKept, stage, tokenOf } from './applied.ts';
import { chanceOf } from './chance.ts';
import { embedding, embeddingOf, norm, rowNorms } from './embedding.ts';
import { normaliser } from './normalisers.ts';
import type { VectorKind } from './parameters.ts';
import { previewOf, withMargins } from './preview.ts';
import type { Normalize, RankedTokens, ReadOptions, ScoredToken } from './types.ts';

export interface RankOptions extends ReadOptions {
  /** How many of the best tokens; default 50. */
  k?: number;
  /** How many of the worst; default 0. */
  bottom?: number;
  /** Says of the first and the lowest score what chance gives ({@link Chance}), listed or not. Default false. */
  chance?: boolean;
  /** Scores ranked along with the tokens', as they are; labelled `[val0]`, `[val1]` … with ids from V on. */
  extraValues?: readonly number[];
}

/** How one vector is scored: `kind` for `freq`; `side`, where it has no kind, for the E that it stands against. */
export interface HowScored {
  normalize: Normalize;
  kind?: VectorKind;
  side?: VectorKind;
}

/** What dot products are divided by: `f` as it was made, for {@link appliedOf}; `divisor` [V] for the engine. */
export interface Divisor {
  f?: Float64Array;
  divisor?: Float64Array;
}

/** freq: f of the kind; cosine: |E_i| |x|; none: nothing. Vectors of length 0 score 0. */
export async function divisorOf(
  model: Model,
  x: Float32Array,
  { normalize, kind, side = kind }: HowScored,
  options: ReadOptions,
): Promise<Divisor> {
  if (normalize === 'freq' && kind) {
    const f = await normaliser(model, kind, options);
    return { f, divisor: f };
  }
  if (normalize !== 'cosine') return {};
  const length = norm(x) || 1;
  const lengths = await rowNorms(model, embeddingOf(side, options.embedding), options.signal);
  return { divisor: lengths.map((row) => row * length) };
}

/**
 * The tokens with the largest and smallest e_i · x / divisor_i. `x` is one row, `e` has a row per token, made for
 * `kind`.
 */
export async function rankTokens(
  model: Model,
  x: Matrix,
  {
    e,
    divisor,
    kind,
    leftOut,
  }: { e: Matrix; divisor?: Float64Array; kind?: VectorKind; leftOut?: ((token: number) => boolean) | undefined },
  options: RankOptions,
): Promise<RankedTokens> {
  const { k = 50, bottom = 0, extraValues = [] } = options;
  const engine = options.engine ?? (await defaultEngine());
  const found = await engine.topRows(x, e, {
    ...stage(options, 'tokens'),
    k: Math.max(k, bottom),
    ends: bottom === 0 ? 'top' : k === 0 ? 'bottom' : 'both',
    divisor,
    mask: without(await rowsKept(model, kind, 'tokens', options), e.rows, leftOut),
  });
  const extra = extraValues.map((score, i) => ({ id: e.rows + i, token: `[val${i}]`, label: `[val${i}]`, score }));
  const list = (ranked: Ranked | undefined, sign: 1 | -1, length: number): ScoredToken[] => {
    if (!ranked || length === 0) return [];
    const tokens = Array.from(ranked.score, (score, i) => ({
      ...tokenOf(model, ranked.index[i], options.labels),
      score,
    }));
    // Sorting is stable and extra values come last, as their ids do.
    return (extra.length > 0 ? [...tokens, ...extra].sort((a, b) => sign * (b.score - a.score)) : tokens).slice(
      0,
      length,
    );
  };
  return { top: list(found.top, 1, k), bottom: list(found.bottom, -1, bottom) };
}

/** A mask of `rows` tokens less those that are left out. */
function without(
  mask: Uint8Array | undefined,
  rows: number,
  leftOut: ((token: number) => boolean) | undefined,
): Uint8Array | undefined {
  if (!leftOut) return mask;
  return Uint8Array.from({ length: rows }, (_, token) => (mask?.[token] === 0 || leftOut(token) ? 0 : 1));
}

/** Ranks the tokens of one vector [1, d] read with E. */
export async function rankVector(
  model: Model,
  x: Matrix,
  how: HowScored,
  options: RankOptions,
): Promise<RankedTokens & { f?: Float64Array }> {
  const { f, divisor } = await divisorOf(model, x.data, how, options);
  const kind = how.side ?? how.kind;
  const e = await embedding(model, embeddingOf(kind, options.embedding), options.signal);
  const { k = 50, bottom: lowest = 0 } = options;
  // A preview is for the first words: what chance gives would take longer than they do.
  const tested = options.chance && !previewOf(f) && k + lowest > 0;
  // Of both ends chance tells, whichever are listed: the lowest score may be the one that says something.
  const lengths = tested ? { k: Math.max(k, 1), bottom: Math.max(lowest, 1) } : { k, bottom: lowest };
  const ranked = await rankTokens(model, x, { e, divisor, kind }, { ...options, ...lengths });
  const chance = tested ? await chanceOf(model, x.data, ranked, { ...how, e, f }, options) : undefined;
  const top = withMargins(ranked.top.slice(0, k), f);
  const bottom = withMargins(ranked.bottom.slice(0, lowest), f);
  return { top, bottom, ...(chance && { chance }), f };
}
