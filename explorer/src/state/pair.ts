/** Two tokens by their ids, the first and the second of a head's pair. */
export interface PairIds {
  first: number;
  second: number;
}

/** As addresses have it: `540-1234`. */
export const pairText = ({ first, second }: PairIds): string => `${first}-${second}`;

/** Reads {@link pairText}; undefined for what is none. */
export function parsePair(text: unknown): PairIds | undefined {
  const [, first, second] = (typeof text === 'string' && /^(\d{1,8})-(\d{1,8})$/.exec(text)) || [];
  return first === undefined || second === undefined ? undefined : { first: Number(first), second: Number(second) };
}
