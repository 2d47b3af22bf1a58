import {
  type ColumnDef,
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  type SortingState,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { SaveMenu } from './save-menu.tsx';
import './data-table.css';

export interface Column<Row> {
  id: string;
  /** Empty: a drawing of another column, neither sorted by nor saved. */
  header: string;
  /** What is sorted by, and what CSV and JSON hold. */
  value: (row: Row) => string | number | boolean | undefined;
  /** Default: the value as text. */
  cell?: (row: Row) => ReactNode;
  /** A track of CSS grid; default `minmax(0, 1fr)`. */
  width?: string;
  numeric?: boolean;
  /** Only in what is saved. */
  hidden?: boolean;
  /** Explains the column, as a tooltip on its heading. */
  title?: string;
}

export interface Sort {
  id: string;
  desc: boolean;
}

interface DataTableProps<Row> {
  label: string;
  /** File name, without ending, for what is saved. */
  name: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** Controlled order (kept in the URL); without it the table keeps its own. Undefined order: as given. */
  sort?: Sort | undefined;
  onSort?: (sort: Sort | undefined) => void;
  /** Rows seen at once; more scroll. Default 25. */
  visible?: number;
  /** The key of a row that is lit, and brought into sight. */
  marked?: string | number | undefined;
  /** Lines of text that a cell has room for. Default 1. */
  lines?: 1 | 2;
  className?: string;
}

/** In CSS pixels, by lines. */
const ROW_HEIGHTS = { 1: 22, 2: 37 };
const HEAD_HEIGHT = 22;
const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
});

/** A table of any length: only the rows in sight are in the document, so that 50,000 scroll as smoothly as 50. */
export function DataTable<Row extends RowData>({
  label,
  name,
  columns,
  rows,
  rowKey,
  sort,
  onSort,
  visible = 25,
  marked,
  lines = 1,
  className = '',
}: DataTableProps<Row>) {
  const rowHeight = ROW_HEIGHTS[lines];
  const maxHeight = HEAD_HEIGHT + visible * rowHeight;
  const [ownSort, setOwnSort] = useState<Sort>();
  const current = onSort ? sort : ownSort;
  const definitions = useMemo(
    (): ColumnDef<typeof features, Row>[] =>
      columns.map(({ id, value }) => ({ id, accessorFn: value, sortFn: 'basic', sortUndefined: 'last' })),
    [columns],
  );
  const sorting: SortingState = useMemo(() => (current ? [current] : []), [current]);
  const table = useTable({ features, columns: definitions, data: rows as Row[], state: { sorting } });
  const sorted = table.getRowModel().rows;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 20,
  });
  // Places are counted anew where rows have another height.
  useEffect(() => virtual.measure(), [rowHeight]);
  useEffect(() => {
    const at = marked === undefined ? -1 : sorted.findIndex(({ original }) => rowKey(original) === marked);
    if (at >= 0) virtual.scrollToIndex(at);
  }, [marked, sorted]);
  const shown = columns.filter(({ hidden }) => !hidden);
  const tracks = { gridTemplateColumns: shown.map((column) => column.width ?? 'minmax(0, 1fr)').join(' ') };
  const orderBy = (column: Column<Row>) => {
    const next = nextSort(current, column.id, column.numeric === true);
    if (onSort) onSort(next);
    else setOwnSort(next);
  };
  const saved = () => {
    const named = columns.filter(({ header }) => header !== '');
    return sorted.map(({ original }) => Object.fromEntries(named.map(({ id, value }) => [id, value(original)])));
  };

  return (
    <div className={`data-table ${lines === 2 ? 'two-lines' : ''} ${className}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div className="data-table-scroll" ref={scroller} tabIndex={0} style={{ maxHeight }}>
        <table aria-label={label} aria-rowcount={rows.length + 1}>
          <thead>
            <tr aria-rowindex={1} style={tracks}>
              {shown.map((column) => (
                <th
                  key={column.id}
                  scope="col"
                  className={column.numeric ? 'numeric' : ''}
                  aria-sort={column.header === '' ? undefined : ariaSort(current, column.id)}
                >
                  {column.header === '' ? (
                    <span className="visually-hidden">{column.id}</span>
                  ) : (
                    <button type="button" title={column.title} onClick={() => orderBy(column)}>
                      {column.header}
                      <span aria-hidden="true">{current?.id === column.id ? (current.desc ? ' ↓' : ' ↑') : ''}</span>
                    </button>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const { original } = sorted[item.index]!;
              const key = rowKey(original);
              return (
                <tr
                  key={key}
                  aria-rowindex={item.index + 2}
                  aria-current={key === marked || undefined}
                  style={{ ...tracks, top: item.start, height: rowHeight }}
                >
                  {shown.map((column) => (
                    <td key={column.id} className={column.numeric ? 'numeric' : ''}>
                      {column.cell ? column.cell(original) : String(column.value(original) ?? '')}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <SaveMenu label={label} name={name} rows={saved} />
    </div>
  );
}

function ariaSort(sort: Sort | undefined, id: string): 'ascending' | 'descending' | 'none' {
  if (sort?.id !== id) return 'none';
  return sort.desc ? 'descending' : 'ascending';
}

/** A click on a heading: first the usual direction (numbers descending), then the other, then the order as given. */
export function nextSort(sort: Sort | undefined, id: string, numeric: boolean): Sort | undefined {
  if (sort?.id !== id) return { id, desc: numeric };
  return sort.desc === numeric ? { id, desc: !numeric } : undefined;
}
