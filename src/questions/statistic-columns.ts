import type { Atlas } from '../atlas/query/atlas.ts';
import { TABLES } from '../atlas/schema.ts';
import { WeightscopeError } from '../errors.ts';
import {
  NEURON_STATISTICS,
  quickColumns,
  type StatisticFacts,
  type StatisticKind,
} from '../reading/statistics/catalogue.ts';
import { columnNamed } from '../reading/statistics/columns.ts';
import { allHeads, allNeurons, type WholeModelColumns } from '../reading/statistics/whole-model.ts';
import type { HeadMatrix, NeuronPart, ReadOptions } from '../reading/types.ts';
import type { ServedModel } from './opened.ts';
import { MATRICES, NEURON_PARTS } from './options.ts';

type Options = Pick<ReadOptions, 'engine' | 'signal' | 'progress'>;

/** Names for a model: its atlas's columns of numbers, then what is computed live. */
export function statisticNames({ atlas, model }: ServedModel, kind: StatisticKind) {
  const stored = atlas?.statisticNames(kind) ?? [];
  const quick = quickColumns(kind);
  const live = Object.keys(model ? quick : {}).filter(
    (name) => !stored.includes(name) && (model?.dimensions.gated || !needsGate(kind, name)),
  );
  const facts = (name: string, source: 'atlas' | 'live') => {
    return { name, source, ...(quick[name] && { description: quick[name] }) };
  };
  return [...stored.map((name) => facts(name, 'atlas')), ...live.map((name) => facts(name, 'live'))];
}

function needsGate(kind: StatisticKind, name: string): boolean {
  const facts: Readonly<Record<string, StatisticFacts>> = NEURON_STATISTICS;
  return kind === 'neurons' && facts[columnNamed(kind, name)!.statistic].gated === true;
}

/**
 * One number per vector of a neuron or matrix of a head, for the whole model; `ARGUMENT_INVALID` for an unknown name.
 */
export async function statistic(served: ServedModel, kind: StatisticKind, name: string, options: Options) {
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
        ? await allNeurons(served.model!, name, options)
        : await allHeads(served.model!, name, options);
  return { kind, name, source: found.source, ...columns, summary: summaryOf(columns) };
}

const OWN_NEURON_COLUMNS = Object.keys(TABLES.neurons);

/** All parts (matrices) of one of the atlas's columns, one after the other. */
async function fromAtlas(atlas: Atlas, kind: StatisticKind, name: string): Promise<WholeModelColumns> {
  const ofParts = OWN_NEURON_COLUMNS.includes(name);
  const gated = Boolean(atlas.manifest.dimensions.gated);
  const parts =
    kind === 'heads' ? MATRICES : NEURON_PARTS.filter((part) => (ofParts ? part !== 'up' || gated : part === 'value'));
  const columns: WholeModelColumns = {
    layer: [],
    index: [],
    ...(kind === 'neurons' && { expert: [] }),
    part: [],
    value: [],
  };
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

/** Quartiles of each layer's parts, by linear interpolation. */
function summaryOf({ layer, part, value }: WholeModelColumns) {
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
