import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { apiQuery, models, place } from '../../api/queries.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { formatScore, plural } from '../../format.ts';
import { isSite } from '../../site/site.ts';

interface SqlProps {
  model: string;
  /** What was asked; kept in the URL. */
  sql: string | undefined;
  onChange: (sql: string | undefined) => void;
}

const LISTED = 10_000;
/** Rows that say how wide a column is. */
const LOOKED_AT = 50;
const EXAMPLES = [
  "SELECT layer, neuron, top, best FROM neurons WHERE part = 'value' ORDER BY best DESC LIMIT 20",
  "SELECT layer, head, top FROM heads WHERE matrix = 'vo' ORDER BY best DESC",
  'SELECT * FROM tokens LIMIT 20',
];

/** One SELECT over the atlas's tables, for questions that no button has. */
export function Sql(props: SqlProps) {
  return isSite ? <WithoutSql model={props.model} /> : <WithSql {...props} />;
}

/** Why a site's page has no SQL, and who answers it. */
function WithoutSql({ model }: { model: string }) {
  return (
    <>
      <Empty>
        SQL needs a server: DuckDB for browsers is a download of 34 MB, which a page made of static files does not bring
        along. Ask on your computer: <code>weightscope explore</code> or <code>weightscope atlas sql</code>, with the
        atlas that this page was made of.
      </Empty>
      <TableNames model={model} />
    </>
  );
}

function WithSql({ model, sql, onChange }: SqlProps) {
  const [text, setText] = useState(sql ?? EXAMPLES[0]!);
  useEffect(() => {
    if (sql !== undefined) setText(sql);
  }, [sql]);
  return (
    <>
      <form
        className="sql"
        onSubmit={(event) => {
          event.preventDefault();
          onChange(text.trim() || undefined);
        }}
      >
        <textarea
          className="mono"
          aria-label="SQL"
          rows={4}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onChange(text.trim() || undefined);
          }}
        />
        <button type="submit" className="pill">
          ask
        </button>
        <span className="soft">one SELECT in DuckDB’s SQL; Ctrl+Enter asks</span>
      </form>
      <p className="examples">
        {EXAMPLES.map((example) => (
          <button key={example} type="button" className="example mono" onClick={() => onChange(example)}>
            {example}
          </button>
        ))}
      </p>
      {sql && <Rows model={model} sql={sql} />}
      <TableNames model={model} />
    </>
  );
}

type Row = Record<string, unknown> & { row: number };

function Rows({ model, sql }: { model: string; sql: string }) {
  const query = useLongQuery(models[':model'].atlas.sql, {
    param: place({ model }),
    query: { q: sql, limit: LISTED },
  });
  return (
    <Answer query={query} what="Asking the atlas">
      {({ columns, rows }) =>
        rows.length === 0 ? (
          <Empty>No row answers this.</Empty>
        ) : (
          <>
            <p className="page-line" role="status">
              {plural(rows.length, 'row')}
              {rows.length === LISTED && ', the first of more'}
            </p>
            <DataTable
              label="Rows of the SQL"
              name="sql"
              columns={columns.map((name) => columnOf(name, rows))}
              rows={rows.map((row, at): Row => ({ ...row, row: at }))}
              rowKey={({ row }) => row}
            />
          </>
        )
      }
    </Answer>
  );
}

/** As wide as its texts ask for, within bounds: numbers need little, lists of words are what one came for. */
function columnOf(name: string, rows: readonly Record<string, unknown>[]): Column<Row> {
  const some = rows.slice(0, LOOKED_AT).map((row) => plain(row[name]));
  const numeric = some.every((value) => value === undefined || typeof value === 'number');
  const longest = Math.max(name.length, ...some.map((value) => (numeric ? 0 : String(value ?? '').length)));
  return {
    id: name,
    header: name,
    numeric,
    width: numeric
      ? `minmax(${Math.max(56, 8 * longest)}px, 1fr)`
      : `minmax(${Math.min(200, 8 * longest)}px, ${Math.min(6, Math.ceil(longest / 8))}fr)`,
    value: (row) => plain(row[name]),
    cell: (row) => {
      const value = plain(row[name]);
      return typeof value === 'number' && !Number.isInteger(value) ? (
        <span title={String(value)}>{formatScore(value)}</span>
      ) : (
        <span className="token">{String(value ?? '')}</span>
      );
    },
  };
}

const plain = (value: unknown): string | number | boolean | undefined => {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : JSON.stringify(value);
};

/** What there is to ask for. */
function TableNames({ model }: { model: string }) {
  const query = useQuery(apiQuery(models[':model'].atlas.tables, { param: place({ model }), query: {} }));
  return (
    <details className="what-is-this">
      <summary>The tables</summary>
      <dl className="tables">
        {query.data?.tables.map(({ name, rows, columns }) => (
          <div key={name}>
            <dt className="mono">
              {name} <span className="soft">{plural(rows, 'row')}</span>
            </dt>
            <dd className="mono soft">{columns.map((column) => column.name).join(', ')}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
