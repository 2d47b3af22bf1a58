import type { Model } from '../../model/types.ts';
import { expertOf, parametersOf } from '../parameters.ts';
import type { HeadMatrix, NeuronPart, ReadOptions } from '../types.ts';
import { headCopying } from './copying.ts';
import { type NeuronStatistics, neuronStatistics } from './neurons.ts';
import type { Tested } from './nulls.ts';
import { type HeadSpectrum, headSpectrum } from './spectrum.ts';

type Options = Pick<ReadOptions, 'engine' | 'signal' | 'progress'>;

/** One number per vector of a neuron, or per matrix of a head, of a whole model: columns of one length. */
export interface WholeModelColumns {
  layer: number[];
  /** The neuron's or head's number within its layer (and expert). */
  index: number[];
  expert?: number[];
  part: string[];
  /** Null where there is none. */
  value: (number | null)[];
}

interface OfNeurons {
  description: string;
  /** Only in gated MLPs. */
  gated?: boolean;
  of: (found: NeuronStatistics) => Partial<Record<NeuronPart, Float64Array>>;
}

/** What a pass over the neurons' weights gives in seconds. */
export const NEURON_NUMBERS: Readonly<Record<string, OfNeurons>> = {
  norm: {
    description: 'Length of the vector',
    of: ({ parts }) => Object.fromEntries(Object.entries(parts).map(([part, { norm }]) => [part, norm])),
  },
  key_value_cosine: { description: 'Cosine of key and value', of: ({ keyValue }) => ({ value: keyValue.value }) },
  key_value_cosine_p: {
    description: 'How probable so large a cosine is between random directions',
    of: ({ keyValue }) => ({ value: keyValue.p }),
  },
  up_value_cosine: {
    description: 'Cosine of up and value',
    gated: true,
    of: ({ upValue }) => ({ value: upValue?.value }),
  },
};

type OfLayer = (
  model: Model,
  layer: number,
  matrix: HeadMatrix,
  options: Options,
) => Promise<readonly (number | undefined)[]>;

/** What a pass over the heads' weights gives in seconds. */
export const HEAD_NUMBERS: Readonly<Record<string, { description: string; of: OfLayer }>> = {
  copying: {
    description: 'Σλ / Σ|λ|: how much the head writes (attends to) what it reads, -1 to 1',
    of: copying(0, ({ value }) => value),
  },
  copying_z: { description: 'The same against random heads', of: copying(16, ({ random }) => random?.z) },
  copying_p: {
    description: 'How probable so extreme a score is in a random head',
    of: copying(16, ({ random }) => random?.p),
  },
  effective_rank: {
    description: 'How many directions carry the matrix',
    of: spectrum(false, ({ effectiveRank }) => effectiveRank),
  },
  fit: { description: 'How well its two halves fit each other', of: spectrum(false, ({ fit }) => fit.value) },
  fit_z: { description: 'The same against random heads', of: spectrum(false, ({ fit }) => fit.random?.z) },
  fit_p: {
    description: 'How probable so good a fit is between halves of different heads',
    of: spectrum(true, ({ fit }) => fit.others?.p),
  },
};

function copying(draws: number, of: (score: Tested) => number | undefined): OfLayer {
  return async (model, layer, matrix, options) =>
    (await headCopying(model, layer, matrix, { ...options, draws })).map(({ score }) => of(score));
}

function spectrum(others: boolean, of: (found: HeadSpectrum) => number | undefined): OfLayer {
  return async (model, layer, matrix, { signal }) => {
    const found: (number | undefined)[] = [];
    for (let head = 0; head < headsOf(model, layer); head++)
      found.push(of(await headSpectrum(model, layer, head, matrix, { signal, others })));
    return found;
  };
}

const headsOf = (model: Model, layer: number): number => model.parameters.get(`layer.${layer}.attn.q`)?.shape[0] ?? 0;

/** One of {@link NEURON_NUMBERS} for every neuron, experts one after the other. */
export async function allNeurons(model: Model, name: string, options: Options): Promise<WholeModelColumns> {
  const columns = { layer: [], index: [], expert: [], part: [], value: [] } as Required<WholeModelColumns>;
  const { layers } = model.dimensions;
  for (let layer = 0; layer < layers; layer++) {
    for (const source of parametersOf(model, layer, 'ff.value')) {
      const expert = expertOf(source.name);
      const how = { ...options, progress: undefined, moments: [], ...(expert !== undefined && { expert }) };
      const found = NEURON_NUMBERS[name].of(await neuronStatistics(model, layer, how));
      for (const [part, values] of Object.entries(found))
        for (const [index, value] of values?.entries() ?? []) add(columns, layer, index, part, value, expert ?? 0);
    }
    options.progress?.((layer + 1) / layers, `${name} of layer ${layer}`);
  }
  return columns;
}

/** One of {@link HEAD_NUMBERS} for both matrices of every head. */
export async function allHeads(model: Model, name: string, options: Options): Promise<WholeModelColumns> {
  const columns: WholeModelColumns = { layer: [], index: [], part: [], value: [] };
  const { layers } = model.dimensions;
  for (let layer = 0; layer < layers; layer++) {
    for (const matrix of headsOf(model, layer) > 0 ? (['vo', 'qk'] as const) : []) {
      const found = await HEAD_NUMBERS[name].of(model, layer, matrix, { ...options, progress: undefined });
      for (const [head, value] of found.entries()) add(columns, layer, head, matrix, value);
    }
    options.progress?.((layer + 1) / layers, `${name} of layer ${layer}`);
  }
  return columns;
}

function add(
  columns: WholeModelColumns,
  layer: number,
  index: number,
  part: string,
  value: number | undefined,
  expert?: number,
): void {
  columns.layer.push(layer);
  columns.index.push(index);
  columns.part.push(part);
  columns.value.push(value !== undefined && Number.isFinite(value) ? value : null);
  if (expert !== undefined) columns.expert?.push(expert);
}
