import { Bar } from '../components/bar.tsx';
import { TokenText } from '../components/token-text.tsx';
import { scoreFormat } from '../format.ts';
import type { CardList, CardReading } from './lists.ts';
import './card.css';

/** What a card shows of an answer: on the board, in a frame, in a notebook. */
export function CardView({
  name,
  model,
  reading: { lists, how },
}: {
  name: string;
  model: string;
  reading: CardReading;
}) {
  return (
    <>
      <div className="card-lists">
        {columnsOf(lists).map((column) => (
          <div key={column[0]?.heading}>
            {column.map((list) => (
              <Words key={list.heading} list={list} name={name} full={largest(column)} />
            ))}
          </div>
        ))}
      </div>
      <p className="soft card-how">
        {model} · {how}
      </p>
    </>
  );
}

function columnsOf(lists: readonly CardList[]): CardList[][] {
  const columns: CardList[][] = [];
  for (const list of lists) {
    if (list.below && columns.length > 0) columns.at(-1)!.push(list);
    else columns.push([list]);
  }
  return columns;
}

/** What a full bar stands for in a column. */
const largest = (column: readonly CardList[]): number =>
  column.flatMap(({ rows }) => rows).reduce((most, { score }) => Math.max(most, Math.abs(score)), 0);

function Words({ list: { heading, tone, rows }, name, full }: { list: CardList; name: string; full: number }) {
  const format = scoreFormat(rows.map(({ score }) => score));
  return (
    <table className={`score-bars ${tone}`} aria-label={`${name}, ${heading}`}>
      <caption>{heading}</caption>
      <tbody>
        {rows.map(({ label, score, margin, met }, place) => (
          <tr key={place} aria-current={met}>
            <td>
              <span className="token" title={label}>
                <TokenText label={label} />
              </span>
            </td>
            <td>
              <span className="number">{format(score)}</span>
              <Bar value={score} max={full} />
              {margin !== undefined && <span className="margin">± {format(margin)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
