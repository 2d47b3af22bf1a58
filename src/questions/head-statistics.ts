import type { z } from 'zod';
import type { Atlas } from '../atlas/query/atlas.node.ts';
import type { Model } from '../model/types.ts';
import { RELATIONS } from '../reading/relations/relations.ts';
import { headCopying } from '../reading/statistics/copying.ts';
import type { Tested } from '../reading/statistics/nulls.ts';
import { relationScores } from '../reading/statistics/relations.ts';
import { headSelf } from '../reading/statistics/self.ts';
import { headSpectrum } from '../reading/statistics/spectrum.ts';
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
  const own = { ...options, from: head, to: head + 1 };
  await headSpectrum(model, layer, head, matrix, options); // Says so when there is no such head.
  const [copying] = await headCopying(model, layer, matrix, own);
  const [{ tokens, top1, top5, bottom1, bottom5 }] = await headSelf(model, layer, matrix, own);
  const relations = model.vocabulary ? await relationScores(model, layer, RELATIONS, { ...own, matrix }) : [];
  return {
    layer,
    head,
    matrix,
    copying: copying.score,
    diagonal: copying.diagonal,
    eigenvalues: copying.eigenvalues,
    self: { tokens, top1, top5, bottom1, bottom5 },
    relations: relations.map(({ relation, pairs, given, promoted, suppressed }) => {
      return { relation, pairs, given, promoted, suppressed };
    }),
    source: 'live',
  };
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
  const tested = (values: Readonly<Record<string, unknown>>, name: string): Tested => {
    const of = (end: string) => values[`${name}${end}`] as number | null | undefined;
    const [random, shuffled, beside] = [of('_z'), of('_shuffled_z'), of('_copying_z')];
    return {
      value: values[name] as number,
      ...(random != null && { random: { z: random, p: of('_p') } }),
      ...(shuffled != null && { shuffled: { z: shuffled, p: of('_shuffled_p') } }),
      ...(beside != null && {
        copying: { identity: values.identity, above: of('_above'), z: beside, p: of('_copying_p') },
      }),
    } as Tested;
  };
  const [top1, top5, bottom1, bottom5] = ['top1', 'top5', 'bottom1', 'bottom5'].map((name) =>
    tested(row, `self_${name}`),
  );
  const relations = await atlas.relations({ layer, head, k: 1000 });
  return {
    layer,
    head,
    matrix,
    copying: tested(row, 'copying'),
    diagonal: tested(row, 'diagonal'),
    eigenvalues: [],
    self: { tokens: row.self_tokens, top1, top5, bottom1, bottom5 },
    relations: relations
      .filter((relation) => relation.matrix === matrix)
      .map((relation) => ({
        relation: relation.relation,
        pairs: relation.pairs,
        ...(relation.given != null && { given: relation.given }),
        promoted: tested(relation as unknown as Record<string, unknown>, 'promoted'),
        suppressed: tested(relation as unknown as Record<string, unknown>, 'suppressed'),
      })),
    source: 'atlas',
  };
}
