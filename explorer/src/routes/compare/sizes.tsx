import { useMemo } from 'react';
import type { ModelDiff } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Section } from '../../components/section.tsx';
import { formatShare } from './use-diff.ts';

type Row = ModelDiff['parameters'][number];

const share = (
  id: string,
  header: string,
  title: string,
  value: (row: Row) => number | null | undefined,
  width = '54px',
): Column<Row> => ({
  id,
  header,
  title,
  value: (row) => value(row) ?? undefined,
  cell: (row) => formatShare(value(row)),
  numeric: true,
  width,
});

/** Every parameter's change beside the median of its kind and what rounding gives, the largest first. */
export function Sizes({ diff: { parameters }, name }: { diff: ModelDiff; name: string }) {
  const rows = useMemo(
    () => [...parameters].sort((x, y) => (y.relative ?? Infinity) - (x.relative ?? Infinity)),
    [parameters],
  );
  const most = rows.reduce((largest, { relative }) => Math.max(largest, relative ?? 0), 0) || 1;
  const columns: Column<Row>[] = [
    {
      id: 'parameter',
      header: 'parameter',
      value: (row) => row.name,
      cell: (row) => <code title={row.name}>{row.name.replace(/^layer\./, '')}</code>,
      width: 'minmax(96px, 1fr)',
    },
    share('change', 'change', 'Length of the change over the parameter’s own', ({ relative }) => relative),
    {
      id: 'bar',
      header: '',
      value: () => undefined,
      cell: ({ relative, verdict }) => (
        <span className="size-bar">
          <i className={verdict} style={{ width: `${(100 * (relative ?? most)) / most}%` }} />
        </span>
      ),
      width: 'minmax(0, 120px)',
    },
    share('median', 'median', 'The median of the layers’ parameters of this kind', ({ typical }) => typical),
    share(
      'rounding',
      'rounding',
      'What rounding to the coarser type of the two gives',
      ({ rounding }) => rounding,
      '62px',
    ),
    { id: 'verdict', header: 'is', value: ({ verdict }) => verdict, width: '60px' },
    { id: 'vectors', header: 'vectors', value: ({ count }) => count, hidden: true },
    { id: 'width', header: 'width', value: ({ width }) => width, hidden: true },
  ];
  return (
    <Section title="Sizes of the changes" hint="relative to each parameter’s own length">
      <DataTable
        label="Sizes of the changes"
        name={name}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.name}
        visible={12}
        className="sizes"
      />
    </Section>
  );
}
