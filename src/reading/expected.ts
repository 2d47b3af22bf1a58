import type { Model } from '../model/types.ts';
import { hasHeads, headCount } from './factors.ts';
import { parametersOf } from './parameters.ts';
import type { Chance, FirstScore, HeadMatrix, NeuronPart } from './types.ts';

/** How many neurons (of a part) or heads (of a matrix) a model has, all layers and experts together. */
export function unitsOf(model: Model, what: NeuronPart | HeadMatrix): number {
  let units = 0;
  for (let layer = 0; layer < model.dimensions.layers; layer++) {
    if (what === 'vo' || what === 'qk') units += hasHeads(model, layer) ? headCount(model, layer) : 0;
    else for (const { count } of parametersOf(model, layer, `ff.${what}`)) units += count;
  }
  return units;
}

/**
 * What chance gives for one neuron or head, with the number of false finds to expect where all of the model's are
 * looked at: as many as have so small a p though there is nothing, p times their number.
 */
export function amongAll(chance: Chance, units: number): Chance {
  const counted = (first: FirstScore): FirstScore =>
    first.random ? { ...first, expected: first.random.p * units } : first;
  const { top, bottom } = chance;
  return { ...(top && { top: counted(top) }), ...(bottom && { bottom: counted(bottom) }), units };
}
