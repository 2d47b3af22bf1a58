import { useEffect } from 'react';
import { ErrorState, Waiting } from '../components/states.tsx';
import { CardView } from './card-view.tsx';
import { type CardReading, cardReading } from './lists.ts';
import { nameOf, type Pin } from './pin.ts';
import { useCard } from './use-card.ts';

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
        <CardView name={name} model={pin.model} reading={reading} />
      ) : query.error ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Waiting query={query} what={`Reading ${name}`} />
      )}
    </>
  );
}
