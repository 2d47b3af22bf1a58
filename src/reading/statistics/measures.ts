import { defaultEngine } from '../../engine/select.ts';
import type { Model } from '../../model/types.ts';
import { rowsKept } from '../applied.ts';
import { embedding, embeddingOf } from '../embedding.ts';
import { normaliser } from '../normalisers.ts';
import { neuronName, parameter, readVectors } from '../parameters.ts';
import type { HeadMatrix, NeuronPart } from '../types.ts';
import type {
  HEAD_STATISTICS,
  HeadStatisticName,
  NEURON_STATISTICS,
  NeuronStatisticName,
  NullName,
} from './catalogue.ts';
import type { Measured } from './columns.ts';
import { type HeadCopying, headCopying } from './copying.ts';
import { headRange, type LayerOptions } from './heads.ts';
import { type NeuronStatisticsOptions, neuronStatistics, type TestedColumn } from './neurons.ts';
import type { Tested } from './nulls.ts';
import { listOverlap, type Overlap } from './overlap.ts';
import { type HeadSelf, headSelf } from './self.ts';
import { type HeadSpectrum, headSpectrum } from './spectrum.ts';

/** What of a measurement is needed: what is not may be left out where it takes time. Default: all. */
interface Needed {
  statistics?: readonly string[];
  nulls?: readonly NullName[];
}

interface HeadMeasure<F extends { head: number }> {
  /** The weights alone, or the head's factors: who has them gives them. */
  readonly needs: 'weights' | 'factors';
  /** Of the heads of a layer that the options say. */
  heads(model: Model, layer: number, matrix: HeadMatrix, options: LayerOptions & Needed): Promise<F[]>;
  /** A head's statistics of `catalogue.ts`. */
  values(found: F): Partial<Record<HeadStatisticName, Tested | number>>;
}

const copying: HeadMeasure<HeadCopying> = {
  needs: 'weights',
  heads: (model, layer, matrix, { nulls, ...options }) =>
    headCopying(model, layer, matrix, { ...options, ...(nulls?.length === 0 && { draws: 0 }) }),
  values: ({ score, diagonal }) => ({ copying: score, diagonal }),
};

const self: HeadMeasure<HeadSelf> = {
  needs: 'factors',
  heads: headSelf,
  values: ({ tokens, top1, top5, bottom1, bottom5 }) => ({
    self_tokens: tokens,
    self_top1: top1,
    self_top5: top5,
    self_bottom1: bottom1,
    self_bottom5: bottom5,
  }),
};

const spectrum: HeadMeasure<HeadSpectrum> = {
  needs: 'weights',
  heads: async (model, layer, matrix, options) => {
    const { nulls, foldNorm, signal } = options;
    const [from, to] = headRange(model, layer, options);
    const found: HeadSpectrum[] = [];
    for (let head = from; head < to; head++) {
      const others = nulls === undefined || nulls.includes('others');
      found.push(await headSpectrum(model, layer, head, matrix, { foldNorm, signal, others }));
    }
    return found;
  },
  values: ({ effectiveRank, fit }) => ({ effective_rank: effectiveRank, fit }),
};

/** How the statistics of a head's matrix are computed, by the name that `catalogue.ts` calls them by. */
export const HEAD_MEASURES = { copying, self, spectrum } as const satisfies Record<
  (typeof HEAD_STATISTICS)[HeadStatisticName]['measure'],
  // biome-ignore lint/suspicious/noExplicitAny: what one finds another does not take.
  HeadMeasure<any>
>;

export type HeadMeasureName = keyof typeof HEAD_MEASURES;

/** Those that need no more than this. */
export const measuresOf = (needs: 'weights' | 'factors'): HeadMeasureName[] =>
  (Object.keys(HEAD_MEASURES) as HeadMeasureName[]).filter((name) => HEAD_MEASURES[name].needs === needs);

/** One head's statistics of one measure, and all that the measure found of it. */
export interface MeasuredHead<F = unknown> {
  head: number;
  values: Record<string, Measured<number>>;
  found: F;
}

type FoundBy<M extends HeadMeasureName> = Parameters<(typeof HEAD_MEASURES)[M]['values']>[0];

/** Statistics of the heads of a layer, as one of the measures finds them. */
export async function measuredHeads<M extends HeadMeasureName>(
  model: Model,
  layer: number,
  matrix: HeadMatrix,
  name: M,
  options: LayerOptions & Needed = {},
): Promise<MeasuredHead<FoundBy<M>>[]> {
  const measure = HEAD_MEASURES[name] as HeadMeasure<FoundBy<M>>;
  const heads = await measure.heads(model, layer, matrix, options);
  return heads.map((found) => ({ head: found.head, values: measuredValues(measure.values(found)), found }));
}

/** A number without nulls is the same as a statistic that has none. */
const measuredValues = (values: Record<string, Tested | number>): Record<string, Measured<number>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? { value } : value]),
  );

/** Of many neurons, one number each, for each of their vectors that it is of. */
export type MeasuredNeurons = Partial<Record<NeuronPart, Measured<Float64Array>>>;

type NeuronMeasure = (
  model: Model,
  layer: number,
  options: NeuronStatisticsOptions & Needed,
) => Promise<Partial<Record<NeuronStatisticName, MeasuredNeurons>>>;

const MOMENTS = ['skew', 'kurtosis'] as const;

const vectors: NeuronMeasure = async (model, layer, { statistics, nulls: _, ...options }) => {
  const moments = !statistics || MOMENTS.some((name) => statistics.includes(name)) ? (['value'] as const) : [];
  const { parts, keyValue, upValue } = await neuronStatistics(model, layer, { ...options, moments });
  const tested = ({ value, z, p }: TestedColumn): MeasuredNeurons => ({ value: { value, random: { z, p } } });
  const { moments: found, z, p } = parts.value!;
  return {
    norm: Object.fromEntries(Object.entries(parts).map(([part, { norm }]) => [part, { value: norm }])),
    key_value_cosine: tested(keyValue),
    ...(upValue && { up_value_cosine: tested(upValue) }),
    ...(found &&
      Object.fromEntries(MOMENTS.map((name) => [name, tested({ value: found[name], z: z![name], p: p![name] })]))),
  };
};

/** Tokens of each list that overlaps are counted from: what an atlas lists unless it is asked for other numbers. */
const LISTED = 100;

const lists: NeuronMeasure = async (model, layer, options) => {
  const { expert, embedding: which, foldNorm, signal } = options;
  const engine = options.engine ?? (await defaultEngine());
  const ranked = async (part: 'key' | 'value') => {
    const kind = `ff.${part}` as const;
    const source = parameter(model, neuronName(model, layer, part, expert));
    const x = await readVectors(model, { layer, kind, source }, { foldNorm, signal });
    const divisor = await normaliser(model, kind, options);
    const mask = await rowsKept(model, kind, 'tokens', options);
    const e = await embedding(model, embeddingOf(kind, which), signal);
    return { vocab: e.rows, found: (await engine.topRows(x, e, { k: LISTED, divisor, mask, signal })).top! };
  };
  const [key, value] = [await ranked('key'), await ranked('value')];
  return { key_value_jaccard: { value: measuredOverlap(listOverlap(key.found, value.found, value.vocab)) } };
};

/** The overlap of lists, beside both of its nulls. */
export const measuredOverlap = (found: Overlap): Measured<Float64Array> => ({
  value: found.jaccard,
  others: { z: found.zOthers, p: found.pOthers },
  shuffled: { z: found.zShuffled, p: found.pShuffled },
});

/** How the statistics of a layer's (expert's) neurons are computed, by the name that `catalogue.ts` calls them by. */
export const NEURON_MEASURES: Readonly<
  Record<(typeof NEURON_STATISTICS)[NeuronStatisticName]['measure'], NeuronMeasure>
> = { vectors, lists };
