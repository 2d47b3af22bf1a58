import { WeightscopeError } from '../../errors.ts';
import { HEAD_MATRICES, NEURON_PARTS } from '../../reading/parts.ts';
import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import { ATLAS_PARTS, TABLES, type TableName } from '../schema.ts';
import { checkNumber, checkOneOf } from './check.ts';
import { orderOf } from './rows.ts';
import type { Sources } from './sources.ts';

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

const TABLE = { neurons: 'neuron_stats', heads: 'head_stats' } as const;

/** Numbers that this atlas has for each neuron or head: what can be sorted by and asked for. */
export function statisticNames(sources: Sources, kind: StatisticKind): string[] {
  const { what } = sources.manifest.settings;
  const { own, statistics } = NUMBERS[kind];
  return [
    ...(what.includes(kind) ? own : []),
    ...(what.includes('statistics') ? statistics.filter((name) => sources.has(TABLE[kind], name)) : []),
  ];
}

/**
 * The table a statistic is a column of. Throws `ARGUMENT_INVALID`, also where the atlas has no statistics, or not this
 * one.
 */
export function statisticTable(
  sources: Sources,
  kind: StatisticKind,
  name: string,
): 'neurons' | 'heads' | 'neuron_stats' | 'head_stats' {
  const { own, statistics } = NUMBERS[kind];
  checkOneOf(name, [...own, ...statistics]);
  if (own.includes(name)) return kind;
  checkStatistics(sources, `"${name}"`);
  checkThere(sources, TABLE[kind], name);
  return TABLE[kind];
}

/** Throws `ARGUMENT_INVALID` where the atlas was built without statistics, which `wanted` is one of. */
export function checkStatistics(sources: Sources, wanted: string): void {
  if (sources.manifest.settings.what.includes('statistics')) return;
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected an atlas with statistics for ${wanted}, this one has none; build one with --what ${ATLAS_PARTS.join(',')}.`,
  );
}

/** Throws `ARGUMENT_INVALID` where the atlas was built before this column was added. */
export function checkThere(sources: Sources, table: TableName, column: string): void {
  if (sources.has(table, column)) return;
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected an atlas whose table ${table} has the column ${column}, but this one was built before there was one; build it again.`,
  );
}

/** {@link StatisticColumn}. Statistics of neurons other than those of their vectors are about values. */
export async function statisticColumn(
  sources: Sources,
  kind: StatisticKind,
  name: string,
  options: { part?: NeuronPart; matrix?: HeadMatrix; layer?: number } = {},
): Promise<StatisticColumn> {
  const table = statisticTable(sources, kind, name);
  const part =
    kind === 'neurons'
      ? checkOneOf(options.part ?? 'value', NEURON_PARTS)
      : checkOneOf(options.matrix ?? 'vo', HEAD_MATRICES);
  const asked = { kind, name, part };
  if (options.layer !== undefined) checkNumber(options.layer);
  if (table === 'neurons')
    return { ...asked, ...(await vectorColumn(sources, part as NeuronPart, name, options.layer)) };
  const where = {
    ...(kind === 'heads' && { matrix: part }),
    ...(options.layer !== undefined && { layer: options.layer }),
  };
  const key = kind === 'neurons' ? ['layer', 'expert', 'neuron'] : ['layer', 'head'];
  const found = await sources.rows(table, [...key, name], where);
  const rows = orderOf(found, key);
  const whole = (column: string): Int32Array => Int32Array.from(rows, (row) => found.columns[column][row] as number);
  return {
    ...asked,
    layer: whole('layer'),
    expert: kind === 'neurons' ? whole('expert') : new Int32Array(rows.length),
    index: whole(kind === 'neurons' ? 'neuron' : 'head'),
    value: Float64Array.from(rows, (row) => (found.columns[name][row] as number | null) ?? Number.NaN),
  };
}

/** A column of `neurons`, which is read as it lies in the files. */
async function vectorColumn(
  sources: Sources,
  part: NeuronPart,
  name: string,
  layer: number | undefined,
): Promise<Pick<StatisticColumn, 'layer' | 'expert' | 'index' | 'value'>> {
  const lists = await sources.neurons();
  const column = await lists.column(part, name);
  const groups = lists.places.groups.filter((group) => (layer ?? group.layer) === group.layer);
  const size = groups.reduce((sum, { count }) => sum + count, 0);
  const numbers = { layer: new Int32Array(size), expert: new Int32Array(size), index: new Int32Array(size) };
  const value = new Float64Array(size);
  let n = 0;
  for (const { layer, expert, first, count } of groups) {
    for (let index = 0; index < count; index++) {
      if (Number.isNaN(column[first + index])) continue;
      numbers.layer[n] = layer;
      numbers.expert[n] = expert;
      numbers.index[n] = index;
      value[n++] = column[first + index];
    }
  }
  const { layer: layers, expert, index } = numbers;
  return {
    layer: layers.subarray(0, n),
    expert: expert.subarray(0, n),
    index: index.subarray(0, n),
    value: value.subarray(0, n),
  };
}
