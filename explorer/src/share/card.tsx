import { useEffect } from 'react';
import { Bar } from '../components/score-bars.tsx';
import { ErrorState, Waiting } from '../components/states.tsx';
import { TokenText } from '../components/token-label.tsx';
import { scoreFormat } from '../format.ts';
import { type CardList, type CardReading, cardReading } from './lists.ts';
import { nameOf, type Pin } from './pin.ts';
import { useCard } from './use-card.ts';
import '../components/score-bars.css';
import './card.css';

interface CardProps {
  pin: Pin;
  /** Told what the card shows, each time it changes. */
  onReading?: (name: string, reading: CardReading) => void;
}

/** A neuron, head or token on a few lines: its first words. */
export function Card({ pin, onReading }: CardProps) {
  const query = useCard(pin);
  const reading = query.data === undefined ? undefined : cardReading(pin, query.data);
  const token = (query.data as { token?: { label: string } } | undefined)?.token?.label;
  const name = token === undefined ? nameOf(pin) : `token ${token}`;
  useEffect(() => {
    if (reading) onReading?.(name, reading);
  }, [query.data]);
  return (
    <>
      <h2 className="card-name">{name}</h2>
      {reading ? (
        <>
          <div className="card-lists">
            {reading.lists.map((list) => (
              <Words key={list.heading} list={list} name={name} />
            ))}
          </div>
          <p className="soft card-how">
            {pin.model} · {reading.how}
          </p>
        </>
      ) : query.error ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Waiting query={query} what={`Reading ${name}`} />
      )}
    </>
  );
}

function Words({ list: { heading, tone, rows }, name }: { list: CardList; name: string }) {
  const format = scoreFormat(rows.map(({ score }) => score));
  const full = Math.max(0, ...rows.map(({ score }) => Math.abs(score)));
  return (
    <table className={`score-bars ${tone}`} aria-label={`${name}, ${heading}`}>
      <caption>{heading}</caption>
      <tbody>
        {rows.map(({ label, score, margin }, place) => (
          <tr key={place}>
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
