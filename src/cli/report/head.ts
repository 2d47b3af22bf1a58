import { asRow } from '../../questions/table.ts';
import { chanceNotes } from '../../reading/chance-in-words.ts';
import { HEAD_MATRICES } from '../../reading/parts.ts';
import type { AppliedToPairs, Counter, HeadMatrix, HeadReading, MatrixReading } from '../../reading/types.ts';
import type { Block, Group, Report, Tone } from '../output/report.ts';
import {
  appliedLine,
  foldColumn,
  marginColumn,
  marginInWords,
  pairsLine,
  plural,
  scoreFormat,
  thousands,
} from './reading.ts';

const ROLE: Record<HeadMatrix, { text: string; tone: Tone; other: HeadMatrix }> = {
  vo: { text: 'VO (reads → writes)', tone: 'write', other: 'qk' },
  qk: { text: 'QK (query → key)', tone: 'read', other: 'vo' },
};

export interface HeadReportOptions {
  /** Only counts were asked for. */
  countOnly?: boolean;
  /** How many pairs were asked for. */
  k?: number;
  /** Words of each counter shown in tables; all are in the JSON. Default 12. */
  counterWords?: number;
  /** Pairs shown in tables; default all. */
  shown?: number;
}

/** A head's matrices side by side as token pairs, each with its count and the words most often in its pairs. */
export function headReport(reading: HeadReading, asked: HeadReportOptions = {}): Report {
  // Without a pair to list there are the numbers of them.
  const options = asked.k === 0 ? { ...asked, countOnly: true } : asked;
  const { model, layer, head, normalize, applied } = reading;
  return {
    title: `head ${layer}:${head} of ${model}`,
    applied: [...appliedLine(normalize, applied), ...pairsLine(applied)],
    groups: headGroups(reading, options),
    notes: [
      ...chanceNotes(
        matricesOf(reading).map(([matrix, read]) => [matrix.toUpperCase(), read]),
        'heads',
      ),
      ...applied.notes,
    ],
    json: reading,
    *records() {
      for (const [matrix, { pairs, count }] of matricesOf(reading)) {
        const of = { model, layer, head, matrix };
        if (options.countOnly) yield { ...of, count };
        else for (const [i, pair] of pairs.entries()) yield { ...of, rank: i + 1, ...asRow(pair) };
      }
    },
  };
}

export function headGroups(reading: HeadReading, options: HeadReportOptions = {}): Group[] {
  const matrices = matricesOf(reading);
  if (options.countOnly) {
    const rows = matrices.map(([matrix, { count }]) => [matrix.toUpperCase(), thousands(count)]);
    return [{ blocks: [{ columns: [{ name: 'matrix' }, { name: 'pairs', align: 'right' }], rows }] }];
  }
  return [
    { ranked: true, blocks: matrices.map(([matrix, read]) => pairBlock(matrix, read, reading.applied, options)) },
  ];
}

function pairBlock(
  matrix: HeadMatrix,
  read: MatrixReading,
  applied: AppliedToPairs,
  { counterWords = 12, shown }: HeadReportOptions,
): Block {
  const { counters } = read;
  const pairs = shown === undefined ? read.pairs : read.pairs.slice(0, shown);
  const format = scoreFormat(pairs);
  const withOther = pairs.some((pair) => pair.other !== undefined);
  const withFold = pairs.some((pair) => pair.foldRank !== undefined);
  const withMargin = pairs.some((pair) => pair.margin !== undefined);
  const formatOther = scoreFormat(pairs.map((pair) => ({ score: pair.other ?? 0 })));
  return {
    heading: ROLE[matrix].text,
    tone: ROLE[matrix].tone,
    columns: [
      { name: 'first', align: 'right', flexible: true },
      { name: '', faint: true, gap: 1 },
      { name: 'second', flexible: true, gap: 1 },
      { name: withOther ? matrix.toUpperCase() : 'score', align: 'right', faint: true, shown: withOther },
      ...(withMargin ? [marginColumn] : []),
      ...(withOther
        ? [{ name: ROLE[matrix].other.toUpperCase(), align: 'right', faint: true, shown: true } as const]
        : []),
      ...(withFold ? [{ name: foldColumn(applied), align: 'right', faint: true, shown: true } as const] : []),
    ],
    // Made when they are printed: a list may have millions.
    rows: {
      length: pairs.length,
      at: (row) => {
        const { first, second, score, other, foldRank, margin } = pairs[row] ?? {};
        if (!first || !second || score === undefined) return undefined;
        const otherScore = withOther ? [other === undefined ? '' : formatOther(other)] : [];
        return [
          first.label,
          '→',
          second.label,
          format(score),
          ...(withMargin ? [marginInWords(margin, format)] : []),
          ...otherScore,
          ...(withFold ? [foldRank === undefined ? '–' : thousands(foldRank)] : []),
        ];
      },
    },
    footer: {
      name: matrix.toUpperCase(),
      text: countLine(read, applied),
      lists: (['first', 'second'] as const)
        .filter((name) => !repeats(counters[name], pairs.length))
        .map((name) => ({ name, items: counterItems(counters[name], counterWords) })),
    },
  };
}

/** How many pairs the lists are of: all between the thresholds, or without any the first of all. */
function countLine({ pairs, count, above, below }: MatrixReading, given: AppliedToPairs): string {
  const bounds = [
    ...(above === undefined ? [] : [`above ${bound(above, given.above)}`]),
    ...(below === undefined ? [] : [`below ${bound(below, given.below)}`]),
  ];
  if (bounds.length === 0) return `the first ${thousands(pairs.length)} of ${plural(count, 'pair')}`;
  return `${plural(count, 'pair')} ${bounds.join(' and ')}${pairs.length < count ? `, ${thousands(pairs.length)} listed` : ''}`;
}

/** A threshold as it was given; one found by rank as scores are written. */
function bound(score: number, given: number | undefined): string {
  return score === given ? String(score) : scoreFormat([{ score }])(score);
}

/** Whether a counter says no more than the list of pairs above it: each word once, and no other pair. */
const repeats = (counter: Counter, listed: number): boolean =>
  counter.length <= listed && counter.every(([, n]) => n === 1);

/** `·more ×31`; words that came once only are left to the JSON unless nothing came twice. */
function counterItems(counter: Counter, words: number): string[] {
  const often = counter.filter(([, n]) => n > 1);
  return (often.length ? often : counter).slice(0, words).map(([label, n]) => `${label} ×${thousands(n)}`);
}

const matricesOf = (reading: HeadReading): [HeadMatrix, MatrixReading][] =>
  HEAD_MATRICES.flatMap((matrix) => {
    const read = reading[matrix];
    return read ? [[matrix, read] as [HeadMatrix, MatrixReading]] : [];
  });
