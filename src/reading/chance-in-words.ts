import { probability } from './probability.ts';
import type { Tested } from './statistics/nulls.ts';
import type { Chance } from './types.ts';

/** What was read under a name (`key`, `VO`), with what chance gives where that is known. */
export type Evidence = readonly [name: string, read: { chance?: Chance }];

const ENDS: [end: 'top' | 'bottom', words: string][] = [
  ['top', 'First scores against chance'],
  ['bottom', 'Lowest'],
];

/**
 * What chance gives for each list's first score, in a line: z and p of random directions (of pairs: of random heads),
 * and in brackets the p of shuffled words. Of one neuron or head, a sentence on how many of the model's would have as
 * small a p by chance. Nothing where it was not asked for.
 */
export function chanceNotes(lists: readonly Evidence[], what?: 'neurons' | 'heads'): string[] {
  const sentences = ENDS.flatMap(([end, words]) => {
    const found = lists.flatMap(([name, { chance }]) => {
      const tested = chance?.[end];
      return tested?.random ? [[name, tested] as const] : [];
    });
    if (found.length === 0) return [];
    return [`${words}: ${found.map(([name, tested], i) => inWords(name, tested, i === 0)).join(', ')}.`];
  });
  const among = what === undefined ? undefined : expectedInWords(lists, what);
  return [...(sentences.length > 0 ? [sentences.join(' ')] : []), ...(among === undefined ? [] : [among])];
}

function inWords(name: string, { random, shuffled }: Tested, first: boolean): string {
  const z = random!.z.toFixed(1).replace(/^-0\.0$/, '0.0');
  const other = shuffled ? ` (${first ? 'shuffled words ' : ''}${probability(shuffled.p)})` : '';
  return `${name} z ${z} p ${probability(random!.p)}${other}`.trimStart();
}

/**
 * How many of a model's neurons (heads) would have as small a p by chance, in a sentence. (Not as high a score: p is of
 * a vector's own length.) Nothing where no chance is known, or it is of nothing that a model has many
 * of. (The page loads this file.)
 */
function expectedInWords(lists: readonly Evidence[], what: 'neurons' | 'heads'): string | undefined {
  const known = lists.flatMap(([name, { chance }]) => {
    const { expected } = chance?.top ?? chance?.bottom ?? {};
    return chance?.units !== undefined && expected !== undefined ? [{ name, expected, units: chance.units }] : [];
  });
  if (known.length === 0) return undefined;
  const [first, ...others] = known.map(({ name, expected, units }, i) => {
    const of = i === 0 ? ` of this model’s ${units.toLocaleString('en-US')} ${what} would have as small a p` : '';
    return `${about(expected)}${of} for ${name}`;
  });
  const last = others.pop();
  const all = [[first, ...others].join(', '), ...(last === undefined ? [] : [last])].join(' and ');
  return `By chance alone, ${all}.`;
}

/** As many digits as a guess takes. */
function about(expected: number): string {
  if (expected < 0.01) return 'fewer than 0.01';
  return `about ${(expected < 10 ? Number(expected.toPrecision(2)) : Math.round(expected)).toLocaleString('en-US')}`;
}
