import type { Engine, Matrix, Ranked } from '../../engine/engine.ts';
import type { Model } from '../../model/types.ts';
import { rowsKept } from '../applied.ts';
import { embedding, embeddingOf, scaledRows } from '../embedding.ts';
import { type HeadPart, PARTS, sideDivisor } from '../factors.ts';
import { Kept } from '../kept.ts';
import { rowsOf } from '../pairs.ts';
import { parameter } from '../parameters.ts';
import { squared } from '../powers.ts';
import type { TokenRelation } from '../relations/relation.ts';
import type { HeadMatrix, ReadOptions } from '../types.ts';
import { dense, orthonormal, rounded, times, timesTransposed, transposed } from './linear.ts';
import { type Against, against, gaussian, type Null, nullOf } from './nulls.ts';
import { negativeBinomialTail } from './tails.ts';

/** What a head that only copies has to do with a relation: words that are related have embeddings that are alike. */
export interface BesideCopying extends Against {
  /** Share of pairs whose second word is among the first's k best by E·Eᵀ alone. */
  identity: number;
  /**
   * Share of pairs that the head has and E·Eᵀ has not; mean, sd, z and p are of this, against heads that copy what they
   * read.
   */
  above: number;
}

/** How a relation's pairs fare by chance, and in heads that copy. */
export interface RelationNull {
  /** Of n pairs' count of hits in a random head, given what it is. */
  random?: (count: number) => Against;
  /** One per pair: whether E·Eᵀ has it. */
  identity: readonly boolean[];
  /** Given the number of hits that E·Eᵀ has not. */
  copying?: (above: number) => Omit<BesideCopying, 'identity' | 'above'>;
}

export interface NullOptions extends ReadOptions {
  matrix: HeadMatrix;
  k: number;
  randomHeads: number;
  seed: number;
}

const kept = new Kept<RelationNull[]>();

/**
 * The nulls of all relations. Random heads: what such a head looks for is a direction that has the same chance to be
 * any, so that a second word is among its k best with the same probability for every first word; from all rows of all
 * draws that is known well from few heads, and counts are negative binomial around it, as widely as the draws are.
 * Pairs that share a second word stand or fall together at worst: p is the larger one of both. Copying heads: W_O =
 * W_Vᵀ of random directions.
 */
export function relationNulls(
  model: Model,
  engine: Engine,
  relations: readonly TokenRelation[],
  options: NullOptions,
): Promise<RelationNull[]> {
  const { matrix, k, randomHeads, seed, signal, filters } = options;
  const { normalize, embedding: which, foldNorm, approximate } = options;
  const how = [matrix, k, randomHeads, seed, normalize, which, foldNorm, approximate, filters, relations];
  return kept.get(model, JSON.stringify(how), signal, async () => {
    const firsts = [...new Set(relations.flatMap(({ pairs }) => pairs.map(([first]) => first)))];
    const search = await searchOf(model, engine, firsts, options);
    const hitsOf = ({ pairs }: TokenRelation, list: Ranked) => {
      const sets = new Map(
        firsts.map((id, row) => [id, new Set(list.index.subarray(row * list.k, (row + 1) * list.k))]),
      );
      return pairs.map(([first, second]) => sets.get(first)!.has(second));
    };
    const identity = await search(search.rows, 'top');
    const own = relations.map((relation) => hitsOf(relation, identity.top!));
    const [random, copying]: [boolean[][][], boolean[][][]] = [relations.map(() => []), relations.map(() => [])];
    const listed = new Map<number, number>();
    let lists = 0;
    for (let i = 0; i < randomHeads; i++) {
      const one = headLike(model, PARTS[matrix].first, seed + 2 * i);
      const two = headLike(model, PARTS[matrix].second, seed + 2 * i + 1);
      const found = await search(through(search.rows, one, two), 'both');
      for (const end of [found.top!, found.bottom!]) {
        lists += firsts.length;
        for (const id of end.index) listed.set(id, (listed.get(id) ?? 0) + 1);
        for (const [at, relation] of relations.entries()) random[at].push(hitsOf(relation, end));
      }
      const copies = await search(through(search.rows, two, two), 'top');
      for (const [at, relation] of relations.entries()) copying[at].push(hitsOf(relation, copies.top!));
    }
    const chance = (id: number) => (listed.get(id) ?? 0) / Math.max(1, lists);
    const expected = relations.map(({ pairs }) => pairs.reduce((sum, [, second]) => sum + chance(second), 0));
    const spread = dispersion(
      random.map((draws) => draws.map(countOf)),
      expected,
    );
    return relations.map(({ pairs }, at): RelationNull => {
      if (randomHeads === 0 || pairs.length === 0) return { identity: own[at] };
      return {
        random: randomNull(pairs, chance, spread),
        identity: own[at],
        copying: copyingNull(
          pairs,
          copying[at].map((hits) => countOf(hits.map((hit, i) => hit && !own[at][i]))),
        ),
      };
    });
  });
}

const countOf = (hits: readonly boolean[]): number => hits.reduce((sum, hit) => sum + Number(hit), 0);

/** Variance of the counts over their mean, all relations together; 1 where they are as independent events are. */
function dispersion(counts: readonly (readonly number[])[], expected: readonly number[]): number {
  let [squares, sum] = [0, 0];
  for (const [at, draws] of counts.entries()) {
    for (const count of draws) squares += squared(count - expected[at]);
    sum += draws.length * expected[at];
  }
  return sum === 0 ? 1 : Math.max(1, squares / sum);
}

function randomNull(pairs: TokenRelation['pairs'], chance: (id: number) => number, spread: number) {
  const tied = new Map<number, number>();
  for (const [, second] of pairs) tied.set(second, (tied.get(second) ?? 0) + 1);
  // How often a group of so many pairs with one second word comes as a whole.
  const rates = new Map<number, number>();
  for (const [second, size] of tied) rates.set(size, (rates.get(size) ?? 0) + chance(second));
  const mean = [...rates].reduce((sum, [size, rate]) => sum + size * rate, 0);
  const groups = [...rates].reduce((sum, [size, rate]) => sum + size * size * rate, 0);
  const n = pairs.length;
  const null1: Null = { mean: mean / n, sd: Math.sqrt(Math.max(spread * mean, groups)) / n };
  return (count: number): Against => {
    const p = Math.max(negativeBinomialTail(count, mean, spread * mean), compoundTail(count, rates));
    return against(count / n, null1, p);
  };
}

/** P(Σ sizes ≥ count) where groups of each size come as Poisson events of these rates: Panjer's recursion (1981). */
function compoundTail(count: number, rates: ReadonlyMap<number, number>): number {
  if (count <= 0) return 1;
  const total = [...rates.values()].reduce((sum, rate) => sum + rate, 0);
  const probability = [Math.exp(-total)];
  let tail = 0;
  for (let n = 1; n < count + 200; n++) {
    let sum = 0;
    for (const [size, rate] of rates) if (size <= n) sum += size * rate * probability[n - size];
    probability.push(sum / n);
    if (n >= count) tail += probability[n];
  }
  return Math.min(1, tail);
}

/**
 * Negative binomial with the draws' mean and variance, at least Poisson's; one hit more than was drawn in all is not
 * ruled out. Pairs that share a second word stand or fall together at worst: then it is one group more, and p is the
 * larger one of both.
 */
function copyingNull(pairs: TokenRelation['pairs'], drawn: readonly number[]) {
  const { mean, sd } = nullOf(drawn);
  const sizes = groupSizes(pairs);
  const more = mean + pairs.length / sizes.length / drawn.length;
  const variance = squared(sd) * (1 + 1 / drawn.length);
  const rates = new Map<number, number>();
  for (const size of sizes) rates.set(size, (rates.get(size) ?? 0) + more / pairs.length);
  const tied = sizes.length < pairs.length;
  return (above: number): Against => {
    const p = negativeBinomialTail(above, more, Math.max(more, variance));
    return against(above, { mean, sd }, tied ? Math.max(p, compoundTail(above, rates)) : p);
  };
}

/** Of each second word, how many pairs have it. */
function groupSizes(pairs: TokenRelation['pairs']): number[] {
  const sizes = new Map<number, number>();
  for (const [, second] of pairs) sizes.set(second, (sizes.get(second) ?? 0) + 1);
  return [...sizes.values()];
}

type Search = ((rows: Matrix, ends: 'top' | 'both') => Promise<{ top?: Ranked; bottom?: Ranked }>) & { rows: Matrix };

/** Finds the k best tokens of rows [n, d] as a head's second side reads them; `rows` are those of the first words. */
async function searchOf(
  model: Model,
  engine: Engine,
  firsts: readonly number[],
  options: NullOptions,
): Promise<Search> {
  const { matrix, k, signal } = options;
  const { first, second } = PARTS[matrix];
  const as = { ...options, normalize: options.normalize ?? ('none' as const) };
  const [f, divisor] = [await sideDivisor(model, first, as), await sideDivisor(model, second, as)];
  const e = await embedding(model, embeddingOf(`attn.${first}`, options.embedding), signal);
  const e2 = await embedding(model, embeddingOf(`attn.${second}`, options.embedding), signal);
  const mask = await rowsKept(model, `attn.${second}`, 'pairs', options);
  const scaled = firsts.map((id) => (f ? scaledRows(e, f, id, id + 1).data : rowsOf(e, [id]).data));
  const data = new Float32Array(firsts.length * e.columns);
  for (const [row, of] of scaled.entries()) data.set(of, row * e.columns);
  const search = (rows: Matrix, ends: 'top' | 'both') => engine.topRows(rows, e2, { k, ends, mask, divisor, signal });
  return Object.assign(search, { rows: { data, rows: firsts.length, columns: e.columns, name: 'first words' } });
}

/** Orthonormal directions [r, d], random, as many as this part of a head has. */
function headLike(model: Model, part: HeadPart, seed: number): Matrix {
  const layer = [...model.parameters.keys()].find((name) => name.endsWith('.attn.q'))?.split('.')[1] ?? '0';
  const { shape, width, count } = parameter(model, `layer.${layer}.attn.${part}`);
  const rows = count / shape[0];
  const { q } = orthonormal(dense({ data: gaussian(rows * width, 1_000_003 + seed), rows, columns: width }));
  return rounded(transposed(q), `random head ${seed}`);
}

/** X W₁ᵀ W₂ for rows X [n, d]: what a head of these halves writes (or looks for) where it reads them. */
function through(rows: Matrix, one: Matrix, two: Matrix): Matrix {
  return rounded(times(timesTransposed(dense(rows), dense(one)), dense(two)), rows.name);
}
