import type { Engine, Ranked } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { WeightscopeError } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import type { Vocabulary } from '../../vocabulary/types.ts';
import { rowsKept, stage, vocabularyOf } from '../applied.ts';
import { embeddingOf, leftOutRows } from '../embedding.ts';
import { type HeadFactors, hasHeads, PARTS } from '../factors.ts';
import { leftOutNotes } from '../notes.ts';
import { rowsOf } from '../pairs.ts';
import { squared } from '../powers.ts';
import { seeded } from '../random.ts';
import type { Relation, TokenRelation } from '../relations/relation.ts';
import type { HeadMatrix } from '../types.ts';
import { DrawnNull, falseDiscoveries } from './drawn.ts';
import { eachHead, headRange, type LayerOptions } from './heads.ts';
import { type Against, against, permutedSum, type Tested } from './nulls.ts';
import { type BesideCopying, type RelationNull, relationNulls } from './relation-nulls.ts';

export interface RelationOptions extends LayerOptions {
  /** Default `vo`: what the head writes when it reads the first word. */
  matrix?: HeadMatrix;
  /** A pair counts when its second word is among so many best tokens of the first; default 10. */
  k?: number;
}

/** How strongly one head implements one relation: shares of its pairs, 0 to 1. */
export interface RelationScore {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  relation: string;
  /** Pairs that counted, of how many given. */
  pairs: number;
  given: number;
  /** Pairs whose second word is among the first's k best tokens. */
  promoted: RelationShare;
  /** The same among the k worst: the head suppresses the relation. */
  suppressed: RelationShare;
}

/** A share of pairs beside its nulls, that of a head that copies among them. */
export interface RelationShare extends Tested {
  copying?: BesideCopying;
}

/** Pairs from which on heads can be ranked by a relation. */
export const ENOUGH_PAIRS = 20;

/**
 * Relation scores of all heads of a layer (MAPS, Elhelo and Geva 2025: the share of pairs (s, t) with t among the k
 * best tokens of row s of the head's matrix; suppression likewise with -M). Nulls: second words exchanged at random
 * among the relation's pairs, which a head that writes capitals whatever it reads does not pass; seeded random heads;
 * and what E·Eᵀ has of the relation, as a head that copies whatever it reads has nearly all of it. p is always that of
 * as large a share. Throws `TOKENIZER_MISSING`, `OUT_OF_RANGE`, `ARGUMENT_INVALID`.
 */
export async function relationScores(
  model: Model,
  layer: number,
  relations: readonly Relation[],
  options: RelationOptions = {},
): Promise<RelationScore[]> {
  const { matrix = 'vo', k = 10 } = options;
  if (!Number.isInteger(k) || k < 1) {
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected \`k\` to be a whole number, 1 or more, got ${k}.`);
  }
  const vocabulary = vocabularyOf(model, 'relations between words');
  const engine = options.engine ?? (await defaultEngine());
  const sides = Object.values(PARTS[matrix]).map((part) => `attn.${part}` as const);
  const leftOut = await Promise.all(
    sides.map((kind) => leftOutRows(model, embeddingOf(kind, options.embedding), options.signal)),
  );
  const usable = (pair: readonly number[]) => pair.every((id, side) => !leftOut[side].includes(id));
  const resolved = relations
    .map((relation) => tokenRelation(vocabulary, relation))
    .map((relation) => ({ ...relation, pairs: relation.pairs.filter(usable) }));
  const { randomHeads = 32, seed = 1 } = options;
  const nulls = await relationNulls(model, engine, resolved, { ...options, matrix, k, randomHeads, seed });
  const run = stage(options, `relations in layer ${layer}`);
  const mask = await rowsKept(model, `attn.${PARTS[matrix].second}`, 'pairs', options);
  const found: RelationScore[] = [];
  const [from, to] = headRange(model, layer, options);
  await eachHead(model, layer, matrix, options, async (head, factors) => {
    const hits = await relationHits(engine, factors, resolved, k, { mask, signal: options.signal });
    for (const [i, { name, pairs, given }] of resolved.entries()) {
      const tested = (end: 'top' | 'bottom'): RelationShare => shareOf(pairs, hits[i][end], nulls[i]);
      const [promoted, suppressed] = [tested('top'), tested('bottom')];
      found.push({ layer, head, matrix, relation: name, pairs: pairs.length, given, promoted, suppressed });
    }
    run.progress?.((head + 1 - from) / (to - from));
  });
  return found;
}

/** All heads of a model by how strongly they implement relations. */
export interface RankedRelations {
  model: string;
  matrix: HeadMatrix;
  /** A pair counts when its second word is among so many best (worst) tokens of the first. */
  k: number;
  /** Heads best first by the share of promoted pairs (with `suppressed` of suppressed ones), ties by layer and head. */
  relations: RankedRelation[];
  /** Which tokens are left out; absent where none are. */
  notes?: string[];
}

export interface RankedRelation {
  relation: string;
  pairs: number;
  given: number;
  /** Fewer than 20 pairs are too few to rank by. */
  tooFew: boolean;
  heads: RankedRelationScore[];
}

/**
 * q: the share of false discoveries to expect among all heads of this relation with as small a p (Benjamini and
 * Hochberg 1995), p being the larger one of those against random heads and against heads that copy. NaN without those
 * nulls.
 */
export type RankedRelationScore = RelationScore & { q: number };

/** {@link relationScores} of all layers (or of `layers`), each relation's heads in order. */
export async function rankRelations(
  model: Model,
  relations: readonly Relation[],
  options: Omit<RelationOptions, 'from' | 'to' | 'factors'> & { layers?: readonly number[]; suppressed?: boolean } = {},
): Promise<RankedRelations> {
  const { matrix = 'vo', k = 10, suppressed, layers, progress, ...rest } = options;
  const all = Array.from({ length: model.dimensions.layers }, (_, layer) => layer);
  const chosen = layers ?? all.filter((layer) => hasHeads(model, layer));
  const scores: RelationScore[] = [];
  for (const [done, layer] of chosen.entries()) {
    const report = progress && ((part: number, what: string) => progress((done + part) / chosen.length, what));
    scores.push(...(await relationScores(model, layer, relations, { ...rest, matrix, k, progress: report })));
  }
  const share = (score: RelationScore): RelationShare => (suppressed ? score.suppressed : score.promoted);
  const kinds = Object.values(PARTS[matrix]).map((part) => `attn.${part}` as const);
  const notes = await leftOutNotes(model, kinds, options);
  return {
    model: model.name,
    matrix,
    k,
    ...(notes.length > 0 && { notes }),
    relations: relations.map(({ name, pairs: given }) => {
      const own = scores.filter(({ relation }) => relation === name);
      const q = falseDiscoveries(own.map((score) => relationP(share(score))));
      const heads = own.map((score, i) => ({ ...score, q: q[i] })).sort((a, b) => share(b).value - share(a).value);
      const pairs = heads[0]?.pairs ?? 0;
      return { relation: name, pairs, given: given.length, tooFew: pairs < ENOUGH_PAIRS, heads };
    }),
  };
}

/** What a head must surpass to implement a relation: chance, and copying what it reads. NaN without these nulls. */
export const relationP = ({ random, copying }: RelationShare): number =>
  Math.max(random?.p ?? Number.NaN, copying?.p ?? Number.NaN);

/** Words as single tokens: as a word after a space where the vocabulary has that, else as it stands. */
export function tokenRelation(vocabulary: Vocabulary, { name, pairs }: Relation): TokenRelation {
  const id = (word: string): number | undefined => vocabulary.find(` ${word}`)[0] ?? vocabulary.find(word)[0];
  const kept = new Map<string, [number, number]>();
  for (const [first, second] of pairs) {
    const [i, j] = [id(first), id(second)];
    if (i !== undefined && j !== undefined && i !== j) kept.set(`${i} ${j}`, [i, j]);
  }
  return { name, pairs: [...kept.values()], given: pairs.length };
}

/** Which pairs are hits, and which would be with each other's second words. */
interface Hits {
  own: readonly boolean[];
  /** Of pair i's first word: which pairs' second words are among its k best. */
  rows: readonly (readonly number[])[];
}

/** Per relation, which pairs are among the k best and worst of their row. */
async function relationHits(
  engine: Engine,
  { a, b }: HeadFactors,
  relations: readonly TokenRelation[],
  k: number,
  run: { mask?: Uint8Array; signal?: AbortSignal },
): Promise<Record<'top' | 'bottom', Hits>[]> {
  const firsts = [...new Set(relations.flatMap(({ pairs }) => pairs.map(([first]) => first)))];
  const rowOf = new Map(firsts.map((id, row) => [id, row]));
  const found = await engine.topRows(rowsOf(a, firsts), b, { ...run, k, ends: 'both' });
  return relations.map(({ pairs }) => ({
    top: hitsOf(pairs, rowOf, found.top!),
    bottom: hitsOf(pairs, rowOf, found.bottom!),
  }));
}

function hitsOf(pairs: TokenRelation['pairs'], rowOf: ReadonlyMap<number, number>, { k, index }: Ranked): Hits {
  const rows = pairs.map(([first]) => {
    const row = rowOf.get(first)!;
    const best = new Set(index.subarray(row * k, (row + 1) * k));
    return pairs.flatMap(([, second], j) => (best.has(second) ? [j] : []));
  });
  return { rows, own: rows.map((row, i) => row.includes(i)) };
}

function shareOf(
  pairs: TokenRelation['pairs'],
  hits: Hits,
  { random, identity, copying }: RelationNull,
): RelationShare {
  const n = Math.max(1, pairs.length);
  const shareIn = (of: readonly boolean[]) => of.filter(Boolean).length / n;
  const value = shareIn(hits.own);
  const above = hits.own.filter((hit, i) => hit && !identity[i]).length;
  const beside = copying?.(above);
  return {
    value,
    ...(random && { random: random(Math.round(value * n)) }),
    shuffled: shuffledNull(hits, n),
    ...(beside && {
      copying: {
        identity: shareIn(identity),
        above: above / n,
        ...{ mean: beside.mean / n, sd: beside.sd / n, z: beside.z, p: beside.p },
      },
    }),
  };
}

/** Exchanges of second words that p is drawn from. */
const EXCHANGES = 2000;

/** The count when second words are exchanged among the pairs: mean and deviation exact, p drawn. */
function shuffledNull({ own, rows }: Hits, n: number): Against {
  const count = own.filter(Boolean).length;
  const columns = new Float64Array(rows.length);
  for (const row of rows) for (const j of row) columns[j]++;
  const sum = columns.reduce((total, x) => total + x, 0);
  // Σ (c_ij - row mean - column mean + mean)² of entries that are 0 or 1.
  const squares = (sums: ArrayLike<number>) => Array.from(sums).reduce((total, s) => total + s * s, 0) / n;
  const centred = sum - squares(rows.map(({ length }) => length)) - squares(columns) + squared(sum / n);
  const { mean, sd } = rows.length === 0 ? { mean: 0, sd: 0 } : permutedSum(n, sum, centred);
  const p = count === 0 || sd === 0 ? 1 : exchanged(rows).p(count, 'upper');
  return against(count / n, { mean: mean / n, sd: sd / n }, p);
}

/** Counts of hits over seeded random permutations of the second words (Fisher and Yates). */
function exchanged(rows: Hits['rows']): DrawnNull {
  const random = seeded(1);
  const sets = rows.map((row) => new Set(row));
  const order = rows.map((_, i) => i);
  const drawn = Array.from({ length: EXCHANGES }, () => {
    let count = 0;
    for (let i = order.length - 1; i >= 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
      if (sets[i].has(order[i])) count++;
    }
    return count;
  });
  return new DrawnNull(drawn);
}
