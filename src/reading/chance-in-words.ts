import { probability } from './probability.ts';
import type { Tested } from './statistics/nulls.ts';
import type { Chance } from './types.ts';

/** What was read under a name (`key`, `VO`), with what chance gives where that is known, and the lowest if listed. */
export type Evidence = readonly [name: string, read: { chance?: Chance; bottom?: readonly unknown[] }];

const ENDS: [end: 'top' | 'bottom', words: string][] = [
  ['top', 'First scores against chance'],
  ['bottom', 'Lowest'],
];

/**
 * What chance gives for each list's first score, in a line: z and p of random directions (of pairs: of random heads),
 * and in brackets the p of shuffled words; of the lowest one too where it is listed, or stands out more than the first.
 * Of one neuron or head, a sentence on how many of the model's would have as small a p by chance. Nothing where it was
 * not asked for.
 */
export function chanceNotes(lists: readonly Evidence[], what?: 'neurons' | 'heads'): string[] {
  const sentences = ENDS.flatMap(([end, words]) => {
    const found = lists.flatMap(([name, { chance, bottom }]) => {
      const tested = chance?.[end];
      const listed = end === 'top' || bottom === undefined || bottom.length > 0;
      if (!tested?.random || !(listed || lowestStandsOut(chance))) return [];
      return [[listed ? name : `${name} “${tested.label}”`.trimStart(), tested] as const];
    });
    if (found.length === 0) return [];
    return [`${words}: ${found.map(([name, tested], i) => inWords(name, tested, i === 0)).join(', ')}.`];
  });
  const up = lists.find(([name]) => name === 'up')?.[1].chance;
  if (up?.bottom?.label !== undefined && lowestStandsOut(up))
    sentences.push(
      `Where the text points towards “${up.bottom.label}”, up is negative, and the neuron writes the other way round.`,
    );
  const among = what === undefined ? undefined : expectedInWords(lists, what);
  return [...(sentences.length > 0 ? [sentences.join(' ')] : []), ...(among === undefined ? [] : [among])];
}

/** At most this p is worth a word on a list that is not shown. */
const SELDOM = 0.05;

/** Whether chance seldom gives as low a score, and more seldom than as high a first one. */
function lowestStandsOut({ top, bottom }: Chance = {}): boolean {
  return bottom?.random !== undefined && bottom.random.p < Math.min(SELDOM, top?.random?.p ?? 1);
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
    const lowest = lowestStandsOut(chance);
    const { expected } = (lowest ? chance?.bottom : chance?.top) ?? {};
    const of = lowest && chance?.top ? `${name}’s lowest` : name;
    return chance?.units !== undefined && expected !== undefined ? [{ name: of, expected, units: chance.units }] : [];
  });
  if (known.length === 0) return undefined;
  // What most rows have is no find, however many they are.
  const common = known.filter(({ expected, units }) => expected > units / 2).map(({ name }) => name);
  const counts = known
    .filter(({ expected, units }) => expected <= units / 2)
    .map(({ name, expected, units }, i) => {
      const of = i === 0 ? ` of this model’s ${units.toLocaleString('en-US')} ${what} would have as small a p` : '';
      return `${about(expected)}${of} for ${name}`;
    });
  if (counts.length === 0) return 'Nothing here stands out from chance.';
  const others = `; ${inARow(common)} ${common.length === 1 ? 'does' : 'do'} not stand out`;
  return `By chance alone, ${inARow(counts)}${common.length === 0 ? '' : others}.`;
}

/** `key, up and value`. */
function inARow(words: readonly string[]): string {
  const last = words.slice(-2).join(' and ');
  return [...words.slice(0, -2), last].join(', ');
}

/** As many digits as a guess takes. */
function about(expected: number): string {
  if (expected < 0.01) return 'fewer than 0.01';
  return `about ${(expected < 10 ? Number(expected.toPrecision(2)) : Math.round(expected)).toLocaleString('en-US')}`;
}
