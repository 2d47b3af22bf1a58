import { WeightscopeError } from '../errors.ts';
import type { HeadRanking } from '../reading/head-ranking.ts';
import { countRanked } from '../reading/head-ranking.ts';
import { type HeadOptions, readHead, readHeadRow } from '../reading/heads.ts';
import { headHeatMap } from '../reading/heat-map.ts';
import { readDirections } from '../reading/statistics/directions.ts';
import { headSpectrum } from '../reading/statistics/spectrum.ts';
import type { Token } from '../vocabulary/types.ts';
import { liveStatistics, storedSpectrum, storedStatistics } from './head-statistics.ts';
import { MATRICES } from './options.ts';
import {
  chance,
  choice,
  filters,
  flag,
  type Given,
  index,
  listOf,
  matrix,
  model,
  preview,
  reading,
  real,
  whole,
} from './parameters.ts';
import { question } from './question.ts';
import { HeadReading, HeadRow, HeadStatistics, HeatMap, PairCount, ScoreCurve, Spectrum } from './results.ts';
import { asRow, columnsOf, RANKED_COLUMNS, rankedRows, withMargin } from './table.ts';

/** A pair in a table, named as the command line names it. */
const pairCells = (first: Token, second: Token) => ({
  ...{ first_id: first.id, first_token: first.token, first_label: first.label },
  ...{ second_id: second.id, second_token: second.token, second_label: second.label },
});
const PAIR_COLUMNS = ['first_id', 'first_token', 'first_label', 'second_id', 'second_token', 'second_label'];

const PATH = '/api/models/{model}/heads/{layer}/{head}';
const place = { ...model, layer: index('Counted from 0'), head: index('Counted from 0') };
const above = real('Only pairs with a higher score', { cli: { value: 'score' } });
const below = real('Only pairs with a lower score', { cli: { value: 'score' } });
export const exclusions = {
  excludeSame: flag('Leave out pairs of a word with itself', {
    more: 'equal when decoded, trimmed, lower-cased',
  }),
  excludeFuzzy: flag('Leave out pairs of similar words', { more: 'equal ones too' }),
};

/** More than 2,000,000 pairs nobody reads; each is held until all are known, some 370 bytes of it. */
const MOST_PAIRS = [2_000_000, 'pairs; --above and --count say how many there are'] as const;
export const listedPairs = whole('How many pairs to list', { default: 100, lists: 'pairs', cli: { most: MOST_PAIRS } });

/** What changes a list of pairs, and not how many pairs there are. */
const OF_LISTS = [
  ...(['excludeSame', 'excludeFuzzy', 'sort', 'other', 'perFirst', 'perSecond', 'ascending'] as const),
  // Of what is listed.
  ...(['compareFold', 'label'] as const),
] as const;

/** What chooses among a head's pairs; only the weights and kept rankings can answer it. */
const selection = {
  above,
  below,
  aboveRank: whole('Only pairs above the score of the nth best', { min: 1, cli: { conflicts: ['above'] } }),
  // `k` has a default: only a command can tell whether it was asked for.
  countOnly: flag('Only the exact number of pairs', {
    cli: { flag: 'count', conflicts: ['k', 'noChance', ...OF_LISTS] },
  }),
  ...exclusions,
  sort: choice('Order by the scores of this matrix', MATRICES, {
    cli: { value: 'matrix', usual: 'each by its own' },
  }),
  other: flag("Each pair's score in the other matrix too"),
  perFirst: whole('At most so many pairs with one first token', { min: 1 }),
  perSecond: whole('At most so many pairs with one second token', { min: 1 }),
};

const headParameters = {
  matrix: listOf('Which, or both with a comma; default both', MATRICES, {
    cli: { value: 'which', sentence: 'Which, or both with a comma', usual: 'both' },
  }),
  k: listedPairs,
  ...selection,
  ascending: flag('Smallest first'),
  ...chance,
  ...reading,
  ...preview,
  ...filters,
};

type HeadAsked = Given<typeof headParameters>;

const headOptions = ({ matrix, perFirst, perSecond, k, ascending, ...asked }: HeadAsked): HeadOptions => {
  const { above, below, aboveRank, countOnly, excludeSame, excludeFuzzy, sort, other, compareFold, label } = asked;
  if (above !== undefined && below !== undefined && above >= below)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`above\` to be less than \`below\`, got ${above} and ${below}: no score is between them.`,
    );
  if (above !== undefined && aboveRank !== undefined)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`above\` or \`aboveRank\`, got both (${above} and ${aboveRank}): either says where the pairs end.`,
    );
  const ofLists = { excludeSame, excludeFuzzy, sort, other, perFirst, perSecond, ascending, compareFold, label };
  const idle = countOnly ? OF_LISTS.find((name) => ofLists[name] !== undefined && ofLists[name] !== false) : undefined;
  if (idle !== undefined)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`countOnly\` or \`${idle}\`, got both: the number is of all pairs between the thresholds.`,
    );
  const selected = { above, below, aboveRank, countOnly, excludeSame, excludeFuzzy, sort, other };
  const { chance } = asked;
  return { matrices: matrix, k, ascending, chance, ...selected, limitPerFirst: perFirst, limitPerSecond: perSecond };
};

export const head = question({
  name: 'head',
  title: 'A head as pairs of words',
  path: PATH,
  place,
  parameters: headParameters,
  result: HeadReading,
  call: (model, { layer, head, ...asked }, options) =>
    readHead(model, layer, head, { ...options, ...headOptions(asked), chance: !asked.noChance }),
  sources: {
    weights: (model, { layer, head, ...asked }, options) =>
      readHead(model, layer, head, { ...options, ...headOptions(asked) }),
    kept: (model, { layer, head, ...asked }, options, rankings) =>
      rankings.read(model, layer, head, { ...options, ...headOptions(asked) }),
    lists: {
      unless: (asked) =>
        asked.chance ||
        (Object.keys(selection) as (keyof typeof selection)[]).some(
          (name) => asked[name] !== undefined && asked[name] !== false,
        ),
      read: async (atlas, { layer, head, matrix, k, ascending }) => {
        const { statistics: _, ...read } = await atlas.head(layer, head, { matrices: matrix, k, ascending });
        return read;
      },
    },
  },
  table: (read) => {
    const rows = MATRICES.flatMap((matrix) =>
      (read[matrix]?.pairs ?? []).map(({ first, second, score, other, margin }, i) => ({
        ...{ matrix, rank: i + 1 },
        ...pairCells(first, second),
        ...asRow({ score, other, margin }),
      })),
    );
    return columnsOf(rows, withMargin(rows, ['matrix', 'rank', ...PAIR_COLUMNS, 'score', 'other']));
  },
  command: {
    name: 'head',
    summary: 'an attention head as pairs of words',
    description:
      'Reads one attention head as token pairs. VO: when the head attends to the first token, it writes the second.\n' +
      'QK: a query at the first token attends to a key at the second.',
  },
});

const between = { matrix, above, below };

export const pairCount = question({
  name: 'pairCount',
  title: 'The exact number of pairs between two scores; at once above the 100,000th score',
  path: `${PATH}/count`,
  place,
  parameters: { ...between, ...reading, ...filters },
  result: PairCount,
  sources: {
    kept: (model, { layer, head, ...asked }, options, rankings) =>
      listedCount(rankings.known(model, layer, head, asked.matrix, options), asked),
    weights: async (model, { layer, head, ...asked }, options, { opened }) => {
      const { matrix, above, below } = asked;
      const ranking = await opened.rankings.get(model, layer, head, matrix, options);
      const listed = listedCount(ranking, asked);
      if (listed) return listed;
      const only = { ...options, matrices: [matrix], above, below, countOnly: true };
      const { [matrix]: found } = await readHead(model, layer, head, only);
      return { ...counted(asked), count: found!.count, total: ranking.total, source: 'engine' as const };
    },
  },
});

/** What was counted; thresholds only where they were given. */
const counted = ({ matrix, above, below }: Given<typeof between>) => ({
  matrix,
  ...(above !== undefined && { above }),
  ...(below !== undefined && { below }),
});

function listedCount(ranking: HeadRanking | undefined, asked: Given<typeof between>) {
  const count = ranking && countRanked(ranking, asked);
  return count === undefined ? undefined : { ...counted(asked), count, total: ranking!.total, source: 'list' as const };
}

export const scoreCurve = question({
  name: 'scoreCurve',
  title: 'Scores by rank, for a slider',
  path: `${PATH}/scores`,
  place,
  parameters: {
    matrix,
    points: whole('Points of the curve', { min: 2, max: 10_000, default: 400 }),
    ...reading,
    ...filters,
  },
  result: ScoreCurve,
  sources: {
    kept: (model, { layer, head, matrix, points }, options, rankings) => {
      const known = rankings.known(model, layer, head, matrix, options);
      return known && { matrix, ...curveOf(known, points) };
    },
    weights: async (model, { layer, head, matrix, points }, options, { opened }) => {
      return { matrix, ...curveOf(await opened.rankings.get(model, layer, head, matrix, options), points) };
    },
  },
});

/** As many ranks as `points` at most, 1..n, evenly spaced in their logarithm, each with its score. */
function curveOf({ score, total }: HeadRanking, points: number) {
  const [n, ranks] = [score.length, new Set<number>()];
  for (let i = 0; n > 0 && i < points; i++) ranks.add(Math.round(n ** (i / (points - 1))));
  return { total, listed: n, ranks: [...ranks], scores: [...ranks].map((rank) => score[rank - 1]) };
}

export const headRow = question({
  name: 'headRow',
  title: 'What a head does with one token: its row, or its column',
  path: `${PATH}/row`,
  place,
  parameters: {
    matrix,
    // `token` is the secret of the server's address.
    id: whole('The token, a row of E', { max: 10_000_000, example: 100, required: true }),
    side: choice('Where the token stands', ['first', 'second'], { default: 'first' }),
    other: whole('The token on the other side: that pair alone', { max: 10_000_000 }),
    k: whole('How many of the best', { default: 50 }),
    bottom: whole('How many of the worst', { default: 0 }),
    ...exclusions,
    ...reading,
    ...preview,
    ...filters,
  },
  result: HeadRow,
  sources: {
    weights: (model, { layer, head, matrix, id, side, other, k, bottom, excludeSame, excludeFuzzy }, options) =>
      readHeadRow(model, layer, head, matrix, id, { ...options, side, other, k, bottom, excludeSame, excludeFuzzy }),
  },
  table: (ranked) => {
    const rows = rankedRows(ranked);
    return columnsOf(rows, withMargin(rows, RANKED_COLUMNS));
  },
});

export const spectrum = question({
  name: 'spectrum',
  title: 'Singular values, and directions as words',
  path: `${PATH}/spectrum`,
  place,
  parameters: {
    matrix,
    directions: whole('How many directions to read', { max: 64, default: 5 }),
    k: whole('Tokens at each end', { max: 1000, default: 20 }),
    gap: real('Neighbours closer than this share of the largest are one span', { default: 0.01 }),
    foldNorm: reading.foldNorm,
    embedding: reading.embedding,
    label: reading.label,
    ...filters,
  },
  result: Spectrum,
  sources: {
    lists: {
      // With the checkpoint it takes no longer, and has all that is asked for.
      alone: true,
      unless: ({ directions, k, gap }) => directions > 5 || k > 20 || gap !== 0.01,
      read: (atlas, { layer, head, matrix, directions, k }) =>
        storedSpectrum(atlas, layer, head, matrix, { count: directions, k }),
    },
    weights: async (model, { layer, head, matrix, directions: count, k, gap, foldNorm }, options) => {
      const found = await headSpectrum(model, layer, head, matrix, { foldNorm, gap, signal: options.signal });
      const { left, right, ...rest } = found;
      return { ...rest, directions: await readDirections(model, found, { ...options, count, k }) };
    },
  },
});

export const headStatistics = question({
  name: 'headStatistics',
  title: 'Copying, own places and relations, each with its nulls',
  path: `${PATH}/statistics`,
  place,
  parameters: { matrix, ...reading },
  result: HeadStatistics,
  sources: {
    // Without anything said, what the atlas has: the statistics of docs/statistics.md, by their own normaliser.
    opened: ({ model: _, layer, head, matrix, ...said }, { served: { atlas } }) =>
      atlas && Object.values(said).every((given) => given === undefined)
        ? storedStatistics(atlas, layer, head, matrix)
        : undefined,
    weights: (model, { layer, head, matrix }, options) => liveStatistics(model, layer, head, matrix, options),
  },
});

export const heatMap = question({
  name: 'heatMap',
  title: 'Scores of the strongest first tokens with the strongest second tokens',
  path: `${PATH}/heat`,
  place,
  parameters: {
    matrix,
    rows: whole('First tokens', { min: 1, max: 200, default: 24 }),
    columns: whole('Second tokens', { min: 1, max: 200, default: 24 }),
    ...exclusions,
    ...reading,
    ...filters,
  },
  result: HeatMap,
  sources: {
    weights: (model, { layer, head, matrix, rows, columns, excludeSame, excludeFuzzy }, options) =>
      headHeatMap(model, layer, head, matrix, { ...options, rows, columns, excludeSame, excludeFuzzy }),
  },
  table: ({ first, second, scores }) =>
    columnsOf(
      first.flatMap((a, i) =>
        second.map((b, j) => ({
          ...pairCells(a, b),
          score: scores[i][j],
        })),
      ),
    ),
});
