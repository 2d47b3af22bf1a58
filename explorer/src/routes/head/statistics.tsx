import { useRef } from 'react';
import { HEAD_STATISTICS, type StatisticFacts } from '../../../../src/reading/statistics/catalogue.ts';
import type { HeadStatistics } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { NullBands } from '../../components/null-band.tsx';
import { Answer } from '../../components/states.tsx';
import { useWidth } from '../../components/use-width.ts';
import { formatCount, formatP, formatScore, formatSpread } from '../../format.ts';
import type { HeadAnswers } from './use-head.ts';

type Statistics = HeadAnswers['statistics'];
type Tested = HeadStatistics['copying'];

type StatisticRow = Tested & { name: string; title: string; n?: number | undefined; few?: boolean };

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
    <Answer query={statistics} what="Measuring the head against its nulls">
      {(data) => (
        <>
          <Rows rows={rowsOf(data)} name={name} />
          <p className="soft band-note">
            Each dot is this head beside chance: a random head of its shape (upper line), its own words shuffled (lower
            line). The grey band holds 95 of 100 chance values, a dot within it is hollow; the scale is in standard
            deviations, compressed outwards.
          </p>
        </>
      )}
    </Answer>
  );
}

/** All of them at once; a name that has no room in one line has two. */
function Rows({ rows, name }: { rows: readonly StatisticRow[]; name: string }) {
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  return (
    <div ref={holder}>
      <DataTable
        label="Statistics and their nulls"
        name={`${name}-statistics`}
        className="statistics"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ name }) => name}
        visible={rows.length}
        lines={width < ONE_LINE ? 2 : 1}
      />
    </div>
  );
}

/** From this width on the longest name, `past tense, suppressed beyond copying`, stands in one line. */
const ONE_LINE = 680;

const NULLS = {
  random: { name: 'random head', what: 'a head of the same singular values whose directions are drawn at random' },
  shuffled: { name: 'shuffled words', what: 'this head with the vocabulary shuffled on one side' },
} as const;

const pColumn = (id: keyof typeof NULLS): Column<StatisticRow> => ({
  id: `${id}_p`,
  header: `p ${id}`,
  title: `How probable so extreme a value is for ${NULLS[id].what}`,
  value: (row) => row[id]?.p ?? undefined,
  cell: (row) => (
    <span className="number" title={row[id] && besideOf(row, id).title}>
      {pText(row[id])}
    </span>
  ),
  width: '66px',
  numeric: true,
});

/** In the files alone: on the page they are the picture. */
const momentColumns = (id: keyof typeof NULLS): Column<StatisticRow>[] => [
  { id: `${id}_mean`, header: `${id} mean`, value: (row) => row[id]?.mean, hidden: true },
  { id: `${id}_sd`, header: `${id} sd`, value: (row) => row[id]?.sd, hidden: true },
  { id: `${id}_z`, header: `${id} z`, value: (row) => row[id]?.z ?? undefined, hidden: true },
];

function besideOf(row: StatisticRow, id: keyof typeof NULLS) {
  const chance = row[id]!;
  const { name } = NULLS[id];
  const moments = chance.mean === undefined ? '' : ` ${nullText(chance)}`;
  return { name, z: chance.z, title: `${name}${moments}, z ${zText(chance.z)}, p ${pText(chance)}` };
}

const COLUMNS: Column<StatisticRow>[] = [
  {
    id: 'statistic',
    header: 'statistic',
    value: ({ name }) => name,
    cell: ({ name, title }) => (
      <span className="text" title={`${name}: ${title}`}>
        {name}
      </span>
    ),
    width: 'minmax(150px, 1fr)',
  },
  {
    id: 'value',
    header: 'value',
    value: ({ value }) => value,
    cell: ({ value }) => <b className="number value">{formatScore(value)}</b>,
    width: '52px',
    numeric: true,
  },
  {
    id: 'n',
    header: 'n',
    title: 'Of how many tokens, or pairs of the relation',
    value: ({ n }) => n,
    cell: ({ n, few }) => (
      <span className="number" title={few ? 'Too few to rank heads by' : undefined}>
        {few && 'only '}
        {n === undefined ? '' : formatCount(n)}
      </span>
    ),
    width: '44px',
    numeric: true,
  },
  {
    id: 'chance',
    header: '',
    value: () => undefined,
    cell: (row) => (
      <NullBands
        nulls={(['random', 'shuffled'] as const).filter((id) => row[id] !== undefined).map((id) => besideOf(row, id))}
      />
    ),
    width: 'minmax(80px, 150px)',
  },
  pColumn('random'),
  pColumn('shuffled'),
  ...momentColumns('random'),
  ...momentColumns('shuffled'),
];

function rowsOf(statistics: HeadStatistics): StatisticRow[] {
  const answer = (place: string): unknown =>
    place.split('.').reduce<unknown>((of, name) => (of as Record<string, unknown> | undefined)?.[name], statistics);
  return [
    ...Object.values<StatisticFacts>(HEAD_STATISTICS).flatMap(
      ({ title: name, sentence, answer: place, whole, shareOf }) => {
        const found = place && !whole ? (answer(place) as Tested | undefined) : undefined;
        const counted = shareOf && answer(HEAD_STATISTICS[shareOf as 'self_tokens'].answer);
        const title = typeof counted === 'number' ? `${sentence}, of ${formatCount(counted)}` : sentence;
        const n = typeof counted === 'number' ? counted : undefined;
        return found ? [{ name, title, n, ...found }] : [];
      },
    ),
    ...statistics.relations.flatMap(({ relation, pairs, given, promoted, suppressed }) => {
      const few = pairs < ENOUGH_PAIRS;
      const rows = (what: string, end: string, share: typeof promoted) => [
        {
          name: `${relation}, ${what}`,
          few,
          title: `Of ${of(pairs, given)}, among the ten ${end}`,
          n: pairs,
          ...share,
        },
        ...(share.copying
          ? [
              {
                name: `${relation}, ${what} beyond copying`,
                few,
                title: `Of ${of(pairs, given)} E·Eᵀ alone has ${formatScore(share.copying.identity)}: those that the head has and it has not, beside random heads that copy what they read`,
                n: pairs,
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
