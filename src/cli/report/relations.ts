import { shareColumns } from '../../reading/statistics/relation-columns.ts';
import {
  ENOUGH_PAIRS,
  type RankedRelations,
  type RelationScore,
  type RelationShare,
} from '../../reading/statistics/relations.ts';
import type { Report } from '../output/report.ts';
import { plural, probability } from './reading.ts';

export function relationsReport(found: RankedRelations, { suppressed }: { suppressed?: boolean }): Report {
  const listed = found.relations;
  return {
    title: `relations in ${found.model}`,
    applied: [
      `share of pairs whose second word is among the first's ${found.k} ${suppressed ? 'worst' : 'best'} tokens in ${found.matrix}`,
    ],
    groups: listed.map(({ relation, pairs, given, heads }) => ({
      blocks: [
        {
          heading: `${relation}, ${plural(pairs, 'pair')} of ${given}${identityOf(heads[0])}`,
          columns: [
            { name: 'head', shown: true },
            { name: 'share', shown: true, align: 'right' },
            { name: 'above E·Eᵀ', shown: true, align: 'right' },
            { name: 'p, random heads', shown: true, align: 'right', faint: true },
            { name: 'p, copying heads', shown: true, align: 'right', faint: true },
            { name: 'q', shown: true, align: 'right', faint: true },
            { name: 'p, shuffled pairs', shown: true, align: 'right', faint: true },
          ],
          rows: heads.map((score) => {
            const tested = suppressed ? score.suppressed : score.promoted;
            return [
              `${score.layer}:${score.head}`,
              tested.value.toFixed(3),
              tested.copying?.above.toFixed(3) ?? '',
              probability(tested.random?.p),
              probability(tested.copying?.p),
              probability(score.q),
              probability(tested.shuffled?.p),
            ];
          }),
        },
      ],
    })),
    notes: [...listed.filter(({ tooFew }) => tooFew).map(tooFewPairs), ...(found.notes ?? [])],
    json: found,
    *records() {
      for (const { heads } of listed) {
        for (const { promoted, suppressed, ...place } of heads) {
          const identity = promoted.copying?.identity ?? null;
          yield { ...place, identity, ...flat('promoted', promoted), ...flat('suppressed', suppressed) };
        }
      }
    },
  };
}

/** Without the z against heads that copy, which p says better. */
function flat(name: string, share: RelationShare): Record<string, number | null> {
  const columns = shareColumns(name, share);
  const ends = ['', '_z', '_shuffled_z', '_p', '_shuffled_p', '_above', '_copying_p'];
  return Object.fromEntries(ends.map((end) => [name + end, columns[name + end]]));
}

const identityOf = (score: RelationScore | undefined): string => {
  const identity = score?.promoted.copying?.identity;
  return identity === undefined ? '' : `; E·Eᵀ alone has ${identity.toFixed(3)}`;
};

/** Said of a relation that has fewer pairs than heads can be ranked by. */
export const tooFewPairs = ({ relation, pairs }: { relation: string; pairs: number }): string =>
  pairs === 0
    ? `No pair of ${relation} is two single tokens of this vocabulary.`
    : `${plural(pairs, 'pair')} of ${relation} are two single tokens of this vocabulary: too few to rank heads by, which takes ${ENOUGH_PAIRS}.`;
