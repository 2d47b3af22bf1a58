import { z } from '@hono/zod-openapi';
import { countRanked, type HeadRanking } from '../../reading/head-ranking.ts';
import { readHead, readHeadRow } from '../../reading/heads.ts';
import { headHeatMap } from '../../reading/heat-map.ts';
import { readDirections } from '../../reading/statistics/directions.ts';
import { headSpectrum } from '../../reading/statistics/spectrum.ts';
import { answer } from '../answer.ts';
import { liveStatistics, storedStatistics } from '../head-statistics.ts';
import {
  filters,
  flag,
  format,
  headParams,
  listOf,
  MATRICES,
  matrix,
  reading,
  readOptions,
  real,
  whole,
} from '../query.ts';
import { HeadReading, HeadRow, HeadStatistics, HeatMap, PairCount, ScoreCurve, Spectrum } from '../schemas.ts';
import type { ServerState } from '../served.ts';
import { columnsOf } from '../tables.ts';
import { question, routes } from './common.ts';

const PATH = '/api/models/{model}/heads/{layer}/{head}';
const above = real('Only pairs with a higher score').optional();
const below = real('Only pairs with a lower score').optional();
const exclusions = {
  excludeSame: flag('Leave out pairs of a word with itself').optional(),
  excludeFuzzy: flag('Leave out pairs of similar words').optional(),
};

export function headRoutes(state: ServerState) {
  const { engine } = state.served;
  const { rankings, factorCache } = state;
  const params = headParams;
  const read = question(
    'heads',
    PATH,
    'A head as pairs of words',
    {
      params,
      query: z.strictObject({
        matrix: listOf(MATRICES, 'Which, or both with a comma; default both').optional(),
        k: whole('How many pairs to list; default 100').optional(),
        above,
        below,
        aboveRank: whole('Only pairs above the score of the nth best').optional(),
        countOnly: flag('Only the exact number of pairs').optional(),
        ...exclusions,
        sort: z.enum(MATRICES).optional().openapi({ description: 'Order by the scores of this matrix' }),
        ascending: flag('Smallest first').optional(),
        other: flag("Each pair's score in the other matrix too").optional(),
        perFirst: whole('At most so many pairs with one first token').optional(),
        perSecond: whole('At most so many pairs with one second token').optional(),
        ...reading,
        ...filters,
        format,
      }),
    },
    HeadReading,
  );
  const count = question(
    'heads',
    `${PATH}/count`,
    'The exact number of pairs between two scores; at once above the 100,000th score',
    { params, query: z.strictObject({ matrix, above, below, ...reading, ...filters }) },
    PairCount,
  );
  const scores = question(
    'heads',
    `${PATH}/scores`,
    'Scores by rank, for a slider',
    {
      params,
      query: z.strictObject({
        matrix,
        points: whole('Points of the curve; default 400', { min: 2, max: 10_000 }).optional(),
        ...reading,
        ...filters,
      }),
    },
    ScoreCurve,
  );
  const row = question(
    'heads',
    `${PATH}/row`,
    'What a head does with one token: its row, or its column',
    {
      params,
      query: z.strictObject({
        matrix,
        // `token` is the secret of the server's address.
        id: whole('The token, a row of E', { max: 10_000_000, example: 100 }),
        side: z.enum(['first', 'second']).default('first').openapi({ description: 'Where the token stands' }),
        k: whole('How many of the best; default 50').optional(),
        bottom: whole('How many of the worst; default 0').optional(),
        ...reading,
        ...filters,
        format,
      }),
    },
    HeadRow,
  );
  const spectrum = question(
    'heads',
    `${PATH}/spectrum`,
    'Singular values, and directions as words',
    {
      params,
      query: z.strictObject({
        matrix,
        directions: whole('How many directions to read; default 5', { max: 64 }).optional(),
        k: whole('Tokens at each end; default 20', { max: 1000 }).optional(),
        gap: real('Neighbours closer than this share of the largest are one span; default 0.01').optional(),
        foldNorm: reading.foldNorm,
        embedding: reading.embedding,
        label: reading.label,
        ...filters,
      }),
    },
    Spectrum,
  );
  const statistics = question(
    'heads',
    `${PATH}/statistics`,
    'Copying, own places and relations, each with its nulls',
    { params, query: z.strictObject({ matrix, ...reading }) },
    HeadStatistics,
  );
  const heat = question(
    'heads',
    `${PATH}/heat`,
    'Scores of the strongest first tokens with the strongest second tokens',
    {
      params,
      query: z.strictObject({
        matrix,
        rows: whole('First tokens; default 24', { min: 1, max: 200 }).optional(),
        columns: whole('Second tokens; default 24', { min: 1, max: 200 }).optional(),
        ...exclusions,
        ...reading,
        ...filters,
        format,
      }),
    },
    HeatMap,
  );

  return routes()
    .openapi(read, (c) => {
      const { model: id, layer, head } = c.req.valid('param');
      const { matrix: matrices, perFirst: limitPerFirst, perSecond: limitPerSecond, ...query } = c.req.valid('query');
      const k = query.k ?? state.defaultLength(id, 'pairs', 100);
      const { above, below, aboveRank, countOnly, excludeSame, excludeFuzzy, sort, ascending, other } = query;
      const selection = { above, below, aboveRank, countOnly, excludeSame, excludeFuzzy, sort, other };
      const limits = { limitPerFirst, limitPerSecond };
      const options = { engine, factorCache, ...readOptions(query), matrices, k, ascending, ...selection, ...limits };
      const plain = Object.values({ ...selection, ...limits }).every((given) => given === undefined || given === false);
      const atlas = plain ? state.matching(id, options) : undefined;
      return answer<z.infer<typeof HeadReading>>(c, state, {
        model: id,
        quick: async () => {
          const { model } = state.model(id);
          const known = model && rankings.read(model, layer, head, options);
          if (known || !atlas || k > atlas.manifest.settings.pairs) return known;
          const { statistics: _, ...read } = await atlas.head(layer, head, { matrices, k, ascending });
          return read;
        },
        work: (run) => readHead(state.live(id), layer, head, { ...options, ...run }),
        table: (result) =>
          columnsOf(
            MATRICES.flatMap((name) =>
              (result[name]?.pairs ?? []).map(({ first, second, score, other }, i) => ({
                matrix: name,
                rank: i + 1,
                first: first.id,
                second: second.id,
                first_label: first.label,
                second_label: second.label,
                score,
                other,
              })),
            ),
            ['matrix', 'rank', 'first', 'second', 'first_label', 'second_label', 'score', 'other'],
          ),
      });
    })
    .openapi(count, (c) => {
      const { model: id, layer, head } = c.req.valid('param');
      const { matrix: which, above, below, ...query } = c.req.valid('query');
      const model = state.live(id);
      const options = { engine, factorCache, ...readOptions(query) };
      const given = { matrix: which, ...(above !== undefined && { above }), ...(below !== undefined && { below }) };
      const fromList = (ranking: HeadRanking | undefined) => {
        const count = ranking && countRanked(ranking, { above, below });
        return count === undefined ? undefined : { ...given, count, total: ranking!.total, source: 'list' as const };
      };
      return answer<z.infer<typeof PairCount>>(c, state, {
        model: id,
        quick: () => fromList(rankings.known(model, layer, head, which, options)),
        work: async (run) => {
          const ranking = await rankings.get(model, layer, head, which, { ...options, ...run });
          const listed = fromList(ranking);
          if (listed) return listed;
          const only = { ...options, ...run, matrices: [which], above, below, countOnly: true };
          const { [which]: found } = await readHead(model, layer, head, only);
          return { ...given, count: found!.count, total: ranking.total, source: 'engine' };
        },
      });
    })
    .openapi(scores, (c) => {
      const { model: id, layer, head } = c.req.valid('param');
      const { matrix: which, points = 400, ...query } = c.req.valid('query');
      const model = state.live(id);
      const options = { engine, factorCache, ...readOptions(query) };
      const curveOf = ({ score, total }: HeadRanking) => {
        const ranks = ranksOf(score.length, points);
        return { matrix: which, total, listed: score.length, ranks, scores: ranks.map((rank) => score[rank - 1]) };
      };
      return answer(c, state, {
        model: id,
        quick: () => {
          const known = rankings.known(model, layer, head, which, options);
          return known && curveOf(known);
        },
        work: async (run) => curveOf(await rankings.get(model, layer, head, which, { ...options, ...run })),
      });
    })
    .openapi(row, (c) => {
      const { model: id, layer, head } = c.req.valid('param');
      const query = c.req.valid('query');
      const model = state.live(id);
      const { matrix: which, id: token, side, k, bottom } = query;
      const options = { engine, factorCache, ...readOptions(query), side, k, bottom };
      return answer(c, state, {
        model: id,
        work: (run) => readHeadRow(model, layer, head, which, token, { ...options, ...run }),
        table: ({ top, bottom }) =>
          columnsOf(
            [
              ...top.map((token, i) => ({ end: 'top', rank: i + 1, ...token })),
              ...bottom.map((token, i) => ({ end: 'bottom', rank: i + 1, ...token })),
            ],
            ['end', 'rank', 'id', 'token', 'label', 'score'],
          ),
      });
    })
    .openapi(spectrum, (c) => {
      const { model: id, layer, head } = c.req.valid('param');
      const query = c.req.valid('query');
      const model = state.live(id);
      const { matrix: which, directions: count, k, gap, foldNorm } = query;
      return answer(c, state, {
        model: id,
        work: async (run) => {
          const found = await headSpectrum(model, layer, head, which, { foldNorm, gap, signal: run.signal });
          const { left, right, ...rest } = found;
          const options = { engine, ...readOptions(query), count, k, ...run };
          return { ...rest, directions: await readDirections(model, found, options) };
        },
      });
    })
    .openapi(statistics, (c) => {
      const { model: id, layer, head } = c.req.valid('param');
      const query = c.req.valid('query');
      const which = query.matrix;
      const { model, atlas } = state.model(id);
      // Without anything said, what the atlas has: the statistics of docs/statistics.md, by their own normaliser.
      const stored = Object.values(query).filter((given) => given !== undefined).length === 1 ? atlas : undefined;
      return answer<z.infer<typeof HeadStatistics>>(c, state, {
        model: id,
        quick: async () => stored && storedStatistics(stored, layer, head, which),
        work: async (run) => {
          const live = model ?? state.live(id);
          return liveStatistics(live, layer, head, which, { engine, factorCache, ...readOptions(query), ...run });
        },
      });
    })
    .openapi(heat, (c) => {
      const { model: id, layer, head } = c.req.valid('param');
      const query = c.req.valid('query');
      const model = state.live(id);
      const { matrix: which, rows, columns, excludeSame, excludeFuzzy } = query;
      const options = { engine, factorCache, ...readOptions(query), rows, columns, excludeSame, excludeFuzzy };
      return answer(c, state, {
        model: id,
        work: (run) => headHeatMap(model, layer, head, which, { ...options, ...run }),
        table: ({ first, second, scores }) =>
          columnsOf(
            first.flatMap((a, i) =>
              second.map((b, j) => ({
                first: a.id,
                second: b.id,
                first_label: a.label,
                second_label: b.label,
                score: scores[i][j],
              })),
            ),
          ),
      });
    });
}

/** Ranks 1..n, as many as `points` at most, evenly spaced in their logarithm. */
function ranksOf(n: number, points: number): number[] {
  const ranks = new Set<number>();
  for (let i = 0; n > 0 && i < points; i++) ranks.add(Math.round(n ** (i / (points - 1))));
  return [...ranks];
}
