import type { ScoredToken } from '../api/types.ts';
import type { Tone } from '../components/score-bars.tsx';
import { readingLine, sampleInWords } from '../export/figure.ts';
import { parseReadingSearch } from '../state/reading-search.ts';
import type { Pin } from './pin.ts';

/** One ranked list of a card: what is shown, copied and exported. */
export interface CardList {
  heading: string;
  tone: Tone;
  rows: { label: string; score: number; margin?: number }[];
}

/** A card's answer, of whichever kind, in one shape. */
export interface CardReading {
  lists: CardList[];
  /** The normaliser, what was left out, and that it is a preview where it is one. */
  how: string;
}

/** How many rows each list of a card has. */
export const ROWS = 12;

interface Sampled {
  applied?: { preview?: { vectors: number; of: number } };
}
interface Answers {
  neuron: Sampled & { parts: Partial<Record<'key' | 'up' | 'value', { top: readonly ScoredToken[] }>> };
  head: Sampled &
    Partial<Record<'qk' | 'vo', { pairs: readonly { first: Word; second: Word; score: number; margin?: number }[] }>>;
  token: {
    token: Word;
    neurons: Partial<Record<'key' | 'value', { top: readonly Placed[] }>>;
    nearest: readonly ScoredToken[];
  };
}
interface Word {
  label: string;
}
interface Placed {
  layer: number;
  neuron: number;
  score: number;
}

/** What a card says of an answer to its question. */
export function cardReading(pin: Pin, answer: unknown): CardReading {
  const { applied } = answer as Sampled;
  const search = parseReadingSearch(Object.fromEntries(new URLSearchParams(pin.query)));
  return {
    lists: LISTS[pin.kind](answer as never),
    how: `${readingLine(search, 'freq')}${sampleInWords(applied?.preview)}`,
  };
}

const LISTS: { [K in Pin['kind']]: (answer: Answers[K]) => CardList[] } = {
  neuron: ({ parts }) =>
    (['key', 'up', 'value'] as const).flatMap((part) => {
      const rows = parts[part]?.top;
      return rows ? [{ heading: HEADINGS[part], tone: TONES[part], rows: rows.slice(0, ROWS) }] : [];
    }),
  head: (answer) =>
    (['qk', 'vo'] as const).flatMap((matrix) => {
      const rows = answer[matrix]?.pairs.slice(0, ROWS).map(({ first, second, score, margin }) => ({
        label: `${first.label} → ${second.label}`,
        score,
        ...(margin !== undefined && { margin }),
      }));
      if (!rows) return [];
      const heading = matrix === 'qk' ? 'QK: looks for' : 'VO: turns into';
      return [{ heading, tone: matrix === 'qk' ? 'read' : 'write', rows } satisfies CardList];
    }),
  token: ({ neurons, nearest }) => [
    { heading: 'Neurons that write it', tone: 'write', rows: placed(neurons.value?.top) },
    { heading: 'Neurons that read it', tone: 'read', rows: placed(neurons.key?.top) },
    { heading: 'Nearest tokens', tone: 'neutral', rows: nearest.slice(0, ROWS) },
  ],
};
const HEADINGS = { key: 'Key: what makes it fire', up: 'Up: what scales it', value: 'Value: what it writes' };
const TONES = { key: 'read', up: 'neutral', value: 'write' } as const;

const placed = (rows: readonly Placed[] = []): CardList['rows'] =>
  rows.slice(0, ROWS).map(({ layer, neuron, score }) => ({ label: `${layer}:${neuron}`, score }));
