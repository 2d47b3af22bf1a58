import type { Model } from '../model/types.ts';
import { appliedOf, countedPasses } from './applied.ts';
import { amongAll, unitsOf } from './expected.ts';
import { sharedInWords, withFoldRanks } from './fold-ranks.ts';
import { neuronRow } from './neuron-vectors.ts';
import { isZero, zeroNote } from './notes.ts';
import { expertOf, readsTheStream } from './parameters.ts';
import { partsOf } from './parts.ts';
import { type RankOptions, rankVector } from './rank.ts';
import type { NeuronPart, NeuronReading } from './types.ts';

export interface NeuronOptions extends RankOptions {
  /** Default: all there are (`up` in gated MLPs only). */
  parts?: readonly NeuronPart[];
  /** Which expert's neuron, in a model with experts; default 0. The shared one is counted after the others. */
  expert?: number;
}

/**
 * Neuron `neuron` of layer `layer` as words: tokens whose E_i · x is largest (and smallest), x being its key, up and
 * value. Reads E and the neuron's own rows; with `freq` not yet known, all layers' once. Throws `OUT_OF_RANGE`.
 */
export async function readNeuron(
  model: Model,
  layer: number,
  neuron: number,
  asked: NeuronOptions = {},
): Promise<NeuronReading> {
  const { normalize = 'freq', parts = partsOf(model.dimensions.gated) } = asked;
  const kinds = parts.map((part) => `ff.${part}` as const);
  const options = countedPasses(asked, kinds);
  const read: NeuronReading['parts'] = {};
  const used: (Float64Array | undefined)[] = [];
  const shared: string[] = [];
  let expert: number | undefined;
  for (const part of parts) {
    const kind = `ff.${part}` as const;
    const x = await neuronRow(model, layer, neuron, part, options);
    expert = expertOf(model, x.name!);
    if (isZero(x.data)) shared.push(zeroNote(model, `The ${part} of this neuron`));
    const { f, ...found } = await rankVector(model, x, { normalize, kind }, options);
    const { chance } = found;
    const ranked = chance ? { ...found, chance: amongAll(chance, unitsOf(model, part)) } : found;
    read[part] = ranked;
    used.push(f);
    if (options.compareFold && readsTheStream(kind)) {
      const place = { layer, neuron, part, expert: options.expert };
      const compared = await withFoldRanks(model, place, ranked, { ...options, normalize });
      read[part] = compared;
      if (compared.top.length > 0) shared.push(sharedInWords(part, compared.top, options.foldNorm ?? false));
    }
  }
  const applied = await appliedOf(model, options, { kinds, layer, used });
  applied.notes.push(...shared);
  return { model: model.name, layer, neuron, ...(expert !== undefined && { expert }), normalize, applied, parts: read };
}
