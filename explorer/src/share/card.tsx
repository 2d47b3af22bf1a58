import { useEffect } from 'react';
import type { HeadRow } from '../api/types.ts';
import { ErrorState, Waiting } from '../components/states.tsx';
import { CardView } from './card-view.tsx';
import { type CardReading, cardReading } from './lists.ts';
import { nameOf, type Pin } from './pin.ts';
import { useCard, useCardPair } from './use-card.ts';

interface CardProps {
  pin: Pin;
  /** Told what the card shows, each time it changes. */
  onReading?: (name: string, reading: CardReading) => void;
}

/** A neuron, head or token on a few lines: its first words. */
export function Card({ pin, onReading }: CardProps) {
  const query = useCard(pin);
  const pair = useCardPair(pin);
  const reading = query.data === undefined ? undefined : cardReading(pin, query.data, pair.data);
  const name = nameIn(pin, query.data, pair.data);
  useEffect(() => {
    if (reading) onReading?.(name, reading);
  }, [query.data, pair.data]);
  return (
    <>
      <h2 className="card-name">{name}</h2>
      {pair.error ? (
        <ErrorState error={pair.error} retry={() => void pair.refetch()} />
      ) : reading ? (
        <CardView name={name} model={pin.model} reading={reading} />
      ) : query.error ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Waiting query={query} what={`Reading ${name}`} />
      )}
    </>
  );
}

/** What a card is of, with its words once they are there. */
function nameIn(pin: Pin, answer: unknown, row: HeadRow | undefined): string {
  const token = (answer as { token?: { label: string } } | undefined)?.token;
  const [second] = row?.top ?? [];
  if (token) return `token ${token.label}`;
  return row && second ? `${nameOf({ ...pin, query: '' })}: ${row.token.label} → ${second.label}` : nameOf(pin);
}
