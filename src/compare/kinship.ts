import type { Engine } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { stage } from '../reading/applied.ts';
import { parametersOf, type VectorKind } from '../reading/parameters.ts';
import type { ReadOptions } from '../reading/types.ts';
import { modelNotes } from './align.ts';
import type { SpaceName } from './aligned.ts';
import { bestAssignment } from './assignment.ts';
import { type BasisTest, basisTest } from './basis-test.ts';
import { type LayerDistance, layerDistances } from './distances.ts';
import { type KinLayers, kinLayers } from './kin-layers.ts';
import { correlations } from './neuron-matching.ts';
import { fisher, type RankCorrelation, spearman } from './rank-correlation.ts';
import { sharedInWords, sharedTokens } from './shared-tokens.ts';
import { embeddingSpace, featureSpace, type Moments, momentsOf } from './space.ts';

export interface KinshipOptions extends Pick<ReadOptions, 'engine' | 'embedding' | 'signal' | 'progress'> {
  /** Neurons of A in a layer that are matched, drawn at random; default 256. */
  sample?: number;
  /** Permuted bases for the test of the basis; default 99, 0: none. */
  draws?: number;
  seed?: number;
  /** Match every layer of A with every layer of B as well; default where they have different numbers of layers. */
  pairs?: boolean;
}

/** What the matching of one layer's neurons gives in one space. */
export interface LayerKinship {
  layer: number;
  /** Neurons of A that were matched. */
  matched: number;
  /** Mean correlation of the matched keys. */
  mean: number;
  /** Does key i of A match key i of B? */
  order: RankCorrelation | null;
  /** Do a neuron's key and its other vector match the same neuron of B? */
  match: RankCorrelation;
}

export interface SpaceKinship {
  space: SpaceName;
  /** The vectors that are matched beside the keys. */
  other: 'up' | 'value';
  layers: LayerKinship[];
  /** Fisher's combination over layers; null where the models have different numbers of neurons. */
  order: number | null;
  match: number;
}

export interface KinshipReading {
  a: string;
  b: string;
  /** Layers of one number that both models have, with feed-forward parts. */
  layers: number;
  sample: number;
  seed: number;
  /** The tests of matched rows, in each space that the models can be compared in. */
  spaces: SpaceKinship[];
  /**
   * Whether the two share the basis of the residual stream; null where their widths differ or no draws were asked for.
   */
  basis: BasisTest | null;
  /** Which layer is kin to which, in embedding space; null where that was not asked for. */
  pairs: KinLayers | null;
  /** How far the weights are from each other, layer by layer; only parameters of one shape. */
  distances: LayerDistance[];
  notes: string[];
}

/**
 * Whether two models stem from one another, by their weights alone: the tests of Zhu et al. 2025 (Independence Tests
 * for Language Models, arXiv 2502.12292) on matched rows. A layer's keys of A are matched one to one with those of B,
 * so that their sum of correlations is largest, and Spearman's test asks whether the matching
 *
 * - keeps the neurons' order (`order`). Exact where B's neurons could stand in any order, which holds for models
 *   trained
 *   from independent random weights, whatever they were trained on. Lost when neurons are permuted.
 * - is that of the same neurons' other vectors (`match`): up rows in gated MLPs, values in others. Survives a
 *   permutation,
 *   and in embedding space a rotation; not exact, as models that learnt the same may have alike neurons.
 */
export async function kinship(a: Model, b: Model, options: KinshipOptions = {}): Promise<KinshipReading> {
  const { sample = 256, draws = 99, seed = 0, embedding = 'unembed', signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const other = a.dimensions.gated && b.dimensions.gated ? 'up' : 'value';
  const layers = commonLayers(a, b);
  const shared = sharedTokens(a, b);
  const notes = sharedInWords(a, b, shared);
  const alike = a.dimensions.hidden === b.dimensions.hidden;
  const everyLayer = options.pairs ?? a.dimensions.layers !== b.dimensions.layers;
  let pairs: KinLayers | null = null;
  const spaces: SpaceKinship[] = [];
  const which = embedding === 'own' ? 'embed' : embedding;
  for (const space of alike ? (['feature', 'embedding'] as const) : (['embedding'] as const)) {
    const table = space === 'feature' ? featureSpace(a, b) : await embeddingSpace({ a, b }, which, shared, signal);
    const moments = await momentsOf(engine, table, { signal });
    const run = stage(options, `matching in ${space} space`);
    const found: LayerKinship[] = [];
    for (const layer of layers) {
      throwIfAborted(signal);
      found.push(await layerKinship(engine, { a, b }, moments, layer, { other, sample, seed }, signal));
      run.progress?.(found.length / layers.length);
    }
    const orders = found.flatMap(({ order }) => (order && !Number.isNaN(order.p) ? [order.p] : []));
    const matches = found.flatMap(({ match }) => (Number.isNaN(match.p) ? [] : [match.p]));
    spaces.push({
      space,
      other,
      layers: found,
      order: orders.length > 0 ? fisher(orders) : null,
      match: fisher(matches),
    });
    if (space === 'embedding' && everyLayer)
      pairs = await kinLayers(engine, { a, b }, moments, { other, seed }, stage(options, 'every layer with every one'));
  }
  if (!alike)
    notes.push(
      `The models have different widths (${a.dimensions.hidden}, ${b.dimensions.hidden}): they are compared in embedding space only.`,
    );
  if (a.dimensions.layers !== b.dimensions.layers)
    notes.push(
      `The models have ${a.dimensions.layers} and ${b.dimensions.layers} layers: those of one number are compared, then every one with every one.`,
    );
  return {
    a: a.name,
    b: b.name,
    layers: layers.length,
    sample,
    seed,
    spaces,
    basis:
      alike && draws > 0
        ? await basisTest(engine, { a, b }, layers, { draws, seed, ...stage(options, 'permuted bases') })
        : null,
    pairs,
    distances: await layerDistances(a, b, stage(options, 'distances')),
    notes: [...notes, ...modelNotes(a, b)],
  };
}

/** Layers of one number with neurons in both models. */
function commonLayers(a: Model, b: Model): number[] {
  const both = Math.min(a.dimensions.layers, b.dimensions.layers);
  return Array.from({ length: both }, (_, layer) => layer).filter((layer) =>
    [a, b].every((model) => parametersOf(model, layer, 'ff.key').length > 0),
  );
}

async function layerKinship(
  engine: Engine,
  models: { a: Model; b: Model },
  moments: Moments,
  layer: number,
  { other, sample, seed }: { other: 'up' | 'value'; sample: number; seed: number },
  signal?: AbortSignal,
): Promise<LayerKinship> {
  const matched = async (kind: VectorKind) => {
    const chosen = { a: { kind, sample, seed }, b: { kind } };
    const { table, a } = (await correlations(engine, models, moments, chosen, { a: layer, b: layer }, signal))!;
    // Ties are broken apart for every matching: what two of them share would look like kinship.
    const ties = 2 * (seed + layer * 1013) + (kind === 'ff.key' ? 0 : 1);
    return { partner: bestAssignment(table.data, table.rows, table.columns, ties), table, own: a };
  };
  const keys = await matched('ff.key');
  const others = await matched(`ff.${other}`);
  // Neurons of A that have a partner in both matchings: all, unless B has fewer neurons than were drawn.
  const kept = [...keys.own.keys()].filter((i) => keys.partner[i] >= 0 && others.partner[i] >= 0);
  const partner = kept.map((i) => keys.partner[i]);
  const sum = kept.reduce((total, i) => total + keys.table.data[i * keys.table.columns + keys.partner[i]], 0);
  const neurons = parametersOf(models.a, layer, 'ff.key').reduce((total, { count }) => total + count, 0);
  return {
    layer,
    matched: kept.length,
    mean: sum / kept.length,
    order:
      neurons === keys.table.columns
        ? spearman(
            partner,
            kept.map((i) => keys.own[i]),
          )
        : null,
    match: spearman(
      partner,
      kept.map((i) => others.partner[i]),
    ),
  };
}
