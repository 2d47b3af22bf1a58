import { z } from 'zod';
import { answerOf, type HEAD_STATISTICS } from '../../reading/statistics/catalogue.ts';
import {
  Applied,
  applied,
  Chance,
  margin,
  matrixName,
  normalize,
  number,
  ranked,
  ScoredToken,
  Token,
  zscore,
} from './common.ts';

export const TokenPair = z
  .object({ first: Token, second: Token, score: number, other: number.optional(), foldRank: number.optional(), margin })
  .meta({ id: 'TokenPair' });

const Counter = z.array(z.tuple([z.string(), number]));

export const MatrixReading = z
  .object({
    pairs: z.array(TokenPair),
    count: number.meta({ description: 'Exact number of pairs between the thresholds, before exclusions and k' }),
    counters: z.object({ first: Counter, second: Counter }),
    above: number.optional(),
    below: number.optional(),
    chance: Chance.optional(),
  })
  .meta({ id: 'MatrixReading' });

export const HeadReading = z
  .object({
    model: z.string(),
    layer: number,
    head: number,
    normalize,
    applied: z.object({
      ...applied,
      above: number.optional(),
      below: number.optional(),
      excludeSame: z.boolean().optional(),
      excludeFuzzy: z.boolean().optional(),
      sort: matrixName.optional(),
      ascending: z.boolean().optional(),
      limitPerFirst: number.optional(),
      limitPerSecond: number.optional(),
    }),
    vo: MatrixReading.optional(),
    qk: MatrixReading.optional(),
  })
  .meta({ id: 'HeadReading' });

export const PairCount = z
  .object({
    matrix: matrixName,
    above: number.optional(),
    below: number.optional(),
    count: number.meta({ description: 'Exact' }),
    total: number.meta({ description: 'All pairs under the filters' }),
    source: z
      .enum(['list', 'engine'])
      .meta({ description: '`list`: from the kept best 100,000 scores; `engine`: counted anew' }),
  })
  .meta({ id: 'PairCount' });

export const ScoreCurve = z
  .object({
    matrix: matrixName,
    total: number.meta({ description: 'All pairs under the filters' }),
    listed: number.meta({ description: 'Pairs whose scores are kept: down to the last one a count is instant' }),
    ranks: z.array(number).meta({ description: 'Ascending from 1, denser at the beginning' }),
    scores: z.array(number).meta({ description: 'The score of the pair of each rank' }),
  })
  .meta({ id: 'ScoreCurve' });

export const HeadRow = z
  .object({
    model: z.string(),
    layer: number,
    head: number,
    matrix: matrixName,
    side: z.enum(['first', 'second']),
    token: Token,
    normalize,
    applied: Applied,
    ...ranked,
  })
  .meta({ id: 'HeadRow' });

/** What an atlas keeps of a null is its z alone. */
const Against = z.object({
  mean: number.optional(),
  sd: number.optional(),
  z: zscore,
  p: number.nullish().meta({ description: 'Probability of a value at least as extreme; null in older atlases' }),
});
const against = Against.optional();

const Tested = z.object({ value: number, random: against, shuffled: against, others: against });

const RelationShare = Tested.extend({
  copying: Against.extend({ identity: number, above: number }).optional().meta({
    description:
      'identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads that copy',
  }),
});

const notes = z.array(z.string()).meta({ description: 'Which tokens are left out' });

const relation = {
  relation: z.string(),
  pairs: number,
  given: number.optional(),
  promoted: RelationShare,
  suppressed: RelationShare,
};

export const Relations = z
  .object({
    model: z.string(),
    matrix: matrixName,
    k: number.meta({
      description: 'A pair counts when its second word is among so many best (worst) tokens of the first',
    }),
    relations: z.array(
      z.object({
        relation: z.string(),
        pairs: number.meta({ description: 'Pairs whose words are single tokens' }),
        given: number,
        tooFew: z.boolean().meta({ description: 'Fewer than 20 pairs: heads cannot be ranked by them' }),
        heads: z.array(
          z.object({
            layer: number,
            head: number,
            matrix: matrixName,
            ...relation,
            q: zscore.meta({ description: 'False discoveries to expect among all heads with as small a p' }),
          }),
        ),
      }),
    ),
    notes: notes.optional(),
  })
  .meta({ id: 'Relations' });

const DirectionToken = ScoredToken.extend({ z: zscore, p: number });

const DirectionTokens = z.object({ top: z.array(DirectionToken), bottom: z.array(DirectionToken) });

export const Spectrum = z
  .object({
    layer: number,
    head: number,
    matrix: matrixName,
    values: z.array(number).meta({ description: 'Singular values, descending' }),
    spans: z.array(z.object({ start: number, end: number })),
    effectiveRank: number,
    fit: Tested,
    directions: z.array(
      z.object({ start: number, end: number, values: z.array(number), left: DirectionTokens, right: DirectionTokens }),
    ),
  })
  .meta({ id: 'Spectrum' });

const Count = number.nullish().meta({ description: 'Tokens looked up, of which these are the shares' });
const LaterTested = Tested.optional();

type Facts = typeof HEAD_STATISTICS;
type SchemaOf<F> = F extends { whole: true }
  ? typeof Count
  : F extends { later: true }
    ? typeof LaterTested
    : typeof Tested;
type Answered = {
  [N in keyof Facts as Facts[N] extends { answer: infer A extends string } ? A : never]: SchemaOf<Facts[N]>;
};
type GroupName = keyof Answered extends infer A ? (A extends `${infer G}.${string}` ? G : never) : never;
type Group<G extends string> = {
  [A in keyof Answered as A extends `${G}.${infer Name}` ? Name : never]: Answered[A];
};
type Shape = { [A in keyof Answered as A extends `${string}.${string}` ? never : A]: Answered[A] } & {
  [G in GroupName]: z.ZodObject<Group<G>>;
};

/** The statistics of the catalogue, where the answer about one head has them. */
const { copying, diagonal, ...others } = Object.fromEntries(
  Object.entries(answerOf<z.ZodType>((_, { whole, later }) => (whole ? Count : later ? LaterTested : Tested))).map(
    ([place, schema]) => [place, schema instanceof z.ZodType ? schema : z.object(schema)],
  ),
) as unknown as Shape;

export const HeadStatistics = z
  .object({
    layer: number,
    head: number,
    matrix: matrixName,
    copying,
    diagonal,
    eigenvalues: z.array(z.object({ real: number, imaginary: number })),
    ...others,
    relations: z.array(z.object(relation)),
    source: z.enum(['atlas', 'live']),
    notes: notes.optional(),
  })
  .meta({ id: 'HeadStatistics' });

export const HeatMap = z
  .object({
    matrix: matrixName,
    first: z.array(Token).meta({ description: 'The strongest first tokens, by their best pair' }),
    second: z.array(Token),
    scores: z.array(z.array(number)).meta({ description: '[first, second]' }),
  })
  .meta({ id: 'HeatMap' });

export type Pair = z.infer<typeof TokenPair>;
