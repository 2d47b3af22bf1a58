import type { Engine } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { throwIfAborted } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { rowsKept, stage } from '../applied.ts';
import { norm } from '../embedding.ts';
import { type HeadFactors, PARTS } from '../factors.ts';
import { Kept } from '../kept.ts';
import { rowsOf, score } from '../pairs.ts';
import { squared } from '../powers.ts';
import { sampleIndices, seeded } from '../random.ts';
import type { HeadMatrix } from '../types.ts';
import { clumping } from './clumps.ts';
import { eachHead, headRange, type LayerOptions, randomHead } from './heads.ts';
import { against, type Null, nullOf, type Tested } from './nulls.ts';
import { negativeBinomialTail, poissonTail } from './tails.ts';

/** Ranks at which a token's place in its own row is asked for. */
const RANKS = [1, 5] as const;
const DEEPEST = Math.max(...RANKS);
/** Tokens that every row is compared with before the engine is asked: half of largest norm, half by chance. */
const PROBES = 256;
/** Rows given to the engine at a time. */
const BATCH = 4096;

export interface SelfOptions extends LayerOptions {
  /**
   * So many seeded tokens are looked up, each among all tokens; default 4,096 (an error of at most 0.8 %). `Infinity`:
   * all.
   */
  sample?: number;
}

/** Shares of tokens, 0 to 1. */
export interface HeadSelf {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  /** Tokens that were looked up: shares are of them. */
  tokens: number;
  /**
   * Tokens whose best (five best) entries of their row are themselves. `vo`: the head copies; `qk`: it attends to
   * repeats.
   */
  top1: Tested;
  top5: Tested;
  /** The suppression twin: whose most negative entry (five most negative) is themselves. */
  bottom1: Tested;
  bottom5: Tested;
}

/** Counts of tokens that are within the best and worst ranks of their own row of A·Bᵀ. */
export interface SelfCounts {
  /** Tokens looked up. */
  tokens: number;
  /** Tokens each was compared with, itself included. */
  among: number;
  top: number[];
  bottom: number[];
}

/**
 * For every head of a layer, the share of tokens that come first in their own row, in the engine's order (ties
 * by id). Nulls: seeded random heads of the same shape, pooled, and the vocabulary shuffled on one side (a token
 * is then among its row's best k with probability k / V). `normalize` defaults to `none`; filters leave tokens out on
 * both sides. Throws `OUT_OF_RANGE`, `TOKENIZER_MISSING` (filters).
 */
export async function headSelf(
  model: Model,
  layer: number,
  matrix: HeadMatrix,
  options: SelfOptions = {},
): Promise<HeadSelf[]> {
  const { sample = 4096, signal } = options;
  const run = stage(options, `tokens' own places in layer ${layer}`);
  const engine = options.engine ?? (await defaultEngine());
  const { first, second } = PARTS[matrix];
  const sides = [first, second].map((part) => rowsKept(model, `attn.${part}`, 'pairs', options));
  const [kept1, kept2] = await Promise.all(sides);
  const mask = kept1 && kept2 ? kept1.map((there, i) => there & kept2[i]) : (kept1 ?? kept2);
  const random = await randomCounts(model, matrix, engine, mask, { ...options, sample });
  const found: HeadSelf[] = [];
  const [from, to] = headRange(model, layer, options);
  await eachHead(model, layer, matrix, options, async (head, factors) => {
    const counts = await selfCounts(engine, factors, { mask, sample, signal });
    const tested = (end: 'top' | 'bottom', i: number): Tested => {
      const n = Math.max(1, counts.tokens);
      const value = counts[end][i] / n;
      const chance = Math.min(1, RANKS[i] / Math.max(1, counts.among));
      // Under a shuffle the count varies no more than if tokens were independent, hence z is never too large.
      const shuffled = { mean: chance, sd: Math.sqrt(chance / n) };
      const drawn = random.counts.map((other) => other[end][i] / n);
      // What a random head looks for has the same chance to be any direction: over all tokens, the chances to come
      // first in a row of such a direction add up to 1. So many tokens come first in their own rows, k for the k best,
      // on average. Of those that are hits together fewer are both looked up where only some tokens are.
      const mean = n * chance;
      const variance = mean * (1 + (random.clumping[i] - 1) * (n / Math.max(1, counts.among)));
      const p = negativeBinomialTail(counts[end][i], mean, variance);
      return {
        value,
        ...(drawn.length > 0 && { random: against(value, shareNull(drawn, chance, n), p) }),
        // Where words are shuffled, those that are alike are so with words that are not.
        shuffled: against(value, shuffled, poissonTail(counts[end][i], mean)),
      };
    };
    found.push({
      layer,
      head,
      matrix,
      tokens: counts.tokens,
      top1: tested('top', 0),
      top5: tested('top', 1),
      bottom1: tested('bottom', 0),
      bottom5: tested('bottom', 1),
    });
    run.progress?.((head + 1 - from) / (to - from));
  });
  return found;
}

/**
 * Shares measured on a few random heads, with what chance alone adds to n tokens' share: draws of 0 are no certainty.
 */
function shareNull(drawn: readonly number[], chance: number, n: number): Null {
  const { mean, sd } = nullOf(drawn);
  const p = Math.max(mean, chance);
  return { mean, sd: Math.sqrt(squared(sd) * (1 + 1 / drawn.length) + (p * (1 - p)) / n) };
}

interface RandomHeads {
  counts: SelfCounts[];
  /** Variance / mean of the counts over all tokens, at least 1, for each of the ranks; both ends alike. */
  clumping: number[];
}

const kept = new Kept<RandomHeads>();

/** The same counts for random heads, and how they clump; made once per model, matrix and options. */
function randomCounts(
  model: Model,
  matrix: HeadMatrix,
  engine: Engine,
  mask: Uint8Array | undefined,
  options: SelfOptions,
): Promise<RandomHeads> {
  const { randomHeads = 4, seed = 1, sample, signal, normalize, embedding, foldNorm, approximate, filters } = options;
  const key = JSON.stringify([
    matrix,
    randomHeads,
    seed,
    `${sample}`,
    normalize,
    embedding,
    foldNorm,
    approximate,
    filters,
  ]);
  return kept.get(model, key, signal, async () => {
    const counts: SelfCounts[] = [];
    const clumps: number[][] = [];
    for (let i = 0; i < randomHeads; i++) {
      const factors = await randomHead(model, matrix, seed + i, options);
      counts.push(await selfCounts(engine, factors, { mask, sample, signal }));
      clumps.push(await clumping(engine, factors, RANKS, { mask, seed: seed + i, signal }));
    }
    const meanOf = (at: number) => clumps.reduce((sum, clump) => sum + clump[at] / randomHeads, 0);
    return { counts, clumping: RANKS.map((_, at) => Math.max(1, meanOf(at))) };
  });
}

/**
 * How many tokens are among the 1 and 5 best (worst) of their own row of A·Bᵀ [V, V]. Most tokens are ruled out by a
 * few tokens that beat them; only the rest is ranked by the engine, so that nothing like V x V is computed.
 */
export async function selfCounts(
  engine: Engine,
  { a, b }: HeadFactors,
  { mask, sample = Infinity, signal }: { mask?: Uint8Array; sample?: number; signal?: AbortSignal } = {},
): Promise<SelfCounts> {
  const allowed = Array.from({ length: a.rows }, (_, i) => i).filter((i) => !mask || mask[i]);
  const probes = chooseProbes({ a, b }, allowed);
  const looked =
    sample >= allowed.length ? allowed : sampleIndices(sample, allowed.length, seeded(2)).map((i) => allowed[i]);
  const left = { top: [] as number[], bottom: [] as number[] };
  for (const [at, i] of looked.entries()) {
    if (at % BATCH === 0) throwIfAborted(signal);
    const own = score({ a, b }, i, i);
    let [above, below] = [0, 0];
    for (const j of probes) {
      if (j === i) continue;
      const other = score({ a, b }, i, j);
      if (other > own || (other === own && j < i)) above++;
      if (other < own || (other === own && j < i)) below++;
      if (above >= DEEPEST && below >= DEEPEST) break;
    }
    if (above < DEEPEST) left.top.push(i);
    if (below < DEEPEST) left.bottom.push(i);
  }
  const count = async (end: 'top' | 'bottom'): Promise<number[]> => {
    const places = RANKS.map(() => 0);
    for (let from = 0; from < left[end].length; from += BATCH) {
      const ids = left[end].slice(from, from + BATCH);
      const found = await engine.topRows(rowsOf(a, ids), b, { k: DEEPEST, ends: end, mask, signal });
      const { k, index } = found[end]!;
      for (const [row, id] of ids.entries()) {
        const place = index.subarray(row * k, (row + 1) * k).indexOf(id);
        for (const [i, rank] of RANKS.entries()) if (place >= 0 && place < rank) places[i]++;
      }
    }
    return places;
  };
  return { tokens: looked.length, among: allowed.length, top: await count('top'), bottom: await count('bottom') };
}

/** Large rows of B come first in many rows of A·Bᵀ; the others stand for the rest. */
function chooseProbes({ b }: HeadFactors, allowed: readonly number[]): number[] {
  const r = b.columns;
  const norms = new Float64Array(b.rows);
  for (const j of allowed) norms[j] = norm(b.data.subarray(j * r, (j + 1) * r));
  const largest = [...allowed].sort((i, j) => norms[j] - norms[i]).slice(0, PROBES / 2);
  const chosen = new Set(largest);
  for (const at of sampleIndices(PROBES / 2, allowed.length, seeded(1))) chosen.add(allowed[at]);
  return [...chosen];
}
