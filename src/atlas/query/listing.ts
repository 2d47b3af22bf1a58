import { HEAD_MATRICES, NEURON_PARTS } from '../../reading/parts.ts';
import { columnNamed, evidenceOf } from '../../reading/statistics/columns.ts';
import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import { checkNumber, checkOneOf } from './check.ts';
import type { Row } from './database.ts';
import type { NeuronLists } from './lists.ts';
import { order } from './order.ts';
import { inParallel } from './parallel.ts';
import { objectOf, orderOf } from './rows.ts';
import type { HeadFacts, Sources } from './sources.ts';
import { statisticTable } from './statistics.ts';

/** A row of the table `neurons`; `value` is what the rows are sorted by. */
export interface NeuronRow {
  layer: number;
  expert: number;
  neuron: number;
  part: NeuronPart;
  norm: number;
  reading_norm: number;
  best: number;
  worst: number;
  top: string;
  bottom: string;
  value: number | null;
  /** Of a statistic: its p, and the share of false discoveries among all neurons with as small a p. */
  p?: number | null;
  q?: number | null;
}

/** A row of the table `heads`; `value` is what the rows are sorted by. */
export interface HeadRow extends HeadFacts {
  value: number | null;
  /** Of a statistic: its p, and the share of false discoveries among all heads (of this matrix) with as small a p. */
  p?: number | null;
  q?: number | null;
}

export interface ListingOptions {
  sort?: string;
  ascending?: boolean;
  layer?: number;
  k?: number;
}

/** Vectors of neurons by a column of `neurons` or, where the atlas has statistics, of `neuron_stats` (their values). */
export async function listNeurons(
  sources: Sources,
  { sort = 'norm', ascending = false, layer, part, k = 20 }: ListingOptions & { part?: NeuronPart },
): Promise<NeuronRow[]> {
  const ofStatistics = statisticTable(sources, 'neurons', sort) === 'neuron_stats';
  const parts = part ? [checkOneOf(part, NEURON_PARTS)] : ofStatistics ? (['value'] as const) : NEURON_PARTS;
  if (layer !== undefined) checkNumber(layer);
  const lists = await sources.neurons();
  const found = ofStatistics
    ? (await statisticRows(sources, 'neuron_stats', { sort, ascending, layer, k })).map(
        ({ layer, expert, neuron, ...numbers }) => ({
          number: lists.places.number(layer as number, expert as number, neuron as number),
          part: parts[0],
          ...(numbers as Evidence),
        }),
      )
    : await bestVectors(lists, parts, { sort, ascending, layer, k: checkNumber(k) });
  const there = found.filter(({ part, number }) => lists.has(part, number));
  const labels = new Map<NeuronPart, Awaited<ReturnType<Sources['neuronLabels']>>>();
  for (const part of parts) {
    const numbers = there.filter((row) => row.part === part).map(({ number }) => number);
    labels.set(part, await sources.neuronLabels(part, numbers));
  }
  return inParallel(there, async ({ part, number, ...found }) => {
    const { index: neuron, ...place } = lists.places.place(number);
    const numbers = await lists.numbers(part, number, ['norm', 'reading_norm', 'best', 'worst']);
    return { ...place, neuron, part, ...numbers, ...labels.get(part)!.get(number)!, ...found };
  });
}

async function bestVectors(
  lists: NeuronLists,
  parts: readonly NeuronPart[],
  { sort, ascending, layer, k }: { sort: string; ascending: boolean; layer?: number; k: number },
): Promise<({ number: number; part: NeuronPart } & Evidence)[]> {
  const values = new Float64Array(lists.places.size * parts.length).fill(Number.NaN);
  for (const [i, part] of parts.entries()) {
    const column = await lists.column(part, sort);
    for (const group of lists.places.groups) {
      if (layer !== undefined && group.layer !== layer) continue;
      for (let number = group.first; number < group.first + group.count; number++)
        values[number * parts.length + i] = column[number];
    }
  }
  return order(values, k, ascending).map((at) => ({
    number: Math.floor(at / parts.length),
    part: parts[at % parts.length],
    value: values[at],
  }));
}

/** Heads, each matrix by itself, by a column of `heads` (default: the best pair's score) or of `head_stats`. */
export async function listHeads(
  sources: Sources,
  { sort = 'best', ascending = false, layer, matrix, k = 20 }: ListingOptions & { matrix?: HeadMatrix },
): Promise<HeadRow[]> {
  const ofStatistics = statisticTable(sources, 'heads', sort) === 'head_stats';
  if (matrix) checkOneOf(matrix, HEAD_MATRICES);
  if (layer !== undefined) checkNumber(layer);
  const { rows } = await sources.heads();
  if (ofStatistics) {
    const key = (row: { layer: unknown; head: unknown; matrix: unknown }) => `${row.layer}:${row.head} ${row.matrix}`;
    const known = new Map(rows.map((row) => [key(row), row]));
    const found = await statisticRows(sources, 'head_stats', { sort, ascending, layer, matrix, k });
    return found.flatMap(({ layer, head, matrix, ...numbers }) => {
      const facts = known.get(key({ layer, head, matrix }));
      return facts ? [{ ...facts, ...(numbers as Evidence) }] : [];
    });
  }
  const chosen = rows
    .filter((row) => (matrix ?? row.matrix) === row.matrix && (layer ?? row.layer) === row.layer)
    .sort((a, b) => a.layer - b.layer || a.head - b.head || (a.matrix < b.matrix ? -1 : 1));
  const values = Float64Array.from(chosen, (row) => row[sort as 'best' | 'worst']);
  return order(values, checkNumber(k), ascending).map((i) => ({ ...chosen[i], value: values[i] }));
}

type Evidence = Pick<NeuronRow, 'value' | 'p' | 'q'>;

/**
 * Rows of a table of statistics in order of one of its columns, nulls last, with the p and q of the statistic it is of.
 */
async function statisticRows(
  sources: Sources,
  table: 'neuron_stats' | 'head_stats',
  { sort, ascending, layer, matrix, k = 20 }: ListingOptions & { sort: string; matrix?: HeadMatrix },
): Promise<Row[]> {
  const key = table === 'neuron_stats' ? ['layer', 'expert', 'neuron'] : ['layer', 'head', 'matrix'];
  const kind = table === 'neuron_stats' ? 'neurons' : 'heads';
  checkNumber(k);
  const evidence = Object.entries(evidenceOf(kind, columnNamed(kind, sort)!.statistic) ?? {});
  const names = [...new Set([...key, sort, ...evidence.map(([, column]) => column)])];
  const where = { ...(matrix && { matrix }), ...(layer !== undefined && { layer }) };
  const found = await sources.rows(table, names, where);
  const said: [name: string, column: string][] = [
    ...key.map((name): [string, string] => [name, name]),
    ['value', sort],
  ];
  return orderOf(found, [[sort, !ascending], ...key])
    .slice(0, k)
    .map((row) => {
      const values = objectOf(found, names, row);
      return Object.fromEntries([...said, ...evidence].map(([name, column]) => [name, values[column]]));
    });
}
