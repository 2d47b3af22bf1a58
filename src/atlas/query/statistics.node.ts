import { WeightscopeError } from '../../errors.ts';
import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import { ATLAS_PARTS, type Manifest, TABLES } from '../schema.ts';
import { checkNumber, checkOneOf, HEAD_MATRICES, NEURON_PARTS } from './check.ts';
import type { Database } from './database.node.ts';

export type StatisticKind = 'neurons' | 'heads';

/** One number for every neuron or head of the atlas, in the order of layer, expert and index. */
export interface StatisticColumn {
  kind: StatisticKind;
  name: string;
  /** The part of neurons or the matrix of heads it is about. */
  part: NeuronPart | HeadMatrix;
  layer: Int32Array;
  expert: Int32Array;
  /** The neuron's or head's number within its layer (and expert). */
  index: Int32Array;
  /** NaN where there is none. */
  value: Float64Array;
}

const NUMBERS = {
  neurons: { own: doublesOf(TABLES.neurons), statistics: doublesOf(TABLES.neuron_stats) },
  heads: { own: doublesOf(TABLES.heads), statistics: doublesOf(TABLES.head_stats) },
};

export function doublesOf(table: Readonly<Record<string, string>>): string[] {
  return Object.keys(table).filter((name) => table[name].startsWith('DOUBLE'));
}

/** Numbers that an atlas of these settings has for each neuron or head: what can be sorted by and asked for. */
export function statisticNames({ settings }: Manifest, kind: StatisticKind): string[] {
  const { own, statistics } = NUMBERS[kind];
  return [...(settings.what.includes(kind) ? own : []), ...(settings.what.includes('statistics') ? statistics : [])];
}

/** The table a statistic is a column of. Throws `ARGUMENT_INVALID`, also where the atlas has no statistics. */
export function statisticTable(
  { settings }: Manifest,
  kind: StatisticKind,
  name: string,
): 'neurons' | 'heads' | 'neuron_stats' | 'head_stats' {
  const { own, statistics } = NUMBERS[kind];
  checkOneOf(name, [...own, ...statistics]);
  if (own.includes(name)) return kind;
  if (!settings.what.includes('statistics'))
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected an atlas with statistics for "${name}", this one has none; build one with --what ${ATLAS_PARTS.join(',')}.`,
    );
  return kind === 'neurons' ? 'neuron_stats' : 'head_stats';
}

/** {@link StatisticColumn}. Statistics of neurons other than those of their vectors are about values. */
export async function statisticColumn(
  database: Database,
  manifest: Manifest,
  kind: StatisticKind,
  name: string,
  options: { part?: NeuronPart; matrix?: HeadMatrix; layer?: number } = {},
): Promise<StatisticColumn> {
  const table = statisticTable(manifest, kind, name);
  const part =
    kind === 'neurons'
      ? checkOneOf(options.part ?? 'value', NEURON_PARTS)
      : checkOneOf(options.matrix ?? 'vo', HEAD_MATRICES);
  const where = [
    ...(table === 'neurons' ? [`part = '${part}'`] : []),
    ...(kind === 'heads' ? [`matrix = '${part}'`] : []),
    ...(options.layer === undefined ? [] : [`layer = ${checkNumber(options.layer)}`]),
  ];
  const place = kind === 'neurons' ? 'expert, neuron AS index' : '0 AS expert, head AS index';
  const [layer, expert, index, value] = await database.columns(
    `SELECT layer, ${place}, ${name} FROM ${table} WHERE ${where.join(' AND ') || 'true'} ORDER BY 1, 2, 3`,
  );
  return {
    kind,
    name,
    part,
    layer: Int32Array.from(layer as number[]),
    expert: Int32Array.from(expert as number[]),
    index: Int32Array.from(index as number[]),
    value: Float64Array.from(value as (number | null)[], (x) => x ?? Number.NaN),
  };
}
