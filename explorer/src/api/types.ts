/** What the API answers, in the library's own types. Types only: nothing of the library comes into the page. */
import type * as library from '../../../src/reading/types.ts';

type NeuronPart = library.NeuronPart;
type PerPart<T> = Partial<Record<NeuronPart, T>>;

export type {
  Applied,
  AppliedToPairs,
  Counter,
  HeadMatrix,
  HeadReading,
  HeadRowReading,
  MatrixReading,
  NeuronPart,
  Normalize,
  RankedTokens,
  ScoredToken,
  Token,
  TokenPair,
} from '../../../src/reading/types.ts';

/** An opened model. */
export interface ModelInfo {
  /** The part of the URL that names it. */
  id: string;
  name: string;
  state: 'ready' | 'failed';
  /** Why it failed. */
  problem?: string;
  /** The checkpoint is open; without it only the atlas answers. */
  live: boolean;
  architecture: string;
  type: string;
  layers: number;
  hidden: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Per layer. */
  neurons: number;
  vocab: number;
  experts: number;
  gated: boolean;
  parts: NeuronPart[];
  tied: boolean | null;
  tokenizer: { kind: string; tokens: number } | null;
  fingerprint: string;
  notes: string[];
  /** Statistics, similar neurons and search need one. */
  atlas: { tables: { name: string; rows: number }[]; settings: Record<string, unknown> } | null;
  /** An atlas on its way. */
  building: { done: number; what: string } | null;
  engine: { name: string; description: string } | null;
}

export interface Models {
  version: string;
  models: ModelInfo[];
}

export interface NeuronReading extends library.NeuronReading {
  /** Lengths of the vectors. */
  norms: PerPart<number>;
  cosines: { keyValue: number; keyUp?: number; upValue?: number };
}

/** The distribution of a vector's scores over all tokens. */
export interface ScoreDistribution {
  /** One more than counts. */
  edges: number[];
  counts: number[];
  tokens: number;
  mean: number;
  sd: number;
  skew: number;
  kurtosis: number;
  min: number;
  max: number;
}

export interface NeuronHistogram {
  parts: PerPart<ScoreDistribution>;
}

export interface SimilarNeurons {
  source: 'atlas' | 'live';
  /** What `cosine` is the cosine of. */
  measure: string;
  part: NeuronPart;
  neurons: SimilarNeuron[];
}

export interface SimilarNeuron {
  layer: number;
  expert: number;
  neuron: number;
  cosine: number;
  /** Labels of its first tokens. */
  top?: string;
}

export interface RawVector {
  name: string;
  width: number;
  norm: number;
  values: number[];
}

/** Rows of E of a neuron's best tokens. */
export interface TokenRows {
  tokens: library.ScoredToken[];
  width: number;
  /** fp32 [tokens, width], little endian, base64. */
  rows: string;
}

export interface VectorReading extends library.VectorReading {
  norm: number;
}

export type Place =
  | { kind: 'neuron'; text: string; layer: number; neuron: number }
  | { kind: 'head'; text: string; layer: number; head: number }
  | { kind: 'token'; text: string; token: library.Token }
  | { kind: 'vector'; text: string; expression: string };

/** Statistics of neurons or heads that can be asked for. */
export interface StatisticNames {
  kind: 'neurons' | 'heads';
  statistics: { name: string; source: 'atlas' | 'live'; description?: string }[];
}

/** Columns of one length: one entry per vector (parts key, up, value) or matrix (vo, qk). */
export interface Statistic {
  kind: 'neurons' | 'heads';
  name: string;
  source: 'atlas' | 'live';
  layer: number[];
  index: number[];
  expert?: number[];
  part: string[];
  value: (number | null)[];
  summary: {
    layer: number;
    part: string;
    count: number;
    min: number;
    q1: number;
    median: number;
    q3: number;
    max: number;
  }[];
}
