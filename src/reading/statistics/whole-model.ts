import type { Model } from '../../model/types.ts';
import { hasHeads } from '../factors.ts';
import { noteFacts, notesOf } from '../notes.ts';
import { checkIndex, expertOf, parametersOf, VECTOR_KINDS } from '../parameters.ts';
import { HEAD_MATRICES } from '../parts.ts';
import type { ReadOptions } from '../types.ts';
import {
  HEAD_STATISTICS,
  type HeadStatisticName,
  NEURON_STATISTICS,
  type NeuronStatisticName,
  type StatisticKind,
} from './catalogue.ts';
import { columnNamed, discoveries, flattened, ROW_COLUMNS } from './columns.ts';
import { HEAD_MEASURES, type HeadMeasureName, measuredHeads, NEURON_MEASURES } from './measures.ts';

type Options = Pick<ReadOptions, 'engine' | 'embedding' | 'foldNorm' | 'signal' | 'progress'>;

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

/** One of the `quick` columns of `catalogue.ts` for every neuron, experts one after the other. */
export async function allNeurons(model: Model, name: string, options: Options): Promise<WholeModelColumns> {
  const columns = { layer: [], index: [], expert: [], part: [], value: [] } as Required<WholeModelColumns>;
  const { statistic } = columnNamed('neurons', name)!;
  const { measure } = NEURON_STATISTICS[statistic as NeuronStatisticName];
  for (const layer of eachLayer(model, options)) {
    for (const expert of expertsOf(model, layer)) {
      const how = { ...options, progress: undefined, statistics: [statistic], expert };
      const found = (await NEURON_MEASURES[measure](model, layer, how))[statistic as NeuronStatisticName] ?? {};
      for (const [part, measured] of Object.entries(found)) {
        const values = flattened('neurons', statistic, measured)[name];
        for (const [index, value] of values?.entries() ?? []) add(columns, layer, index, part, value, expert ?? 0);
      }
    }
  }
  return columns;
}

/** One of the `quick` columns of `catalogue.ts` for both matrices of every head. */
export async function allHeads(model: Model, name: string, options: Options): Promise<WholeModelColumns> {
  const columns: WholeModelColumns = { layer: [], index: [], part: [], value: [] };
  const { statistic, against } = columnNamed('heads', name)!;
  const { measure } = HEAD_STATISTICS[statistic as HeadStatisticName];
  const how = { ...options, progress: undefined, nulls: against ? [against] : [] };
  for (const layer of eachLayer(model, options)) {
    for (const matrix of hasHeads(model, layer) ? HEAD_MATRICES : []) {
      for (const { head, values } of await measuredHeads(model, layer, matrix, measure, how))
        add(columns, layer, head, matrix, flattened('heads', statistic, values[statistic])[name]);
    }
  }
  return columns;
}

/** Of a layer's neurons: undefined where they are of no expert. */
const expertsOf = (model: Model, layer: number): (number | undefined)[] =>
  parametersOf(model, layer, 'ff.value').map(({ name }) => expertOf(model, name));

/** Says after each layer how far the work is. */
function* eachLayer(model: Model, { progress }: Options, chosen?: readonly number[], what = ''): Generator<number> {
  const layers = chosen ?? Array.from({ length: model.dimensions.layers }, (_, layer) => layer);
  for (const [done, layer] of layers.entries()) {
    yield layer;
    progress?.((done + 1) / layers.length, `${what}layer ${layer}`);
  }
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

/** A neuron, or one matrix of a head, with all its statistics: the row that an atlas of these layers has of it. */
export type StatisticRow = { layer: number } & Record<string, number | string | null>;

/** All statistics of a model's neurons or heads. */
export interface WholeModelStatistics {
  model: string;
  of: StatisticKind;
  /** In order of layer and number, a head's `vo` before its `qk`. */
  rows: StatisticRow[];
  /** Which tokens are left out, which embedding each side stands against, what the model does and no statistic does. */
  notes: string[];
}

/**
 * All statistics of all neurons or heads of a model, or of some layers: what an atlas's tables `neuron_stats` and
 * `head_stats` have, to the bit (key_value_jaccard: of an atlas that lists 100 tokens, as by default). q counts the
 * false discoveries to expect among all that were asked for, of heads for each matrix by itself. Throws `OUT_OF_RANGE`.
 */
export async function statisticRows(
  model: Model,
  kind: StatisticKind,
  { layers, ...options }: Options & { layers?: readonly number[] } = {},
): Promise<WholeModelStatistics> {
  for (const layer of layers ?? []) checkIndex(layer, model.dimensions.layers, 'layer');
  const rows: StatisticRow[] = [];
  for (const layer of eachLayer(model, options, layers, `statistics of ${kind}, `)) {
    const how = { ...options, progress: undefined };
    rows.push(...(kind === 'heads' ? await headRows(model, layer, how) : await neuronRows(model, layer, how)));
  }
  addDiscoveries(kind, rows);
  const kinds = VECTOR_KINDS.filter((of) => of.startsWith(kind === 'heads' ? 'attn' : 'ff'));
  return { model: model.name, of: kind, rows, notes: notesOf(await noteFacts(model, kinds, options), kinds, options) };
}

/** Fills the columns of q, over all rows, of heads over those of each matrix. */
export function addDiscoveries(kind: StatisticKind, rows: readonly StatisticRow[]): void {
  const groups = kind === 'heads' ? HEAD_MATRICES.map((matrix) => rows.filter((row) => row.matrix === matrix)) : [rows];
  for (const group of groups) {
    const q = discoveries(kind, (p) => group.map((row) => (row[p] as number | null) ?? Number.NaN));
    for (const [name, values] of Object.entries(q))
      for (const [i, row] of group.entries()) row[name] = orNull(values[i]);
  }
}

const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** All columns of the table, each value before its nulls; null where there is no number (yet). */
export function statisticRow(
  kind: StatisticKind,
  place: Pick<StatisticRow, 'layer'> & Record<string, number | string>,
  of: (column: string) => number | undefined,
): StatisticRow {
  return { ...place, ...Object.fromEntries(ROW_COLUMNS[kind].map(({ name }) => [name, orNull(of(name))])) };
}

async function headRows(model: Model, layer: number, options: Options): Promise<StatisticRow[]> {
  if (!hasHeads(model, layer)) return [];
  const found: Record<string, number | undefined>[][] = [];
  for (const [i, matrix] of HEAD_MATRICES.entries()) {
    for (const measure of Object.keys(HEAD_MEASURES) as HeadMeasureName[]) {
      for (const { head, values } of await measuredHeads(model, layer, matrix, measure, options)) {
        found[head] ??= HEAD_MATRICES.map(() => ({}));
        for (const [name, measured] of Object.entries(values))
          Object.assign(found[head][i], flattened('heads', name, measured));
      }
    }
  }
  return found.flatMap((matrices, head) =>
    matrices.map((own, i) => statisticRow('heads', { layer, head, matrix: HEAD_MATRICES[i] }, (name) => own[name])),
  );
}

async function neuronRows(model: Model, layer: number, options: Options): Promise<StatisticRow[]> {
  const rows: StatisticRow[] = [];
  for (const expert of expertsOf(model, layer)) {
    const own: Record<string, Float64Array | undefined> = {};
    for (const measure of Object.values(NEURON_MEASURES)) {
      for (const [name, { value }] of Object.entries(await measure(model, layer, { ...options, expert })))
        if (value) Object.assign(own, flattened('neurons', name, value));
    }
    const { length } = own.key_value_cosine!;
    for (let neuron = 0; neuron < length; neuron++)
      rows.push(statisticRow('neurons', { layer, expert: expert ?? 0, neuron }, (name) => own[name]?.[neuron]));
  }
  return rows;
}
