import type { z } from 'zod';
import type { Atlas } from '../atlas/query/atlas.ts';
import type { Model } from '../model/types.ts';
import { embeddingOf } from '../reading/embedding.ts';
import { checkHead, PARTS } from '../reading/factors.ts';
import { leftOutNotes } from '../reading/notes.ts';
import { RELATIONS } from '../reading/relations/relations.ts';
import { answerOf, statisticsOf } from '../reading/statistics/catalogue.ts';
import { type Measured, unflattened } from '../reading/statistics/columns.ts';
import type { DirectionTokens } from '../reading/statistics/directions.ts';
import { type HeadMeasureName, measuredHeads } from '../reading/statistics/measures.ts';
import type { Tested } from '../reading/statistics/nulls.ts';
import { storedShare } from '../reading/statistics/relation-columns.ts';
import { relationScores } from '../reading/statistics/relations.ts';
import type { HeadMatrix, ReadOptions } from '../reading/types.ts';
import type { HeadStatistics } from './results.ts';

type Statistics = z.infer<typeof HeadStatistics>;

/** One head's statistics with their nulls, from the weights: some seconds. */
export async function liveStatistics(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: ReadOptions,
): Promise<Statistics> {
  checkHead(model, layer, head);
  const own = { ...options, from: head, to: head + 1 };
  const [{ values: copying, found }] = await measuredHeads(model, layer, matrix, 'copying', own);
  const measured = { ...copying };
  for (const measure of ANSWERED)
    Object.assign(measured, (await measuredHeads(model, layer, matrix, measure, own))[0].values);
  // Relations are of what a head writes, as in an atlas: the same rows stand on a page with one and without.
  const related = matrix === 'vo' && model.vocabulary;
  const relations = related ? await relationScores(model, layer, RELATIONS, { ...own, matrix }) : [];
  return {
    ...{ layer, head, matrix },
    ...answered((name) => measured[name], found.eigenvalues),
    relations: relations.map(({ relation, pairs, given, promoted, suppressed }) => {
      return { relation, pairs, given, promoted, suppressed };
    }),
    source: 'live',
    ...noted(await leftOutNotes(model, kindsOf(matrix), options)),
  };
}

/** Measures of which the answer about one head has statistics, beside copying. */
const ANSWERED = [
  ...new Set(statisticsOf('heads').flatMap(([, { answer, measure }]) => (answer ? [measure as HeadMeasureName] : []))),
].filter((measure) => measure !== 'copying');

/** A head's statistics where the answer has them; a count has no nulls, and is a number alone. */
function answered(of: (name: string) => Measured<number> | undefined, eigenvalues: Statistics['eigenvalues']) {
  const { copying, diagonal, ...others } = answerOf<unknown>((name, { whole }) => {
    const found = of(name);
    // An atlas of before there was this statistic has none.
    return whole ? found?.value : found?.value === null ? undefined : found;
  });
  return { copying, diagonal, eigenvalues, ...others } as Pick<
    Statistics,
    'copying' | 'diagonal' | 'eigenvalues' | 'self'
  >;
}

/** The same from an atlas that has statistics (z-scores without the nulls' moments, no eigenvalues); else undefined. */
export async function storedStatistics(
  atlas: Atlas,
  layer: number,
  head: number,
  matrix: HeadMatrix,
): Promise<Statistics | undefined> {
  // Of no matrix the pairs: an atlas of statistics alone has none.
  const { statistics } = await atlas.head(layer, head, { matrices: [], k: 0 });
  const row = statistics?.[matrix];
  if (!row) return undefined;
  const relations = await atlas.relations({ layer, head, k: 1000 });
  return {
    ...{ layer, head, matrix },
    ...answered((name) => unflattened('heads', name, row), []),
    relations: relations
      .filter((relation) => relation.matrix === matrix)
      // In the order of those that are measured now, not by their scores.
      .toSorted((a, b) => ORDER.indexOf(a.relation) - ORDER.indexOf(b.relation))
      .map((relation) => ({
        relation: relation.relation,
        pairs: relation.pairs,
        ...(relation.given != null && { given: relation.given }),
        promoted: storedShare(relation, 'promoted'),
        suppressed: storedShare(relation, 'suppressed'),
      })),
    source: 'atlas',
    ...noted(storedNotes(atlas, matrix)),
  };
}

const ORDER = RELATIONS.map(({ name }) => name);

const kindsOf = (matrix: HeadMatrix) => Object.values(PARTS[matrix]).map((part) => `attn.${part}` as const);

const noted = (notes: string[]) => (notes.length > 0 ? { notes } : {});

function storedNotes({ manifest: { said, settings } }: Atlas, matrix: HeadMatrix): string[] {
  const tables = new Set(kindsOf(matrix).map((kind) => embeddingOf(kind, settings.embedding)));
  return [...tables].flatMap((table) => said?.leftOut[table]?.note ?? []);
}

/** A head's spectrum as an atlas with statistics has it, its first directions as words. */
export async function storedSpectrum(
  atlas: Atlas,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  { count, k }: { count: number; k: number },
) {
  const { directions, ...found } = await atlas.spectrum(layer, head, matrix);
  const row = (await atlas.head(layer, head, { matrices: [], k: 0 })).statistics![matrix]!;
  const first = ({ top, bottom }: DirectionTokens) => ({ top: top.slice(0, k), bottom: bottom.slice(0, k) });
  return {
    ...found,
    effectiveRank: unflattened('heads', 'effective_rank', row).value,
    fit: unflattened('heads', 'fit', row) as Tested,
    directions: directions
      .slice(0, count)
      .map(({ left, right, ...of }) => ({ ...of, left: first(left), right: first(right) })),
  };
}
