import type { Tested } from '../../reading/statistics/nulls.ts';
import type { Chance, MatrixReading, RankedTokens } from '../../reading/types.ts';
import { probability } from './reading.ts';

const ENDS: [end: keyof Chance, words: string][] = [
  ['top', 'First scores against chance'],
  ['bottom', 'Lowest'],
];

/** What was read, with what chance gives where that is known. */
type Evidence = Pick<RankedTokens | MatrixReading, 'chance'>;

/**
 * What chance gives for each list's first score, in a line: z and p of random directions (of pairs: of random heads),
 * and in brackets the p of shuffled words. Nothing where it was not asked for.
 */
export function chanceNotes(lists: readonly (readonly [name: string, Evidence])[]): string[] {
  const sentences = ENDS.flatMap(([end, words]) => {
    const found = lists.flatMap(([name, { chance }]) => {
      const tested = chance?.[end];
      return tested?.random ? [[name, tested] as const] : [];
    });
    if (found.length === 0) return [];
    return [`${words}: ${found.map(([name, tested], i) => inWords(name, tested, i === 0)).join(', ')}.`];
  });
  return sentences.length > 0 ? [sentences.join(' ')] : [];
}

function inWords(name: string, { random, shuffled }: Tested, first: boolean): string {
  const z = random!.z.toFixed(1).replace(/^-0\.0$/, '0.0');
  const other = shuffled ? ` (${first ? 'shuffled words ' : ''}${probability(shuffled.p)})` : '';
  return `${name} z ${z} p ${probability(random!.p)}${other}`.trimStart();
}
