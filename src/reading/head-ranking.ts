import { defaultEngine } from '../engine/select.ts';
import type { Model } from '../model/types.ts';
import { filterNames, stage, tokenOf } from './applied.ts';
import { PairCounter } from './counters.ts';
import { headFactor, pairMasks, type Side } from './factors.ts';
import { appliedToPairs, checkOptions, endOf, exclusion, type HeadOptions } from './heads.ts';
import { withPairChance } from './pair-chance.ts';
import { limited } from './pairs.ts';
import { HEAD_MATRICES } from './parts.ts';
import { previewOf } from './preview.ts';
import type { HeadMatrix, HeadReading, MatrixReading, ReadOptions } from './types.ts';

/** Pairs whose scores are kept: questions above the last of them cost a binary search. */
export const RANKED_PAIRS = 100_000;

/** A head's best pairs in order, held as columns: 16 bytes a pair. */
export interface HeadRanking {
  /** Indices in E. */
  first: Uint32Array;
  second: Uint32Array;
  /** Descending. */
  score: Float64Array;
  /** How many tokens there are on each side. */
  rows: Record<Side, number>;
  /** Exact number of all pairs under the filters. */
  total: number;
  /** The normalisers that were used, for `applied`. */
  used: (Float64Array | undefined)[];
}

/** The best {@link RANKED_PAIRS} pairs of one of a head's matrices under the filters, without exclusions. */
export async function rankHead(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: ReadOptions & { depth?: number } = {},
): Promise<HeadRanking> {
  const engine = options.engine ?? (await defaultEngine());
  const a = await headFactor(model, layer, head, matrix, 'first', options);
  const b = await headFactor(model, layer, head, matrix, 'second', options);
  const { first, second, score, count } = await engine.topPairs(a.factor, b.factor, {
    ...stage(options, `best pairs of ${matrix}`),
    k: options.depth ?? RANKED_PAIRS,
    ...(await pairMasks(model, matrix, options)),
  });
  return {
    first,
    second,
    score,
    total: count,
    rows: { first: a.factor.rows, second: b.factor.rows },
    used: [a.f, b.f],
  };
}

/** Exact number of pairs with above < score < below, where the ranking knows it; undefined: it takes the engine. */
export function countRanked(ranking: HeadRanking, { above, below }: { above?: number; below?: number }) {
  const { score, total } = ranking;
  const complete = score.length === total;
  const last = score[score.length - 1];
  const reaches = (threshold: number) => complete || threshold >= last;
  if (above !== undefined && !reaches(above)) return undefined;
  // Of pairs that are not below `below`, all must be listed; with one equal to the last score, others may not be.
  if (below !== undefined && !complete && !(below > last)) return undefined;
  const upTo = above === undefined ? total : placeOf(score, (s) => s > above);
  const from = below === undefined ? 0 : placeOf(score, (s) => s >= below);
  return Math.max(0, upTo - from);
}

/** How many entries at the beginning of a descending list satisfy `holds`. */
function placeOf(score: Float64Array, holds: (score: number) => boolean): number {
  let [low, high] = [0, score.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(score[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What {@link readHead} says of one matrix, from its ranking; undefined where the ranking does not reach far enough.
 */
export function readRanked(
  model: Model,
  matrix: HeadMatrix,
  ranking: HeadRanking,
  options: HeadOptions,
): MatrixReading | undefined {
  const { score, first, second, total } = ranking;
  const { below, k = 100, countOnly, limitPerFirst, limitPerSecond } = options;
  checkOptions(options);
  const byOther = options.sort !== undefined && options.sort !== matrix;
  if (options.other || options.compareFold || byOther) return undefined;
  const rank = options.aboveRank ?? 0;
  if (options.above === undefined && rank > score.length && score.length < total) return undefined;
  const above = options.above ?? (rank > 0 ? score[rank - 1] : undefined);
  const count = countRanked(ranking, { above, below });
  if (count === undefined) return undefined;
  const hasThreshold = above !== undefined || below !== undefined;
  const ascending = options.ascending ?? (below !== undefined && above === undefined);
  const from = below === undefined ? 0 : placeOf(score, (s) => s >= below);
  const complete = score.length === total;
  // Whether the whole selection is listed, not only its beginning.
  const whole = above !== undefined || complete;
  if (ascending && !whole) return undefined;
  if (hasThreshold && !whole && !countOnly) return undefined;
  const to = above === undefined ? score.length : placeOf(score, (s) => s > above);
  const exclude = countOnly ? undefined : exclusion(model, options);
  const counter = new PairCounter(ranking.rows.first, ranking.rows.second);
  const token = (id: number) => tokenOf(model, id, options.labels);
  const chosen: number[] = [];
  for (let at = from; at < to; at++) if (!exclude?.(first[at], second[at])) chosen.push(at);
  // The list is in descending order with ties by indices; the other way round ties stay by indices.
  if (ascending) chosen.sort((i, j) => score[i] - score[j] || first[i] - first[j] || second[i] - second[j]);
  const pairOf = (at: number) => ({ first: first[at], second: second[at], score: score[at], own: score[at] });
  const listed = countOnly ? [] : limited(chosen.map(pairOf), { limitPerFirst, limitPerSecond }).slice(0, k);
  // Without a threshold the list may end before k were found.
  if (!whole && listed.length < k) return undefined;
  const counted = hasThreshold ? chosen.map(pairOf) : listed;
  if (!countOnly)
    counter.add({
      length: counted.length,
      first: Uint32Array.from(counted, (pair) => pair.first),
      second: Uint32Array.from(counted, (pair) => pair.second),
      score: new Float64Array(0),
    });
  return {
    pairs: listed.map((pair) => ({ first: token(pair.first), second: token(pair.second), score: pair.own })),
    count,
    counters: counter.counters((id) => token(id).label),
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
  };
}

/** Rankings of the heads that were looked at last, a bounded number of them: 1.6 MB each. */
export class HeadRankings {
  readonly #kept = new Map<string, HeadRanking>();
  readonly #limit: number;

  constructor(limit = 24) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The ranking where it is kept. */
  known(model: Model, layer: number, head: number, matrix: HeadMatrix, options: ReadOptions): HeadRanking | undefined {
    const key = keyOf(model, layer, head, matrix, options);
    const found = this.#kept.get(key);
    if (found) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
    }
    return found;
  }

  async get(model: Model, layer: number, head: number, matrix: HeadMatrix, options: ReadOptions): Promise<HeadRanking> {
    const known = this.known(model, layer, head, matrix, options);
    if (known) return known;
    const made = await rankHead(model, layer, head, matrix, options);
    // Another would take a preview for the exact one.
    if (made.used.some(previewOf)) return made;
    this.#kept.set(keyOf(model, layer, head, matrix, options), made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) break;
      this.#kept.delete(oldest);
    }
    return made;
  }

  /** {@link readHead} from kept rankings alone; undefined where they do not suffice. */
  async read(model: Model, layer: number, head: number, options: HeadOptions): Promise<HeadReading | undefined> {
    const { matrices = HEAD_MATRICES, normalize = 'freq' } = options;
    const read: Partial<Record<HeadMatrix, MatrixReading>> = {};
    const used: (Float64Array | undefined)[] = [];
    for (const matrix of matrices) {
      const ranking = this.known(model, layer, head, matrix, options);
      const found = ranking && readRanked(model, matrix, ranking, { ...options, ...options.each?.[matrix] });
      if (!found) return undefined;
      const here = { ...options, ...options.each?.[matrix] };
      const known = options.chance && !ranking.used.some((f) => previewOf(f));
      const place = { layer, head, matrix, end: endOf(matrix, here, found.above) };
      read[matrix] = known ? await withPairChance(model, place, found, here) : found;
      used.push(...ranking.used);
    }
    return {
      model: model.name,
      layer,
      head,
      normalize,
      applied: await appliedToPairs(model, layer, matrices, options, used),
      ...read,
    };
  }
}

function keyOf(model: Model, layer: number, head: number, matrix: HeadMatrix, options: ReadOptions): string {
  const { normalize = 'freq', foldNorm = false, embedding = 'unembed', approximate = false, filters = {} } = options;
  const kept = filterNames(filters).length > 0 ? JSON.stringify(Object.entries(filters).sort()) : '';
  return JSON.stringify([
    model.fingerprint,
    model.name,
    layer,
    head,
    matrix,
    normalize,
    foldNorm,
    embedding,
    approximate,
    kept,
  ]);
}
