import { parseRelations, type Relation } from '../../reading/relations/relation.ts';
import { RELATIONS } from '../../reading/relations/relations.ts';
import {
  ENOUGH_PAIRS,
  type RankedRelations,
  type RelationScore,
  type RelationShare,
} from '../../reading/statistics/relations.ts';
import { readGivenText } from '../given.ts';
import type { Report } from '../output/report.ts';
import { plural, probability } from './reading.ts';

/** The relations of a file, or those that ship. Throws `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `ARGUMENT_INVALID`. */
export async function readRelations(path: string | undefined): Promise<readonly Relation[]> {
  if (path === undefined) return RELATIONS;
  const text = await readGivenText(path, 'the relations', 'give a JSON file of word pairs');
  return parseRelations(text);
}

export function relationsReport(
  found: RankedRelations,
  { k, suppressed }: { k: number; suppressed?: boolean },
): Report {
  const listed = found.relations.map((relation) => ({ ...relation, heads: relation.heads.slice(0, k) }));
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
    notes: listed.filter(({ tooFew }) => tooFew).map(tooFewPairs),
    json: { ...found, relations: listed },
    *records() {
      for (const { heads } of listed) {
        for (const { promoted, suppressed, ...place } of heads) {
          const flat = (name: string, tested: RelationShare) => ({
            [name]: tested.value,
            [`${name}_z`]: tested.random?.z ?? null,
            [`${name}_shuffled_z`]: tested.shuffled?.z ?? null,
            [`${name}_p`]: tested.random?.p ?? null,
            [`${name}_shuffled_p`]: tested.shuffled?.p ?? null,
            [`${name}_above`]: tested.copying?.above ?? null,
            [`${name}_copying_p`]: tested.copying?.p ?? null,
          });
          const identity = promoted.copying?.identity ?? null;
          yield { ...place, identity, ...flat('promoted', promoted), ...flat('suppressed', suppressed) };
        }
      }
    },
  };
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
