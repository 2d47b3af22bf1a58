import type { DirectionChange, Ends } from '../../compare/changed-words.ts';
import type { ModelDiff } from '../../compare/diff.ts';
import { chanceNotes } from '../../reading/chance-in-words.ts';
import { neuronText } from '../../reading/place.ts';
import type { TokenPair } from '../../reading/types.ts';
import type { Block, Group } from '../output/report.ts';
import { percent, plural, tokenBlock } from './reading.ts';
import { wordHistoryGroups } from './word-history.ts';

/** What changed most, as words and pairs, both signs. */
export function wordGroups({ directions, neurons, heads, rows, words }: ModelDiff): Group[] {
  const groups: Group[] = words ? wordHistoryGroups(words) : [];
  for (const one of directions) groups.push(...directionGroups(one));
  for (const one of neurons)
    groups.push({
      title: `Change of the ${one.part} of neuron ${neuronText(one)}, ${percent(one.relative)}`,
      ranked: true,
      blocks: ends('highest', one),
    });
  for (const { layer, head, matrix, relative, pairs, lowest } of heads)
    groups.push({
      title: `Change of the ${matrix.toUpperCase()} of head ${layer}:${head}, ${percent(relative)}`,
      ranked: true,
      blocks: [pairBlock('rose most', pairs), { ...pairBlock('fell most', lowest), tone: 'low' }],
    });
  if (rows.length > 0)
    groups.push({
      title: 'Tokens whose own rows moved most',
      blocks: [
        {
          columns: [
            { name: 'token', shown: true, flexible: true },
            { name: 'in', shown: true, faint: true },
            { name: 'moved', shown: true, align: 'right', faint: true },
          ],
          rows: rows.map(({ table, token, relative }) => [token.label, table, percent(relative)]),
        },
      ],
    });
  return groups;
}

const ends = (title: string, { top, bottom }: Ends): Block[] => [
  tokenBlock(title, 'write', top),
  tokenBlock('lowest', 'low', bottom),
];

/** What all changes together write and read, the first thing to know of a fine-tune or an adapter. */
export const sideGroups = ({ sides }: ModelDiff): Group[] =>
  sides.map((one) => {
    const { side, taken, changed, share, chance } = one;
    const lists = { top: [...one.top], bottom: [...one.bottom], chance };
    const among = taken < changed ? `the ${taken} largest of ${changed} changes` : plural(changed, 'change');
    return {
      title: `What the change ${side}`,
      text: `The direction that holds most (${percent(share)}) of ${among} of what ${side === 'writes' ? 'is written to' : 'is read from'} the stream. ${chanceNotes([['', lists]]).join(' ')}`.trim(),
      ranked: true,
      blocks: ends('highest', one),
    };
  });

function directionGroups(one: DirectionChange): Group[] {
  const { parameter, share, random, effectiveRank, intruders } = one;
  const beside = chanceNotes([['', one]]);
  const sentences = [
    `It has ${percent(share)} of the change (chance ${percent(random.share)}); effective rank about ${number(effectiveRank)} (chance ${number(random.effectiveRank)}).`,
    ...beside,
    ...(intruders?.found.length === 0
      ? [`No intruders: each of the ${intruders.looked} leading directions of it now is near one that was there.`]
      : []),
  ];
  return [
    {
      title: `First direction of the change of ${parameter}`,
      text: sentences.join(' '),
      ranked: true,
      blocks: ends('highest', one),
    },
    ...(intruders?.found ?? []).map((intruder) => ({
      title: `Intruder dimension: direction ${intruder.rank} of ${parameter}`,
      text: `Of all directions that were there the nearest has cosine ${intruder.nearest.toFixed(2)} (below ${intruders!.least} it is an intruder; chance ${intruders!.chance.toFixed(2)}).`,
      ranked: true,
      blocks: ends('highest', intruder),
    })),
  ];
}

const pairBlock = (heading: string, pairs: readonly TokenPair[]): Block => ({
  heading,
  columns: [
    { name: 'first', align: 'right', flexible: true },
    { name: 'to', gap: 1, faint: true },
    { name: 'second', gap: 1, flexible: true },
    { name: 'score', align: 'right', faint: true },
  ],
  rows: pairs.map(({ first, second, score }) => [first.label, '→', second.label, score.toPrecision(3)]),
});

const number = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1));
