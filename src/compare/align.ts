import type { Engine } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { stage } from '../reading/applied.ts';
import { embeddingOf } from '../reading/embedding.ts';
import type { VectorKind } from '../reading/parameters.ts';
import type { ReadOptions } from '../reading/types.ts';
import { ALIGNED, type AlignedKind, type SpaceName } from './aligned.ts';
import { type AlignmentNull, alignmentNull } from './alignment-null.ts';
import { matchLayers } from './assignment.ts';
import { eachLayerPair } from './layer-pairs.ts';
import { type MatchedLayer, matchLayer } from './neuron-matching.ts';
import type { Chosen } from './operands.ts';
import { sharedInWords, sharedTokens } from './shared-tokens.ts';
import { embeddingSpace, featureSpace, momentsOf, type Space } from './space.ts';

export interface AlignOptions extends Pick<ReadOptions, 'engine' | 'embedding' | 'foldNorm' | 'signal' | 'progress'> {
  /** Which vectors; default `value`. */
  kind?: AlignedKind;
  /** Default `embedding`: correlations of scores over the shared tokens; `feature`: of the vectors' own numbers. */
  space?: SpaceName;
  /** At most so many vectors of each layer, drawn at random; default all. */
  sample?: number;
  /** How many of the best matched vectors are listed; default 10. */
  k?: number;
  /** Permuted vocabularies for the p-values; default 99, 0: none. */
  draws?: number;
  seed?: number;
  /** Match the vectors of matched layers one to one, too. */
  neurons?: boolean;
}

/** A vector of A and the vector of B that correlates most with it. */
export interface BestMatch {
  a: { layer: number; index: number };
  b: { layer: number; index: number };
  correlation: number;
}

export interface AlignReading {
  a: string;
  b: string;
  kind: AlignedKind;
  space: SpaceName;
  /** Paired tokens (in feature space: numbers of a vector) that correlations are over. */
  size: number;
  /** Vectors of a layer that were looked at, at most; null: all. */
  sample: number | null;
  /** The layers of each model that have such vectors, ascending: rows and columns of `means`. */
  layersA: number[];
  layersB: number[];
  /** Mean of |correlation| over all pairs of a vector of A's layer and one of B's. */
  means: number[][];
  /** About what `means` are where nothing belongs together: √(2 / (π (size - 1))). */
  chance: number;
  /** The one-to-one matching of layers with the largest sum of means. */
  matching: { a: number; b: number; mean: number }[];
  /** Matched layers of one number, as a share of all that are matched. */
  onDiagonal: number;
  /** What permuted vocabularies give; null where none were drawn. */
  null: AlignmentNull | null;
  /** The best match of so many vectors of A, those that correlate most first. */
  best: BestMatch[];
  /** The share of A's vectors whose best match is in the layer that theirs is matched with. */
  bestInMatched: number;
  /** One-to-one matchings of the vectors of matched layers, where they were asked for. */
  neurons: MatchedLayer[] | null;
  notes: string[];
}

/**
 * Compares two models' vectors of one kind, layer by layer (Dar et al. 2023, section 5): the mean absolute correlation
 * of the scores that a vector of A and one of B give to the tokens that both models have, over all pairs of vectors of
 * two layers, exactly. Throws `ARGUMENT_INVALID` where a model has no such vectors or, in feature space, widths differ.
 */
export async function alignModels(a: Model, b: Model, options: AlignOptions = {}): Promise<AlignReading> {
  const { kind = 'value', space: name = 'embedding', sample, k = 10, draws = 99, seed = 0, foldNorm, signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const chosen: Chosen = { kind: ALIGNED[kind], foldNorm, sample, seed };
  const { space, notes } = await spaceOf(a, b, name, chosen.kind, options);
  const moments = await momentsOf(engine, space, stage(options, 'covariances'));
  const cells = new Map<string, number>();
  const constant = { a: new Map<number, number>(), b: new Map<number, number>() };
  const best = new Best();
  await eachLayerPair(
    engine,
    { a, b },
    moments,
    chosen,
    async (left, right) => {
      const { abs } = await engine.columnMeans(left.rows, right.rows, { signal });
      cells.set(`${left.layer} ${right.layer}`, abs.reduce((sum, x) => sum + x, 0) / abs.length);
      constant.a.set(left.layer, left.constant);
      constant.b.set(right.layer, right.constant);
      const { top } = await engine.topRows(left.rows, right.rows, { k: 1, signal });
      best.add(left, right, top!);
    },
    stage(options, 'correlations'),
  );
  const [layersA, layersB] = [numbered(constant.a), numbered(constant.b)];
  if (layersA.length === 0 || layersB.length === 0) throw await nothingOf(a, b, kind);
  const means = layersA.map((i) => layersB.map((j) => cells.get(`${i} ${j}`)!));
  const matching = matchLayers(means).map(([i, j]) => ({ a: layersA[i], b: layersB[j], mean: means[i][j] }));
  for (const [model, count] of [
    [a, total(constant.a)],
    [b, total(constant.b)],
  ] as const) {
    if (count > 0)
      notes.push(`Vectors of ${model.name} that give every token one score, and correlate with nothing: ${count}.`);
  }
  const matched = new Map(matching.map((pair) => [pair.a, pair.b]));
  const found = best.all();
  return {
    a: a.name,
    b: b.name,
    kind,
    space: name,
    size: space.size,
    sample: sample ?? null,
    layersA,
    layersB,
    means,
    chance: Math.sqrt(2 / (Math.PI * (space.size - 1))),
    matching,
    onDiagonal: matching.filter((pair) => pair.a === pair.b).length / matching.length,
    null:
      draws > 0
        ? await alignmentNull(engine, { a, b }, space, chosen, {
            draws,
            seed,
            ...stage(options, 'permuted vocabularies'),
          })
        : null,
    best: found.slice(0, k),
    bestInMatched: found.filter((match) => matched.get(match.a.layer) === match.b.layer).length / found.length,
    neurons: options.neurons ? await matchNeurons(engine, { a, b }, moments, chosen, matching, options) : null,
    notes: [...notes, ...modelNotes(a, b)],
  };
}

async function spaceOf(
  a: Model,
  b: Model,
  name: SpaceName,
  kind: VectorKind,
  { embedding, signal }: AlignOptions,
): Promise<{ space: Space; notes: string[] }> {
  if (name === 'feature') return { space: featureSpace(a, b), notes: [] };
  const shared = sharedTokens(a, b);
  const space = await embeddingSpace({ a, b }, embeddingOf(kind, embedding), shared, signal);
  const gone = shared.a.length - space.size;
  const notes = sharedInWords(a, b, shared);
  if (gone > 0) notes.push(`${gone} shared tokens are left out, because their row of E is missing or not finite.`);
  return { space, notes };
}

async function matchNeurons(
  engine: Engine,
  models: { a: Model; b: Model },
  moments: Awaited<ReturnType<typeof momentsOf>>,
  chosen: Chosen,
  matching: readonly { a: number; b: number }[],
  options: AlignOptions,
): Promise<MatchedLayer[]> {
  const run = stage(options, 'matching vectors');
  const found: MatchedLayer[] = [];
  for (const pair of matching) {
    found.push(await matchLayer(engine, models, moments, chosen, pair, options.signal));
    run.progress?.(found.length / matching.length);
  }
  return found;
}

/** The best match of every vector of A, over all layers of B; of equal ones the first. */
class Best {
  readonly #layers = new Map<number, BestMatch[]>();

  add(
    a: { layer: number; index: Uint32Array },
    b: { layer: number; index: Uint32Array },
    { index, score }: { index: Uint32Array; score: Float64Array },
  ): void {
    const known = this.#layers.get(a.layer);
    const own = known ?? [];
    if (!known) this.#layers.set(a.layer, own);
    for (let i = 0; i < index.length; i++) {
      if (own[i] && score[i] <= own[i].correlation) continue;
      own[i] = {
        a: { layer: a.layer, index: a.index[i] },
        b: { layer: b.layer, index: b.index[index[i]] },
        correlation: score[i],
      };
    }
  }

  all(): BestMatch[] {
    const found = [...this.#layers.values()].flat();
    return found.sort((p, q) => q.correlation - p.correlation || p.a.layer - q.a.layer || p.a.index - q.a.index);
  }
}

const numbered = (layers: ReadonlyMap<number, number>): number[] => [...layers.keys()].sort((p, q) => p - q);

const total = (layers: ReadonlyMap<number, number>): number => [...layers.values()].reduce((sum, n) => sum + n, 0);

async function nothingOf(a: Model, b: Model, kind: AlignedKind): Promise<WeightscopeError> {
  const has = (model: Model) => [...model.parameters.keys()].some((name) => name.endsWith(`.${kind}`));
  const lacking = has(a) ? b : a;
  return new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected ${ALIGNED[kind]} vectors in both models, found none in ${lacking.name}; align another kind: ${Object.keys(ALIGNED).join(', ')}.`,
  );
}

/** What each model says of its own parameters, said of which. */
export const modelNotes = (a: Model, b: Model): string[] => {
  const both = new Set(a.notes.filter((note) => b.notes.includes(note)));
  const own = (model: Model) => model.notes.filter((note) => !both.has(note)).map((note) => `${model.name}: ${note}`);
  return [...both, ...own(a), ...own(b)];
};
