import { type NeuronAt, neuronText } from '../../reading/place.ts';
import { statisticsOf } from '../../reading/statistics/catalogue.ts';
import { evidenceOf } from '../../reading/statistics/columns.ts';
import type { StatisticRow, WholeModelStatistics } from '../../reading/statistics/whole-model.ts';
import type { Block, Report } from '../output/report.ts';
import { probability } from './reading.ts';

/** For each statistic the heads or neurons that stand out most: by p where it has one, else the largest. */
export function statisticsReport({ model, of, rows, notes }: WholeModelStatistics, { k }: { k: number }): Report {
  const shown = statisticsOf(of).filter(
    ([name, { whole, elsewhere }]) => !whole && !elsewhere && rows.some((row) => row[name] !== null),
  );
  return {
    title: `statistics of the ${of} of ${model}`,
    applied: [
      'normalised by nothing',
      `q among all ${of} that were measured${of === 'heads' ? ', for each matrix' : ''}`,
    ],
    groups: shown.map(([name, { title, sentence }]) => ({
      title,
      text: `${sentence}.`,
      blocks: [blockOf(name, of, rows, k)],
    })),
    notes,
    json: { model, of, rows, notes },
    records: () => rows,
  };
}

function blockOf(name: string, of: WholeModelStatistics['of'], rows: readonly StatisticRow[], k: number): Block {
  const evidence = evidenceOf(of, name);
  const by = (row: StatisticRow, column: string | undefined): number =>
    column === undefined || row[column] === null ? Number.POSITIVE_INFINITY : Number(row[column]);
  const best = rows
    .filter((row) => row[name] !== null)
    .sort((a, b) => by(a, evidence?.p) - by(b, evidence?.p) || Number(b[name]) - Number(a[name]))
    .slice(0, k);
  const ends = evidence ? [evidence.p, evidence.q] : [];
  return {
    columns: [
      { name: of === 'heads' ? 'head' : 'neuron', shown: true },
      ...(of === 'heads' ? [{ name: 'matrix', shown: true }] : []),
      { name: 'value', shown: true, align: 'right' },
      ...ends.map((_, i) => ({ name: ['p', 'q'][i], shown: true, align: 'right' as const, faint: true })),
    ],
    rows: best.map((row) => [
      placeOf(row),
      ...(of === 'heads' ? [String(row.matrix)] : []),
      Number(row[name]).toPrecision(4),
      ...ends.map((column) => probability(row[column] as number | null)),
    ]),
  };
}

const placeOf = ({ layer, head, neuron, expert }: StatisticRow): string =>
  head !== undefined ? `${layer}:${head}` : neuronText({ layer, neuron, expert } as NeuronAt);
