import { HEAD_STATISTICS, type StatisticFacts } from '../../../../src/reading/statistics/catalogue.ts';
import type { HeadStatistics } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Answer } from '../../components/states.tsx';
import { formatP, formatScore, formatSpread } from '../../format.ts';
import type { HeadAnswers } from './use-head.ts';

type Statistics = HeadAnswers['statistics'];
type Tested = HeadStatistics['copying'];

type StatisticRow = Tested & { name: string; title: string };

/** The head's copying in one line, with what a random head of its shape would have. */
export function CopyingLine({ statistics }: { statistics: Statistics }) {
  const { data } = statistics;
  if (!data) return <span className="soft">copying …</span>;
  const { value, random } = data.copying;
  return (
    <span>
      copying {formatScore(value)}
      {random && (
        <span className="soft">
          {' '}
          ({random.mean !== undefined && `random head ${nullText(random)}, `}
          {evidence(random)})
        </span>
      )}
    </span>
  );
}

/** Every statistic with both of its nulls. */
export function StatisticsTable({ statistics, name }: { statistics: Statistics; name: string }) {
  return (
    <Answer query={statistics} progress={statistics.progress} what="Measuring the head against its nulls">
      {(data) => (
        <DataTable
          label="Statistics and their nulls"
          name={`${name}-statistics`}
          className="statistics"
          columns={COLUMNS}
          rows={rowsOf(data)}
          rowKey={({ name }) => name}
        />
      )}
    </Answer>
  );
}

const nullColumn = (id: 'random' | 'shuffled', header: string, title: string): Column<StatisticRow>[] => [
  {
    id,
    header,
    title,
    value: (row) => row[id]?.mean,
    cell: (row) => <span className="number">{nullText(row[id])}</span>,
    width: 'minmax(88px, 0.7fr)',
    numeric: true,
  },
  {
    id: `${id}_p`,
    header: 'p',
    title: `How probable so extreme a value is there: ${title}`,
    value: (row) => row[id]?.p ?? undefined,
    cell: (row) => (
      <span className="number" title={row[id] && `${zText(row[id].z)} deviations from its mean`}>
        {pText(row[id])}
      </span>
    ),
    width: '48px',
    numeric: true,
  },
];

const COLUMNS: Column<StatisticRow>[] = [
  {
    id: 'statistic',
    header: 'statistic',
    value: ({ name }) => name,
    cell: ({ name, title }) => <span title={title}>{name}</span>,
    width: 'minmax(120px, 1fr)',
  },
  {
    id: 'value',
    header: 'value',
    value: ({ value }) => value,
    cell: ({ value }) => <b className="number value">{formatScore(value)}</b>,
    width: '56px',
    numeric: true,
  },
  ...nullColumn('random', 'random head', 'a head of the same singular values whose directions are drawn at random'),
  ...nullColumn('shuffled', 'shuffled words', 'this head with the vocabulary shuffled on one side'),
];

function rowsOf(statistics: HeadStatistics): StatisticRow[] {
  const answer = (place: string): unknown =>
    place.split('.').reduce<unknown>((of, name) => (of as Record<string, unknown> | undefined)?.[name], statistics);
  return [
    ...Object.values<StatisticFacts>(HEAD_STATISTICS).flatMap(
      ({ title: name, sentence, answer: place, whole, shareOf }) => {
        const found = place && !whole ? (answer(place) as Tested | undefined) : undefined;
        const counted = shareOf && answer(HEAD_STATISTICS[shareOf as 'self_tokens'].answer);
        const title = typeof counted === 'number' ? `${sentence}, of ${counted.toLocaleString('en-US')}` : sentence;
        return found ? [{ name, title, ...found }] : [];
      },
    ),
    ...statistics.relations.flatMap(({ relation, pairs, given, promoted, suppressed }) => {
      const few = pairs < ENOUGH_PAIRS ? ` (only ${pairs} pairs)` : '';
      const rows = (what: string, end: string, share: typeof promoted) => [
        { name: `${relation}${few}, ${what}`, title: `Of ${of(pairs, given)}, among the ten ${end}`, ...share },
        ...(share.copying
          ? [
              {
                name: `${relation}${few}, ${what} beyond copying`,
                title: `Of ${of(pairs, given)} E·Eᵀ alone has ${formatScore(share.copying.identity)}: those that the head has and it has not, beside random heads that copy what they read`,
                value: share.copying.above,
                random: share.copying,
              },
            ]
          : []),
      ];
      return [...rows('promoted', 'best', promoted), ...rows('suppressed', 'worst', suppressed)];
    }),
  ];
}

/** With fewer pairs heads cannot be ranked. */
const ENOUGH_PAIRS = 20;

const of = (pairs: number, given: number | undefined): string =>
  `${pairs} pairs${given === undefined ? '' : ` (${given} given)`}`;

/** An atlas keeps the z alone. */
const nullText = (chance: Tested['random']): string =>
  chance?.mean === undefined || chance.sd === undefined ? '–' : formatSpread(chance.mean, chance.sd);

/** Older atlases have no p. */
const pText = (chance: Tested['random']): string => (chance?.p == null ? '–' : formatP(chance.p));

const evidence = (chance: NonNullable<Tested['random']>): string =>
  chance.p == null ? `z ${zText(chance.z)}` : `p ${formatP(chance.p)}`;

/** A null that never varies has no z. */
const zText = (z: number | null): string => (z === null ? '∞' : formatScore(z));
