import type { Engine, RunOptions } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { type Chosen, layerVectors, type Operand, operandA, operandB } from './operands.ts';
import type { Moments } from './space.ts';

/** Operands of one layer, and which vectors of the layer they are. */
export interface LayerOperand extends Operand {
  readonly layer: number;
  readonly index: Uint32Array;
}

/** About so many bytes of one model's operands are held at a time. */
const HELD = 256 << 20;

/**
 * Visits every pair of layers that both have vectors of the kind, one of A and one of B, as operands whose products are
 * correlations. B's layers are held as many at a time as fit, so that A is read once for each of those groups.
 */
export async function eachLayerPair(
  engine: Engine,
  models: { a: Model; b: Model },
  moments: Moments,
  chosen: Chosen,
  visit: (a: LayerOperand, b: LayerOperand) => Promise<void>,
  { signal, progress }: RunOptions = {},
): Promise<void> {
  const [layersA, layersB] = [models.a.dimensions.layers, models.b.dimensions.layers];
  let done = 0;
  const operandOf = async (side: 'a' | 'b', layer: number): Promise<LayerOperand | undefined> => {
    throwIfAborted(signal);
    const found = await layerVectors(models[side], layer, chosen, signal);
    if (!found) return undefined;
    const make = side === 'a' ? operandA : operandB;
    return { layer, index: found.index, ...(await make(engine, found.vectors, moments, signal)) };
  };
  for (let next = 0; next < layersB; ) {
    const held: LayerOperand[] = [];
    const first = next;
    for (let bytes = 0; next < layersB && (bytes === 0 || bytes < HELD); next++) {
      const operand = await operandOf('b', next);
      if (!operand) continue;
      held.push(operand);
      bytes += operand.rows.data.byteLength;
    }
    for (let layer = 0; layer < layersA; layer++) {
      const a = held.length > 0 ? await operandOf('a', layer) : undefined;
      if (a) for (const b of held) await visit(a, b);
      done += next - first;
      progress?.(done / (layersA * layersB));
    }
  }
}
