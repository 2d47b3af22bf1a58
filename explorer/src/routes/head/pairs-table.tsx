import { useMemo, useRef } from 'react';
import type { TokenPair } from '../../api/types.ts';
import { Bar, type Tone } from '../../components/bar.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { formatCount, scoreFormat } from '../../format.ts';
import { pairText } from '../../state/pair.ts';

interface PairsTableProps {
  label: string;
  name: string;
  model: string;
  pairs: readonly TokenPair[];
  headings: { first: string; second: string };
  tone: Tone;
  /** The pair that is looked at, as addresses have it. */
  chosen: string | undefined;
  /** Copies the link to a pair, and looks at it. */
  onLink: (pair: TokenPair) => void;
}

const keyOf = ({ first, second }: TokenPair): string => pairText({ first: first.id, second: second.id });

/** The listed pairs, as long a list as it may be. */
export function PairsTable({ label, name, model, pairs, headings, tone, chosen, onLink }: PairsTableProps) {
  // Columns are made anew for other pairs alone.
  const link = useRef(onLink);
  link.current = onLink;
  const columns = useMemo((): Column<TokenPair>[] => {
    const format = scoreFormat(pairs.map(({ score }) => score));
    const full = pairs.reduce((most, { score }) => Math.max(most, Math.abs(score)), 0);
    const withOther = pairs[0]?.other !== undefined;
    const formatOther = scoreFormat(pairs.flatMap(({ other }) => other ?? []));
    const ranks = new Map(pairs.map((pair, at) => [pair, at + 1]));
    return [
      {
        id: 'rank',
        header: '#',
        title: 'Its place in the list',
        value: (pair) => ranks.get(pair),
        cell: (pair) => <span className="number">{formatCount(ranks.get(pair)!)}</span>,
        width: pairs.length > 9999 ? '48px' : pairs.length > 999 ? '34px' : '24px',
        numeric: true,
      },
      {
        id: 'first',
        header: headings.first,
        value: ({ first }) => first.label,
        cell: ({ first }) => <TokenLabel token={first} model={model} />,
      },
      { id: 'arrow', header: '', value: () => undefined, cell: () => <span className="soft">→</span>, width: '12px' },
      {
        id: 'second',
        header: headings.second,
        value: ({ second }) => second.label,
        cell: ({ second }) => <TokenLabel token={second} model={model} />,
      },
      {
        id: 'score',
        header: 'score',
        value: ({ score }) => score,
        cell: ({ score, margin }) => (
          <>
            <span className="number">{format(score)}</span>
            {/* A margin stands where the bar will. */}
            {margin === undefined ? (
              <Bar value={score} max={full} />
            ) : (
              <span className="margin">± {format(margin)}</span>
            )}
          </>
        ),
        width: '88px',
        numeric: true,
      },
      ...(pairs[0]?.margin === undefined
        ? []
        : [{ id: 'preview_margin', header: '±', value: ({ margin }: TokenPair) => margin, hidden: true }]),
      ...(withOther
        ? [
            {
              id: 'other',
              header: 'other',
              title: 'The pair’s score in the head’s other matrix',
              value: ({ other }: TokenPair) => other,
              cell: ({ other }: TokenPair) => <span className="number">{formatOther(other ?? Number.NaN)}</span>,
              width: '52px',
              numeric: true,
            },
          ]
        : []),
      {
        id: 'link',
        header: '',
        value: () => undefined,
        cell: (pair) => (
          <button
            type="button"
            className="pair-link"
            title="copy link to this pair, and look at it"
            aria-label={`copy link to ${pair.first.label} → ${pair.second.label}`}
            onClick={() => link.current(pair)}
          >
            link
          </button>
        ),
        width: '24px',
      },
    ];
  }, [pairs, headings, model]);
  return (
    <DataTable
      className={`pairs ${tone}`}
      label={label}
      name={name}
      columns={columns}
      rows={pairs}
      rowKey={keyOf}
      marked={chosen}
    />
  );
}
