import type { HeadRow, ScoredToken } from '../api/types.ts';
import type { Tone } from '../components/bar.tsx';
import { readingLine, sampleInWords } from '../export/figure.ts';
import { formatCount, plural } from '../format.ts';
import { type NeuronAt, neuronText } from '../state/neuron-at.ts';
import type { PairIds } from '../state/pair.ts';
import { parseReadingSearch } from '../state/reading-search.ts';
import { type Pin, pairOf } from './pin.ts';

export interface CardRow {
  label: string;
  score: number;
  margin?: number;
  /** The pair that the card is of. */
  met?: boolean;
}

/** One ranked list of a card: what is shown, copied and exported. */
export interface CardList {
  heading: string;
  tone: Tone;
  rows: CardRow[];
  /** Stands below the list before it, on its scale. */
  below?: true;
}

/** A card's answer, of whichever kind, in one shape. */
export interface CardReading {
  lists: CardList[];
  /** The normaliser, what was left out, and that it is a preview where it is one. */
  how: string;
}

/** How many rows each list of a card has. */
export const ROWS = 12;

type Sample = { vectors: number; of: number } | undefined;
/** Of a token's many places the answer itself says it. */
interface Sampled {
  applied?: { preview?: Sample };
  preview?: Sample;
}
interface Answers {
  neuron: Sampled & {
    parts: Partial<Record<'key' | 'up' | 'value', { top: readonly ScoredToken[]; bottom?: readonly ScoredToken[] }>>;
  };
  head: Sampled & Partial<Record<'qk' | 'vo', Counted & { pairs: readonly Pair[] }>>;
  token: {
    token: Word;
    neurons: Partial<Record<'key' | 'value', { top: readonly Placed[] }>>;
    nearest: readonly ScoredToken[];
  };
}
interface Word {
  label: string;
}
interface Pair {
  first: Word & { id: number };
  second: Word & { id: number };
  score: number;
  margin?: number;
}
/** Between thresholds, all that there are. */
interface Counted {
  count?: number;
  above?: number;
  below?: number;
}
interface Placed extends NeuronAt {
  share: number;
  /** Of a preview. */
  shareMargin?: number | undefined;
}

/** What a card says of an answer to its question; of a head's pair also where it stands, and how high. */
export function cardReading(pin: Pin, answer: unknown, row?: HeadRow): CardReading {
  const { applied, preview = applied?.preview } = answer as Sampled;
  const search = parseReadingSearch(Object.fromEntries(new URLSearchParams(pin.query)));
  const lists = cardLists(pin.kind, answer, ROWS, pairOf(pin));
  return {
    lists: row ? [...pairLists(row), ...lists.map((list) => ({ ...list, below: true as const }))] : lists,
    how: `${readingLine(search, 'freq')}${sampleInWords(preview)}`,
  };
}

/** An answer's lists, `most` rows of each; the opposite pole stands where it was asked for. */
export const cardLists = <K extends Pin['kind']>(
  kind: K,
  answer: unknown,
  most: number = ROWS,
  pair?: PairIds,
): CardList[] => LISTS[kind](answer as Answers[K], most, pair);

const LISTS: { [K in Pin['kind']]: (answer: Answers[K], most: number, pair?: PairIds) => CardList[] } = {
  neuron: ({ parts }, most) =>
    (['key', 'up', 'value'] as const).flatMap((part) => {
      const { top, bottom = [] } = parts[part] ?? {};
      if (!top) return [];
      const heading = `${HEADINGS[part].split(':')[0]}: opposite pole`;
      return [
        { heading: HEADINGS[part], tone: TONES[part], rows: top.slice(0, most) },
        ...(bottom.length > 0
          ? [{ heading, tone: 'opposite', rows: bottom.slice(0, most), below: true } as const]
          : []),
      ];
    }),
  head: (answer, most, pair) =>
    (['qk', 'vo'] as const).flatMap((matrix) => {
      const of = answer[matrix];
      if (!of) return [];
      const rows = of.pairs.slice(0, most).map(({ first, second, score, margin }) => ({
        label: `${first.label} → ${second.label}`,
        score,
        ...(margin !== undefined && { margin }),
        ...(first.id === pair?.first && second.id === pair?.second && { met: true }),
      }));
      const heading = `${matrix === 'qk' ? 'QK: looks for' : 'VO: turns into'}${countInWords(of)}`;
      return [{ heading, tone: MATRIX_TONES[matrix], rows } satisfies CardList];
    }),
  token: ({ neurons, nearest }, most) => [
    { heading: 'Neurons that write it, by share', tone: 'write', rows: placed(neurons.value?.top, most) },
    { heading: 'Neurons that read it, by share', tone: 'read', rows: placed(neurons.key?.top, most) },
    { heading: 'Nearest tokens', tone: 'neutral', rows: nearest.slice(0, most) },
  ],
};

/** A pair alone, as the row of its first token gives it. */
function pairLists({ matrix, token, top: [second] }: HeadRow): CardList[] {
  if (!second) return [];
  const { score, margin } = second;
  const row = { label: `${token.label} → ${second.label}`, score, ...(margin !== undefined && { margin }), met: true };
  return [{ heading: `${matrix.toUpperCase()}: the pair`, tone: MATRIX_TONES[matrix], rows: [row] }];
}

/** `, 4,889 pairs above 75`; without a threshold it is all pairs that there are, which nobody asked for. */
function countInWords({ count = 0, above, below }: Counted): string {
  const beyond = [
    ...(above === undefined ? [] : [`above ${formatCount(above)}`]),
    ...(below === undefined ? [] : [`below ${formatCount(below)}`]),
  ];
  return beyond.length > 0 ? `, ${plural(count, 'pair')} ${beyond.join(' and ')}` : '';
}
const HEADINGS = { key: 'Key: what makes it fire', up: 'Up: what scales it', value: 'Value: what it writes' };
const MATRIX_TONES = { qk: 'read', vo: 'write' } as const;
const TONES = { key: 'read', up: 'neutral', value: 'write' } as const;

const placed = (rows: readonly Placed[] = [], most: number): CardList['rows'] =>
  rows.slice(0, most).map(({ share, shareMargin: margin, ...at }) => ({
    label: neuronText(at),
    score: share,
    ...(margin !== undefined && { margin }),
  }));
