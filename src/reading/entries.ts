import type { PairBatch } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { appliedOf, stage, tokenOf } from './applied.ts';
import { headFactor, pairMasks, partKinds } from './factors.ts';
import { PairHeap } from './pair-heap.ts';
import { pairHash, seeded } from './random.ts';
import type { Applied, HeadMatrix, Normalize, ReadOptions, TokenPair } from './types.ts';

/** The arguments of the notebook's `top_matrix_tokens`. */
export interface EntriesOptions extends ReadOptions {
  /** Entries above this share of the matrix's largest entry. */
  relThreshold?: number;
  /** Entries above this; with `filters.compat` a threshold of 0 is ignored, as in the notebook. */
  threshold?: number;
  /** So many entries drawn at random; default 10,000. 0: all (give a threshold then). */
  sampleEntries?: number;
  /** Which sample; default 0. */
  seed?: number;
  /**
   * By the first token's label, then the second's; with `filters.compat` by the first token's id. Default: by score.
   */
  alphabetical?: boolean;
}

export interface EntriesReading {
  model: string;
  layer: number;
  head: number;
  matrix: HeadMatrix;
  normalize: Normalize;
  applied: Applied;
  pairs: TokenPair[];
  /** Entries the sample was drawn from. */
  count: number;
}

/**
 * A seeded sample of a head's entries above a threshold: the counterpart of the notebook's `top_matrix_tokens`, which
 * has no use for its `k`. Entries are drawn without repetition; with `filters.compat` with replacement, as there. The
 * sample depends on the seed alone: each pair has a hash and the smallest hashes are drawn, so any number of pairs may
 * stream by.
 */
export async function readEntries(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: EntriesOptions = {},
): Promise<EntriesReading> {
  const { normalize = 'freq', sampleEntries = 10_000, seed = 0, filters, relThreshold } = options;
  if (!Number.isInteger(sampleEntries) || sampleEntries < 0) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`sampleEntries\` to be a whole number, 0 or more, got ${sampleEntries}.`,
    );
  }
  const engine = options.engine ?? (await defaultEngine());
  const first = await headFactor(model, layer, head, matrix, 'first', options);
  const second = await headFactor(model, layer, head, matrix, 'second', options);
  const [a, b] = [first.factor, second.factor];
  const run = { ...stage(options, `pairs ${matrix}`), ...(await pairMasks(model, matrix, options)) };
  const best = relThreshold ? (await engine.topPairs(a, b, { ...run, k: 1 })).score[0] : undefined;
  const above = thresholdOf(options, best);
  const drawn = new PairHeap(sampleEntries, 'bottom');
  const draw = (batch: PairBatch) => {
    for (let i = 0; i < batch.length; i++) {
      const [p, q] = [batch.first[i], batch.second[i]];
      drawn.add(p, q, pairHash(seed, p, q), batch.score[i]);
    }
  };
  const all = sampleEntries === 0;
  const found = await engine.topPairs(a, b, { ...run, above, ...(all ? {} : { k: 0, visit: draw }) });
  const { count } = found;
  let entries: Entry[] = all
    ? Array.from(found.score, (score, i) => ({ first: found.first[i], second: found.second[i], score }))
    : drawn.sorted().map(({ first: p, second: q, own }) => ({ first: p, second: q, score: own }));
  if (filters?.compat && !all) entries = withReplacement(entries, sampleEntries, count, seed);
  const token = (id: number) => tokenOf(model, id, options.labels);
  const pairs = entries.map((entry) => ({ ...entry, first: token(entry.first), second: token(entry.second) }));
  pairs.sort(options.alphabetical ? (filters?.compat ? byFirstId : byLabels) : byScore);
  const applied = await appliedOf(model, options, { kinds: partKinds([matrix]), layer, used: [first.f, second.f] });
  return { model: model.name, layer, head, matrix, normalize, applied, pairs, count };
}

/** The higher of both thresholds; `best` is the matrix's largest entry. Undefined: no threshold. */
function thresholdOf({ threshold, relThreshold = 0, filters }: EntriesOptions, best?: number): number | undefined {
  const absolute = filters?.compat && threshold === 0 ? undefined : threshold;
  if (best === undefined) return absolute;
  return Math.max(best * relThreshold, absolute ?? Number.NEGATIVE_INFINITY);
}

interface Entry {
  first: number;
  second: number;
  score: number;
}

/**
 * `n` draws with replacement from `count` entries, given a random subset of them in random order: which entries are
 * drawn again does not depend on what they are, so draw positions first and give each new position the next entry.
 */
function withReplacement(entries: readonly Entry[], n: number, count: number, seed: number): Entry[] {
  const random = seeded(seed);
  const given = new Map<number, Entry>();
  return Array.from({ length: entries.length === 0 ? 0 : n }, () => {
    const position = Math.floor(random() * count);
    const entry = given.get(position) ?? entries[given.size];
    given.set(position, entry);
    return entry;
  });
}

const byScore = (p: TokenPair, q: TokenPair) =>
  q.score - p.score || p.first.id - q.first.id || p.second.id - q.second.id;
const byFirstId = (p: TokenPair, q: TokenPair) => p.first.id - q.first.id;
const byLabels = (p: TokenPair, q: TokenPair) =>
  compare(p.first.label, q.first.label) || compare(p.second.label, q.second.label) || byScore(p, q);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
