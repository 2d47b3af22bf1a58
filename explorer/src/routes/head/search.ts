import type { HeadMatrix } from '../../api/types.ts';
import { pairText, parsePair } from '../../state/pair.ts';
import { oneOf, wholeNumber } from '../../state/reading-search.ts';

/** What the page keeps in its URL beside how it is read. */
export interface HeadSearch {
  /** Absent: `vo`, what the head writes, with which the command begins too. */
  matrix?: HeadMatrix;
  /** Absent: the largest scores first. */
  end?: 'lowest';
  /** Pairs above it, or below it with `end: lowest`. Absent: the best pairs, whatever their scores. */
  beyond?: number;
  exclude?: 'same' | 'fuzzy';
  /** Ordered by the head's other matrix. */
  order?: 'other';
  /** Pairs listed; absent: {@link LISTED}. */
  list?: number;
  /** The token whose row is read, by id; and, with `side`, whose column. */
  id?: number;
  side?: 'second';
  /** The pair that is looked at: `540-1234`, the ids of its first and its second token. */
  pair?: string;
}

export const LISTED = 200;
export const LISTABLE = [200, 1000, 10_000, 50_000] as const;
const MAX_ID = 10_000_000;

export function parseHeadSearch(search: Record<string, unknown>): HeadSearch {
  const end = oneOf(search.end, ['lowest']);
  const beyond = finite(search.beyond);
  const exclude = oneOf(search.exclude, ['same', 'fuzzy']);
  const order = oneOf(search.order, ['other']);
  const list = LISTABLE.find((length) => length === Number(search.list) && length !== LISTED);
  const id = wholeNumber(search.id, 0, MAX_ID);
  const pair = parsePair(search.pair);
  const side = oneOf(search.side, ['second']);
  // A pair, a token or a threshold is of a matrix. An address of before that names none meant QK.
  const ofOne = pair !== undefined || id !== undefined || beyond !== undefined;
  const matrix = oneOf(search.matrix, ['vo', 'qk']) ?? (ofOne ? 'qk' : undefined);
  return {
    ...(matrix && { matrix }),
    ...(end && { end }),
    ...(beyond !== undefined && { beyond }),
    ...(exclude && { exclude }),
    ...(order && { order }),
    ...(list !== undefined && { list }),
    ...(id !== undefined && { id }),
    ...(side && { side }),
    ...(pair && { pair: pairText(pair) }),
  };
}

export const matrixOf = ({ matrix }: HeadSearch): HeadMatrix => matrix ?? 'vo';

function finite(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
