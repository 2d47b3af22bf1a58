import { parseRelations, type Relation } from '../../reading/relations/relation.ts';
import { RELATIONS } from '../../reading/relations/relations.ts';
import type { Tested } from '../../reading/statistics/nulls.ts';
import type { RankedRelations } from '../../reading/statistics/relations.ts';
import { readGivenText } from '../given.ts';
import type { Report } from '../output/report.ts';
import { plural } from './reading.ts';

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
  const z = (tested: Tested, of: 'random' | 'shuffled'): string => tested[of]?.z.toFixed(1) ?? '';
  const listed = found.relations.map((relation) => ({ ...relation, heads: relation.heads.slice(0, k) }));
  return {
    title: `relations in ${found.model}`,
    applied: [
      `share of pairs whose second word is among the first's ${found.k} ${suppressed ? 'worst' : 'best'} tokens in ${found.matrix}`,
    ],
    groups: listed.map(({ relation, pairs, given, heads }) => ({
      blocks: [
        {
          heading: `${relation}, ${plural(pairs, 'pair')} of ${given}`,
          columns: [
            { name: 'head', shown: true },
            { name: 'share', shown: true, align: 'right' },
            { name: 'z, random heads', shown: true, align: 'right', faint: true },
            { name: 'z, shuffled pairs', shown: true, align: 'right', faint: true },
          ],
          rows: heads.map((score) => {
            const tested = suppressed ? score.suppressed : score.promoted;
            return [
              `${score.layer}:${score.head}`,
              tested.value.toFixed(3),
              z(tested, 'random'),
              z(tested, 'shuffled'),
            ];
          }),
        },
      ],
    })),
    notes: listed
      .filter(({ pairs }) => pairs === 0)
      .map(({ relation }) => `No pair of ${relation} is two single tokens of this vocabulary.`),
    json: { ...found, relations: listed },
    *records() {
      for (const { heads } of listed) {
        for (const { promoted, suppressed, ...place } of heads) {
          const flat = (name: string, tested: Tested) => ({
            [name]: tested.value,
            [`${name}_z`]: tested.random?.z ?? null,
            [`${name}_shuffled_z`]: tested.shuffled?.z ?? null,
          });
          yield { ...place, ...flat('promoted', promoted), ...flat('suppressed', suppressed) };
        }
      }
    },
  };
}
