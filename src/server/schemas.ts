import { z } from '@hono/zod-openapi';
import { MATRICES, NEURON_PARTS } from './query.ts';

/** What the API answers, as the library's readings are written in JSON (numbers that are not finite arrive as null). */

const number = z.number();
/** A z-score is infinite where its null never varies: null in JSON. */
const zscore = z.number().nullable();
export const part = z.enum(NEURON_PARTS);
export const matrixName = z.enum(MATRICES);

export const Problem = z
  .object({ error: z.object({ code: z.string().openapi({ example: 'OUT_OF_RANGE' }), message: z.string() }) })
  .openapi('Problem');

export const Token = z
  .object({
    id: number,
    token: z.string().openapi({ description: 'Its own text, a leading space included', example: ' king' }),
    label: z.string().openapi({ description: 'Printable', example: '·king' }),
  })
  .openapi('Token');
export const ScoredToken = Token.extend({ score: number }).openapi('ScoredToken');
const ranked = { top: z.array(ScoredToken), bottom: z.array(ScoredToken) };
export const RankedTokens = z.object(ranked).openapi('RankedTokens');

const applied = {
  foldNorm: z.boolean(),
  filters: z.array(z.string()),
  embedding: z.enum(['unembed', 'embed']),
  approximate: z.boolean(),
  notes: z.array(z.string()),
};
export const Applied = z
  .object(applied)
  .openapi('Applied', { description: "What was done to get a reading's numbers" });
const normalize = z.enum(['freq', 'none', 'cosine']);
const perPart = <T extends z.ZodType>(schema: T) =>
  z.object({ key: schema.optional(), up: schema.optional(), value: schema.optional() });

export const ModelInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['ready', 'failed']).openapi({ description: '`failed`: `problem` says why' }),
    problem: z.string().optional(),
    live: z.boolean().openapi({ description: 'The checkpoint is open; without it only the atlas answers' }),
    architecture: z.string(),
    type: z.string(),
    layers: number,
    hidden: number.openapi({ description: 'Width d of the residual stream' }),
    heads: number,
    kvHeads: number,
    headDim: number,
    neurons: number.openapi({ description: 'Neurons per layer (per expert, where there are experts)' }),
    vocab: number.openapi({ description: 'Rows of E' }),
    experts: number,
    gated: z.boolean(),
    parts: z.array(part),
    tied: z.boolean().nullable().openapi({ description: 'Whether embed and unembed are one matrix' }),
    tokenizer: z.object({ kind: z.string(), tokens: number }).nullable(),
    fingerprint: z.string(),
    notes: z.array(z.string()),
    atlas: z
      .object({
        tables: z.array(z.object({ name: z.string(), rows: number })),
        settings: z.record(z.string(), z.unknown()),
      })
      .nullable(),
    building: z
      .object({ done: number.openapi({ description: '0 to 1' }), what: z.string() })
      .nullable()
      .openapi({ description: 'An atlas on its way' }),
    engine: z.object({ name: z.string(), description: z.string() }).nullable(),
  })
  .openapi('ModelInfo');
export const Models = z.object({ version: z.string(), models: z.array(ModelInfo) }).openapi('Models');

export const NeuronReading = z
  .object({
    model: z.string(),
    layer: number,
    neuron: number,
    normalize,
    applied: Applied,
    parts: perPart(RankedTokens),
    norms: perPart(number).openapi({ description: 'Lengths of the vectors' }),
    cosines: z.object({ keyValue: number.optional(), keyUp: number.optional(), upValue: number.optional() }),
  })
  .openapi('NeuronReading');

export const Histogram = z
  .object({
    model: z.string(),
    layer: number,
    neuron: number,
    normalize,
    applied: Applied,
    parts: perPart(
      z.object({
        edges: z.array(number).openapi({ description: 'bins + 1 edges; a score belongs to the bin it is not below' }),
        counts: z.array(number),
        tokens: number,
        mean: number,
        sd: number,
        skew: number,
        kurtosis: number,
        min: number,
        max: number,
      }),
    ),
  })
  .openapi('Histogram');

export const Similar = z
  .object({
    source: z.enum(['atlas', 'live']),
    measure: z.string().openapi({ description: 'What `cosine` is the cosine of' }),
    part,
    neurons: z.array(
      z.object({
        layer: number,
        expert: number,
        neuron: number,
        cosine: number,
        top: z.string().optional().openapi({ description: 'Labels of its first tokens' }),
      }),
    ),
  })
  .openapi('Similar');

export const RawVector = z
  .object({ name: z.string(), width: number, norm: number, values: z.array(number) })
  .openapi('RawVector');

export const TokenMap = z
  .object({
    tokens: z.array(ScoredToken),
    width: number,
    rows: z.string().openapi({ description: 'E_i of each token: fp32 [tokens, width], little endian, base64' }),
  })
  .openapi('TokenMap');

export const TokenPair = z
  .object({ first: Token, second: Token, score: number, other: number.optional() })
  .openapi('TokenPair');
const Counter = z.array(z.tuple([z.string(), number]));
export const MatrixReading = z
  .object({
    pairs: z.array(TokenPair),
    count: number.openapi({ description: 'Exact number of pairs between the thresholds, before exclusions and k' }),
    counters: z.object({ first: Counter, second: Counter }),
    above: number.optional(),
    below: number.optional(),
  })
  .openapi('MatrixReading');
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
  .openapi('HeadReading');

export const PairCount = z
  .object({
    matrix: matrixName,
    above: number.optional(),
    below: number.optional(),
    count: number.openapi({ description: 'Exact' }),
    total: number.openapi({ description: 'All pairs under the filters' }),
    source: z
      .enum(['list', 'engine'])
      .openapi({ description: '`list`: from the kept best 100,000 scores; `engine`: counted anew' }),
  })
  .openapi('PairCount');

export const ScoreCurve = z
  .object({
    matrix: matrixName,
    total: number.openapi({ description: 'All pairs under the filters' }),
    listed: number.openapi({ description: 'Pairs whose scores are kept: down to the last one a count is instant' }),
    ranks: z.array(number).openapi({ description: 'Ascending from 1, denser at the beginning' }),
    scores: z.array(number).openapi({ description: 'The score of the pair of each rank' }),
  })
  .openapi('ScoreCurve');

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
  .openapi('HeadRow');

/** What an atlas keeps of a null is its z alone. */
const against = z.object({ mean: number.optional(), sd: number.optional(), z: zscore }).optional();
const Tested = z.object({ value: number, random: against, shuffled: against });
const DirectionToken = ScoredToken.extend({ z: zscore });
const DirectionTokens = z.object({ top: z.array(DirectionToken), bottom: z.array(DirectionToken) });
export const Spectrum = z
  .object({
    layer: number,
    head: number,
    matrix: matrixName,
    values: z.array(number).openapi({ description: 'Singular values, descending' }),
    spans: z.array(z.object({ start: number, end: number })),
    effectiveRank: number,
    fit: Tested,
    directions: z.array(
      z.object({ start: number, end: number, values: z.array(number), left: DirectionTokens, right: DirectionTokens }),
    ),
  })
  .openapi('Spectrum');

export const HeadStatistics = z
  .object({
    layer: number,
    head: number,
    matrix: matrixName,
    copying: Tested,
    diagonal: Tested,
    eigenvalues: z.array(z.object({ real: number, imaginary: number })),
    self: z.object({ top1: Tested, top5: Tested, bottom1: Tested, bottom5: Tested }),
    relations: z.array(
      z.object({ relation: z.string(), pairs: number, given: number.optional(), promoted: Tested, suppressed: Tested }),
    ),
    source: z.enum(['atlas', 'live']),
  })
  .openapi('HeadStatistics');

export const HeatMap = z
  .object({
    matrix: matrixName,
    first: z.array(Token).openapi({ description: 'The strongest first tokens, by their best pair' }),
    second: z.array(Token),
    scores: z.array(z.array(number)).openapi({ description: '[first, second]' }),
  })
  .openapi('HeatMap');

export const VectorReading = z
  .object({ model: z.string(), vector: z.string(), normalize, applied: Applied, norm: number, ...ranked })
  .openapi('VectorReading');

const classes = z.object({ special: z.boolean(), padding: z.boolean() });
export const Tokens = z
  .object({
    total: number.openapi({ description: 'Tokens that match, of which the first are listed' }),
    tokens: z.array(Token.extend({ score: number.optional().openapi({ description: 'Cosine, with `like`' }) })),
  })
  .openapi('Tokens');

const TokenNeuron = z.object({
  layer: number,
  expert: number,
  neuron: number,
  score: number,
  top: z.string().optional().openapi({ description: "Labels of the neuron's first tokens, with an atlas" }),
  bottom: z.string().optional(),
});
const TokenHead = z.object({
  layer: number,
  head: number,
  score: number,
  pairRank: number.nullable().optional().openapi({ description: "Its place among the head's pairs, with an atlas" }),
});
const bothEnds = <T extends z.ZodType>(schema: T) => z.object({ top: z.array(schema), bottom: z.array(schema) });
export const TokenReport = z
  .object({
    token: Token,
    classes,
    norm: number.nullable(),
    nearest: z.array(ScoredToken).openapi({ description: 'By cosine of rows of E, itself left out' }),
    neurons: perPart(bothEnds(TokenNeuron)).openapi({
      description: 'Neurons for which the token scores highest and lowest: key and up read it, value writes it',
    }),
    heads: z.object({ vo: bothEnds(TokenHead).optional(), qk: bothEnds(TokenHead).optional() }).openapi({
      description: "By the token's diagonal score: vo copies (suppresses) it, qk attends from it to itself",
    }),
    source: z.enum(['atlas', 'live']),
  })
  .openapi('TokenReport');

export const StatisticNames = z
  .object({
    kind: z.enum(['neurons', 'heads']),
    statistics: z.array(
      z.object({ name: z.string(), source: z.enum(['atlas', 'live']), description: z.string().optional() }),
    ),
  })
  .openapi('StatisticNames');
export const Statistic = z
  .object({
    kind: z.enum(['neurons', 'heads']),
    name: z.string(),
    source: z.enum(['atlas', 'live']),
    layer: z.array(number),
    index: z.array(number).openapi({ description: 'Neuron or head' }),
    expert: z.array(number).optional(),
    part: z.array(z.string()).openapi({ description: 'key, up, value; vo, qk' }),
    value: z.array(number.nullable()),
    summary: z.array(
      z.object({
        layer: number,
        part: z.string(),
        count: number,
        min: number,
        q1: number,
        median: number,
        q3: number,
        max: number,
      }),
    ),
  })
  .openapi('Statistic', { description: 'Columns of one length, one entry per vector or matrix' });

const Match = z.object({ token: number, label: z.string(), rank: number, score: number });
const sign = z.enum(['+', '-']);
export const SearchResult = z
  .object({
    neurons: z.array(
      z.object({ layer: number, expert: number, neuron: number, part, sign, score: number, matches: z.array(Match) }),
    ),
    heads: z.array(
      z.object({
        layer: number,
        head: number,
        matrix: matrixName,
        sign,
        score: number,
        matches: z.array(Match.extend({ pairRank: number.nullable() })),
      }),
    ),
    terms: z.array(
      z.array(z.object({ term: z.object({ kind: z.string(), text: z.string() }), tokens: z.array(number) })),
    ),
  })
  .openapi('SearchResult');
export const Rows = z
  .object({ columns: z.array(z.string()), rows: z.array(z.record(z.string(), z.unknown())) })
  .openapi('Rows');
export const Tables = z
  .object({
    tables: z.array(
      z.object({ name: z.string(), rows: number, columns: z.array(z.object({ name: z.string(), type: z.string() })) }),
    ),
  })
  .openapi('Tables');
const row = {
  layer: number,
  best: number,
  worst: number,
  top: z.string(),
  bottom: z.string(),
  value: number.nullable(),
};
export const NeuronRows = z
  .object({
    sort: z.string(),
    neurons: z.array(z.object({ ...row, expert: number, neuron: number, part, norm: number, reading_norm: number })),
  })
  .openapi('NeuronRows');
export const HeadRows = z
  .object({ sort: z.string(), heads: z.array(z.object({ ...row, head: number, kv_head: number, matrix: matrixName })) })
  .openapi('HeadRows');

export const Comparison = z
  .object({
    a: z.string(),
    b: z.string(),
    shared: z.object({
      architecture: z.boolean(),
      vocabulary: z.boolean().openapi({ description: 'The same tokens in the same places' }),
      tokens: number.openapi({ description: 'Tokens of A whose text is a token of B' }),
      dimensions: z.array(
        z.object({ name: z.string(), a: z.union([number, z.boolean()]), b: z.union([number, z.boolean()]) }),
      ),
    }),
    diff: z
      .object({
        neurons: z.array(
          z.object({
            layer: number,
            expert: number,
            neuron: number,
            part,
            shared: number,
            lost: z.array(z.string()),
            gained: z.array(z.string()),
          }),
        ),
        heads: z.array(
          z.object({
            layer: number,
            head: number,
            matrix: matrixName,
            shared: number,
            lost: z.array(z.tuple([z.string(), z.string()])),
            gained: z.array(z.tuple([z.string(), z.string()])),
          }),
        ),
      })
      .nullable()
      .openapi({ description: 'What changed most, where both models have an atlas' }),
  })
  .openapi('Comparison');

export const Places = z
  .object({
    places: z.array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('neuron'), text: z.string(), layer: number, neuron: number }),
        z.object({ kind: z.literal('head'), text: z.string(), layer: number, head: number }),
        z.object({ kind: z.literal('token'), text: z.string(), token: Token }),
        z.object({ kind: z.literal('vector'), text: z.string(), expression: z.string() }),
      ]),
    ),
  })
  .openapi('Places');

export type Pair = z.infer<typeof TokenPair>;
