import type { Engine } from '../engine/engine.ts';
import type { Token, TokenFilters } from '../vocabulary/types.ts';
import type { FactorCache } from './factor-cache.ts';
import type { HeadMatrix, NeuronPart } from './parts.ts';
import type { Tested } from './statistics/nulls.ts';

export type { Token, TokenFilters } from '../vocabulary/types.ts';
export type { HeadMatrix, NeuronPart } from './parts.ts';

/** How scores are made comparable (docs/readings.md). */
export type Normalize = 'freq' | 'none' | 'cosine';

/** A model's tables of tokens: `embed` puts them into the residual stream, `unembed` reads them off it. */
export type EmbeddingName = 'unembed' | 'embed';

/** Which table is E: one of them on both sides, or `own`, each side its own (`embeddingOf`). */
export type EmbeddingChoice = EmbeddingName | 'own';

/** What every reading function takes. */
export interface ReadOptions {
  /** Default: the best engine here (`engine/select.ts`). */
  engine?: Engine;
  /** Default `freq`. */
  normalize?: Normalize;
  filters?: TokenFilters;
  /** Multiply the layer's norm gain into what reads the residual stream (key, up, q, k, v). Default false. */
  foldNorm?: boolean;
  /**
   * Neurons and heads: say of each listed entry where it stands under the other choice of `foldNorm`. Default false.
   */
  compareFold?: boolean;
  /**
   * E is `unembed` by default, on both sides; `own`: what is read stands against `embed`, what is written against
   * `unembed`.
   */
  embedding?: EmbeddingChoice;
  /**
   * A missing freq normaliser may err where the engine is then faster: some 1e-4, and by a proved bound, which
   * `applied` has, never more than 5e-3.
   */
  approximate?: boolean;
  /**
   * A freq normaliser that is not known is taken from a sample of the vectors, at once: the reading says so
   * (`applied.preview`), and each score has its `margin`. Default false. Neurons, heads, tokens and vectors.
   */
  preview?: boolean;
  labels?: 'pretty' | 'raw' | 'notebook';
  /** Keeps factors of heads between readings; default: each reading makes its own. */
  factorCache?: FactorCache;
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
}

/** What was done to get a reading's numbers: a reading without it cannot be repeated. */
export interface Applied {
  foldNorm: boolean;
  /** Names of the filters in force, e.g. `only-ascii`. */
  filters: string[];
  embedding: EmbeddingChoice;
  approximate: boolean;
  /** Of a preview: how many vectors freq was taken from, and of how many (of the kind that was sampled least). */
  preview?: { vectors: number; of: number };
  /** The model's notes (e.g. a projection composed into E) and anything else a reader must know. */
  notes: string[];
}

export interface ScoredToken extends Token {
  score: number;
  /**
   * Its place with the norm's gain folded in, or where it is, without; where the reading was asked for it
   * (`compareFold`).
   */
  foldRank?: number;
  /** Of a preview: for 95 % of tokens the exact score is within score ± margin. */
  margin?: number;
}

export interface RankedTokens {
  top: ScoredToken[];
  bottom: ScoredToken[];
  /** Where the reading was asked for it, and there is a list and a direction. */
  chance?: Chance;
}

/**
 * A list's first score beside what chance gives: the best (of `bottom`, the lowest) score among the same tokens of a
 * random direction of the vector's length, and of this vector among shuffled words. Of pairs: the best (the lowest)
 * score of a random head of the same singular values, and of this head among shuffled words.
 */
export interface Chance {
  top?: FirstScore;
  bottom?: FirstScore;
  /** Of one neuron's vector or one head's matrix: how many of its kind the model has. */
  units?: number;
}

export interface FirstScore extends Tested {
  /** Of tokens: whose score it is, as it is written for people. */
  label?: string;
  /** Where there are `units`: as many of them have so small a p by chance alone, the random p times their number. */
  expected?: number;
}

export interface NeuronReading {
  model: string;
  layer: number;
  neuron: number;
  /** Of which expert, where the layer has them. */
  expert?: number;
  normalize: Normalize;
  applied: Applied;
  /** `up` only in gated MLPs. */
  parts: Partial<Record<NeuronPart, RankedTokens>>;
}

export interface VectorReading extends RankedTokens {
  model: string;
  /** The expression or file that was read. */
  vector: string;
  normalize: Normalize;
  applied: Applied;
}

export interface TokenPair {
  first: Token;
  second: Token;
  score: number;
  /** The pair's score in the head's other matrix, where the reading was asked for it or is ordered by it. */
  other?: number;
  /** Its place with the norm's gain folded in, or where it is, without; absent beyond the 1,000th (`compareFold`). */
  foldRank?: number;
  /** Of a preview: for 95 % of pairs the exact score is within score ± margin. */
  margin?: number;
}

/** [label, how many selected pairs have it], most common first. */
export type Counter = [label: string, count: number][];

export interface MatrixReading {
  pairs: TokenPair[];
  /** Exact number of pairs between the thresholds under the filters, before exclusions and k. */
  count: number;
  /**
   * Over the whole selection (thresholds, filters, exclusions; before k), or over the listed pairs when there is no
   * threshold.
   */
  counters: { first: Counter; second: Counter };
  /** The thresholds in force, given or found by rank; absent where there is none. */
  above?: number;
  below?: number;
  /**
   * Where the reading was asked for it and the list begins with the best of all pairs (`top`) or the lowest (`bottom`).
   */
  chance?: Chance;
}

/** What chose and ordered a head's pairs; only what was given is there. */
export interface AppliedToPairs extends Applied {
  above?: number;
  below?: number;
  excludeSame?: boolean;
  excludeFuzzy?: boolean;
  /** The matrix whose scores order the list, where it is not the list's own. */
  sort?: HeadMatrix;
  ascending?: boolean;
  limitPerFirst?: number;
  limitPerSecond?: number;
}

/** What one head does with one token: the row of VO (what it writes when it reads the token) or of QK, or a column. */
export interface HeadRowReading extends RankedTokens {
  model: string;
  layer: number;
  head: number;
  matrix: HeadMatrix;
  /** Which side of the interaction `token` stands on. */
  side: 'first' | 'second';
  token: Token;
  normalize: Normalize;
  applied: Applied;
}

export interface HeadReading {
  model: string;
  layer: number;
  head: number;
  normalize: Normalize;
  applied: AppliedToPairs;
  vo?: MatrixReading;
  qk?: MatrixReading;
}
