import type { Engine, Ranked } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { WeightscopeError } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import type { Vocabulary } from '../../vocabulary/types.ts';
import { maskOf, stage, vocabularyOf } from '../applied.ts';
import type { HeadFactors } from '../factors.ts';
import { Kept } from '../kept.ts';
import { rowsOf } from '../pairs.ts';
import type { Relation } from '../relations/relation.ts';
import type { HeadMatrix } from '../types.ts';
import { eachHead, headRange, type LayerOptions, randomHead } from './heads.ts';
import { against, type Null, permutedSum, type Tested } from './nulls.ts';

export interface RelationOptions extends LayerOptions {
  /** Default `vo`: what the head writes when it reads the first word. */
  matrix?: HeadMatrix;
  /** A pair counts when its second word is among so many best tokens of the first; default 10. */
  k?: number;
}

/** A relation's pairs whose words are single tokens of a vocabulary. */
export interface TokenRelation {
  name: string;
  /** Token ids. */
  pairs: [first: number, second: number][];
  /** Pairs in the relation before those were left out whose words are several tokens, or the same one. */
  given: number;
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
  promoted: Tested;
  /** The same among the k worst: the head suppresses the relation. */
  suppressed: Tested;
}

/**
 * Relation scores of all heads of a layer (MAPS, Elhelo and Geva 2025: the share of pairs (s, t) with t
 * among the k best tokens of row s of the head's matrix; suppression likewise with -M). Nulls: second words exchanged
 * at random among the relation's pairs (exact), which a head that writes capitals whatever it reads does not pass, and
 * seeded random heads. Throws `TOKENIZER_MISSING`, `OUT_OF_RANGE`, `ARGUMENT_INVALID`.
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
  const resolved = relations.map((relation) => tokenRelation(vocabulary, relation));
  const random = await randomHits(model, engine, resolved, { ...options, matrix, k });
  const run = stage(options, `relations in layer ${layer}`);
  const mask = maskOf(model, options.filters, 'pairs');
  const size = mask ? mask.reduce((sum, kept) => sum + kept, 0) : model.dimensions.vocab;
  const found: RelationScore[] = [];
  const [from, to] = headRange(model, layer, options);
  await eachHead(model, layer, matrix, options, async (head, factors) => {
    const hits = await relationHits(engine, factors, resolved, k, { mask, signal: options.signal });
    for (const [i, { name, pairs, given }] of resolved.entries()) {
      const tested = (end: 'top' | 'bottom'): Tested => {
        const n = Math.max(1, pairs.length);
        const value = hits[i][end].count / n;
        const { mean, sd } = hits[i][end].shuffled;
        const drawn = random.map((other) => other[i][end].count / n);
        return {
          value,
          ...(drawn.length > 0 && { random: against(value, hitNull(drawn, k / size, n)) }),
          shuffled: against(value, { mean: mean / n, sd: sd / n }),
        };
      };
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
  relations: { relation: string; pairs: number; given: number; heads: RelationScore[] }[];
}

/** {@link relationScores} of all layers (or of `layers`), each relation's heads in order. */
export async function rankRelations(
  model: Model,
  relations: readonly Relation[],
  options: Omit<RelationOptions, 'from' | 'to' | 'factors'> & { layers?: readonly number[]; suppressed?: boolean } = {},
): Promise<RankedRelations> {
  const { matrix = 'vo', k = 10, suppressed, layers, progress, ...rest } = options;
  const all = Array.from({ length: model.dimensions.layers }, (_, layer) => layer);
  const chosen = layers ?? all.filter((layer) => model.parameters.has(`layer.${layer}.attn.q`));
  const scores: RelationScore[] = [];
  for (const [done, layer] of chosen.entries()) {
    const report = progress && ((part: number, what: string) => progress((done + part) / chosen.length, what));
    scores.push(...(await relationScores(model, layer, relations, { ...rest, matrix, k, progress: report })));
  }
  const share = (score: RelationScore): number => (suppressed ? score.suppressed : score.promoted).value;
  return {
    model: model.name,
    matrix,
    k,
    relations: relations.map(({ name, pairs: given }) => {
      const heads = scores.filter(({ relation }) => relation === name).sort((a, b) => share(b) - share(a));
      return { relation: name, pairs: heads[0]?.pairs ?? 0, given: given.length, heads };
    }),
  };
}

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

interface Hits {
  count: number;
  /** Of the count when second words are exchanged among the pairs. */
  shuffled: Null;
}

/** Per relation, how many pairs are among the k best and worst of their row. */
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
    top: countHits(pairs, rowOf, found.top!),
    bottom: countHits(pairs, rowOf, found.bottom!),
  }));
}

function countHits(pairs: TokenRelation['pairs'], rowOf: ReadonlyMap<number, number>, { k, index }: Ranked): Hits {
  const n = pairs.length;
  const columnSums = new Float64Array(n);
  const rowSums = new Float64Array(n);
  let [count, sum] = [0, 0];
  for (const [i, [first]] of pairs.entries()) {
    const row = rowOf.get(first)!;
    const best = new Set(index.subarray(row * k, (row + 1) * k));
    for (const [j, [, second]] of pairs.entries()) {
      if (!best.has(second)) continue;
      if (i === j) count++;
      rowSums[i]++;
      columnSums[j]++;
      sum++;
    }
  }
  // Σ (c_ij - row mean - column mean + mean)² of entries that are 0 or 1.
  const squares = (sums: Float64Array) => sums.reduce((total, s) => total + s * s, 0) / Math.max(1, n);
  const centred = sum - squares(rowSums) - squares(columnSums) + (sum / Math.max(1, n)) ** 2;
  return { count, shuffled: n === 0 ? { mean: 0, sd: 0 } : permutedSum(n, sum, centred) };
}

/** The share that random heads reach, pooled, with the deviation of n independent pairs at that share. */
function hitNull(drawn: readonly number[], chance: number, n: number): Null {
  const mean = drawn.reduce((sum, share) => sum + share, 0) / drawn.length;
  const p = Math.min(1, Math.max(mean, chance));
  return { mean, sd: Math.sqrt((p * (1 - p)) / n) };
}

const kept = new Kept<Record<'top' | 'bottom', Hits>[][]>();

function randomHits(
  model: Model,
  engine: Engine,
  relations: readonly TokenRelation[],
  options: RelationOptions & { matrix: HeadMatrix; k: number },
): Promise<Record<'top' | 'bottom', Hits>[][]> {
  const { matrix, k, randomHeads = 4, seed = 1, signal, filters } = options;
  const { normalize, embedding, foldNorm, approximate } = options;
  const how = [matrix, k, randomHeads, seed, normalize, embedding, foldNorm, approximate, filters];
  return kept.get(model, JSON.stringify([...how, relations]), signal, async () => {
    const mask = maskOf(model, filters, 'pairs');
    const hits: Record<'top' | 'bottom', Hits>[][] = [];
    for (let i = 0; i < randomHeads; i++) {
      const factors = await randomHead(model, matrix, seed + i, options);
      hits.push(await relationHits(engine, factors, relations, k, { mask, signal }));
    }
    return hits;
  });
}
