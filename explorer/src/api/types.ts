/** What the API answers, in the library's own types. Types only: nothing of the library comes into the page. */
import type { NeuronPart } from '../../../src/reading/types.ts';

export type {
  Applied,
  AppliedToPairs,
  Counter,
  HeadMatrix,
  HeadReading,
  HeadRowReading,
  MatrixReading,
  NeuronPart,
  NeuronReading,
  Normalize,
  RankedTokens,
  ScoredToken,
  Token,
  TokenPair,
  VectorReading,
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
