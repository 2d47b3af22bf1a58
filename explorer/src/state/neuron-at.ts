import { type NeuronAt, neuronText } from '../../../src/reading/place.ts';

export { type NeuronAt, neuronText };

/** No model has more experts than this; the API takes no larger numbers either. */
export const MOST_EXPERTS = 10_000;

/** A name for its files. */
export const neuronFile = (at: NeuronAt): string => `neuron-${neuronText(at).replaceAll(':', '-')}`;

/** One of its vectors as expressions name it: `ff:4:100.value`. */
export const neuronVectorName = (at: NeuronAt, part: string): string => `ff:${neuronText(at)}.${part}`;
