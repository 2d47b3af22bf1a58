/** What the API answers, from its own schemas. Types only: no code of the library comes into the page. */
import type { z } from 'zod';
import type * as schemas from '../../../src/questions/results.ts';

export type {
  Applied,
  Counter,
  HeadMatrix,
  NeuronPart,
  Normalize,
  RankedTokens,
  ScoredToken,
  Token,
} from '../../../src/reading/types.ts';

type Of<T extends z.ZodType> = z.infer<T>;

export type ModelInfo = Of<typeof schemas.ModelInfo>;
export type NeuronReading = Of<typeof schemas.NeuronReading>;
export type NeuronHistogram = Of<typeof schemas.Histogram>;
export type ScoreDistribution = NonNullable<NeuronHistogram['parts']['key']>;
export type SimilarNeurons = Of<typeof schemas.Similar>;
export type SimilarNeuron = SimilarNeurons['neurons'][number];
export type TokenRows = Of<typeof schemas.TokenMap>;
export type MatrixReading = Of<typeof schemas.MatrixReading>;
export type TokenPair = Of<typeof schemas.TokenPair>;
export type HeadRow = Of<typeof schemas.HeadRow>;
export type Spectrum = Of<typeof schemas.Spectrum>;
export type HeadStatistics = Of<typeof schemas.HeadStatistics>;
export type HeatMap = Of<typeof schemas.HeatMap>;
export type Tokens = Of<typeof schemas.Tokens>;
export type TokenReport = Of<typeof schemas.TokenReport>;
export type StatisticNames = Of<typeof schemas.StatisticNames>;
/** Columns of one length: one entry per vector (parts key, up, value) or matrix (vo, qk). */
export type Statistic = Of<typeof schemas.Statistic>;
export type Comparison = Of<typeof schemas.Comparison>;
export type ModelDiff = Of<typeof schemas.ModelDiff>;
export type Alignment = Of<typeof schemas.Alignment>;
export type SearchResult = Of<typeof schemas.SearchResult>;
export type Place = Of<typeof schemas.Places>['places'][number];
