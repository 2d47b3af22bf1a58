import type { VectorKind } from '../reading/parameters.ts';
import type { NeuronPart } from '../reading/types.ts';

/**
 * One piece of work, plain data. Ranges count in model order (see `facts.ts`): vectors of a kind, neurons over
 * all layers and experts, heads of one layer, rows of the listed directions, layers.
 */
export type Work =
  | { kind: 'normaliser'; name: VectorKind; from: number; to: number }
  | { kind: 'neurons'; part: NeuronPart; from: number; to: number }
  | { kind: 'heads'; layer: number; from: number; to: number }
  | { kind: 'directions'; from: number; to: number }
  | { kind: 'statistics'; from: number; to: number }
  | { kind: 'compositions'; from: number; to: number };
