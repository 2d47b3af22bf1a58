import type { Atlas } from '../atlas/query/atlas.node.ts';
import { TABLES } from '../atlas/schema.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { parametersOf } from '../reading/parameters.ts';
import { headCopying } from '../reading/statistics/copying.ts';
import { neuronStatistics } from '../reading/statistics/neurons.ts';
import { headSpectrum } from '../reading/statistics/spectrum.ts';
import type { HeadMatrix, NeuronPart, ReadOptions } from '../reading/types.ts';
import type { ServedModel } from './opened.ts';
import { MATRICES, NEURON_PARTS } from './options.ts';

type Kind = 'neurons' | 'heads';
type Options = Pick<ReadOptions, 'engine' | 'signal' | 'progress'>;

interface Columns {
  layer: number[];
  index: number[];
  expert?: number[];
  part: string[];
  value: (number | null)[];
}

/** What can be computed from the weights alone in seconds. */
const LIVE: Record<Kind, Record<string, string>> = {
  neurons: {
    norm: 'Length of the vector',
    key_value_cosine: 'Cosine of key and value',
    up_value_cosine: 'Cosine of up and value',
  },
  heads: {
    copying: 'Σλ / Σ|λ|: how much the head writes (attends to) what it reads, -1 to 1',
    copying_z: 'The same against random heads',
    effective_rank: 'How many directions carry the matrix',
    fit: 'How well its two halves fit each other',
    fit_z: 'The same against random heads',
  },
};

/** Names for a model: its atlas's columns of numbers, then what is computed live. */
export function statisticNames({ atlas, model }: ServedModel, kind: Kind) {
  const stored = atlas?.statisticNames(kind) ?? [];
  const live = Object.entries(model ? LIVE[kind] : {}).filter(
    ([name]) => !stored.includes(name) && !(name.startsWith('up_') && !model?.dimensions.gated),
  );
  return [
    ...stored.map((name) => ({
      name,
      source: 'atlas' as const,
      ...(LIVE[kind][name] && { description: LIVE[kind][name] }),
    })),
    ...live.map(([name, description]) => ({ name, source: 'live' as const, description })),
  ];
}

/** One number per vector of a neuron or matrix of a head, for the whole model; `ARGUMENT_INVALID` for an unknown name. */
export async function statistic(served: ServedModel, kind: Kind, name: string, options: Options) {
  const found = statisticNames(served, kind).find((known) => known.name === name);
  if (!found) {
    const known = statisticNames(served, kind).map((other) => other.name);
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected a statistic of ${kind} of ${served.name}, one of ${known.join(', ')}, got ${JSON.stringify(name)}.`,
    );
  }
  const columns =
    found.source === 'atlas'
      ? await fromAtlas(served.atlas!, kind, name)
      : kind === 'neurons'
        ? await liveNeurons(served.model!, name, options)
        : await liveHeads(served.model!, name, options);
  return { kind, name, source: found.source, ...columns, summary: summaryOf(columns) };
}

const OWN_NEURON_COLUMNS = Object.keys(TABLES.neurons);

/** All parts (matrices) of one of the atlas's columns, one after the other. */
async function fromAtlas(atlas: Atlas, kind: Kind, name: string): Promise<Columns> {
  const ofParts = OWN_NEURON_COLUMNS.includes(name);
  const gated = Boolean(atlas.manifest.dimensions.gated);
  const parts =
    kind === 'heads' ? MATRICES : NEURON_PARTS.filter((part) => (ofParts ? part !== 'up' || gated : part === 'value'));
  const columns: Columns = { layer: [], index: [], ...(kind === 'neurons' && { expert: [] }), part: [], value: [] };
  for (const part of parts) {
    const found = await atlas.statistics(
      kind,
      name,
      kind === 'heads' ? { matrix: part as HeadMatrix } : { part: part as NeuronPart },
    );
    for (let i = 0; i < found.value.length; i++) {
      columns.layer.push(found.layer[i]);
      columns.index.push(found.index[i]);
      columns.expert?.push(found.expert[i]);
      columns.part.push(part);
      columns.value.push(Number.isFinite(found.value[i]) ? found.value[i] : null);
    }
  }
  return columns;
}

async function liveNeurons(model: Model, name: string, options: Options): Promise<Columns> {
  const columns = {
    layer: [] as number[],
    index: [] as number[],
    expert: [] as number[],
    part: [] as string[],
    value: [] as number[],
  };
  const { layers } = model.dimensions;
  for (let layer = 0; layer < layers; layer++) {
    for (const source of parametersOf(model, layer, 'ff.value')) {
      const expert = /\.ff\.(\d+)\./.exec(source.name)?.[1];
      const of = { ...options, progress: undefined, moments: [], ...(expert && { expert: Number(expert) }) };
      const { parts, keyValue, upValue } = await neuronStatistics(model, layer, of);
      const add = (part: string, values: Float64Array) =>
        values.forEach((value, i) => {
          columns.layer.push(layer);
          columns.index.push(i);
          columns.expert.push(Number(expert ?? 0));
          columns.part.push(part);
          columns.value.push(value);
        });
      if (name === 'norm') for (const [part, found] of Object.entries(parts)) add(part, found.norm);
      else add('value', (name === 'key_value_cosine' ? keyValue : upValue!).value);
    }
    options.progress?.((layer + 1) / layers, `${name} of layer ${layer}`);
  }
  return columns;
}

async function liveHeads(model: Model, name: string, options: Options): Promise<Columns> {
  const columns: Columns = { layer: [], index: [], part: [], value: [] };
  const { layers } = model.dimensions;
  const add = (layer: number, head: number, part: string, value: number | undefined) => {
    columns.layer.push(layer);
    columns.index.push(head);
    columns.part.push(part);
    columns.value.push(value !== undefined && Number.isFinite(value) ? value : null);
  };
  for (let layer = 0; layer < layers; layer++) {
    const heads = model.parameters.get(`layer.${layer}.attn.q`)?.shape[0] ?? 0;
    for (const matrix of heads > 0 ? (['vo', 'qk'] as const) : []) {
      if (name.startsWith('copying')) {
        const draws = name === 'copying_z' ? 16 : 0;
        const found = await headCopying(model, layer, matrix, { ...options, progress: undefined, draws });
        for (const { head, score } of found) add(layer, head, matrix, draws ? score.random?.z : score.value);
      } else {
        for (let head = 0; head < heads; head++) {
          const { effectiveRank, fit } = await headSpectrum(model, layer, head, matrix, { signal: options.signal });
          add(
            layer,
            head,
            matrix,
            name === 'effective_rank' ? effectiveRank : name === 'fit' ? fit.value : fit.random?.z,
          );
        }
      }
    }
    options.progress?.((layer + 1) / layers, `${name} of layer ${layer}`);
  }
  return columns;
}

/** Quartiles of each layer's parts, by linear interpolation. */
function summaryOf({ layer, part, value }: Columns) {
  const groups = new Map<string, { layer: number; part: string; values: number[] }>();
  layer.forEach((of, i) => {
    const key = `${of} ${part[i]}`;
    const group = groups.get(key) ?? { layer: of, part: part[i], values: [] };
    groups.set(key, group);
    if (value[i] !== null) group.values.push(value[i]);
  });
  return [...groups.values()]
    .filter(({ values }) => values.length > 0)
    .map(({ values, ...group }) => {
      values.sort((a, b) => a - b);
      const at = (q: number): number => {
        const place = q * (values.length - 1);
        const [low, high] = [values[Math.floor(place)], values[Math.ceil(place)]];
        return low + (high - low) * (place % 1);
      };
      return { ...group, count: values.length, min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
    });
}
