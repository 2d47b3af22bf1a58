/** A neuron's place in a model; `expert` in models that have them, absent: the first. */
export interface NeuronAt {
  layer: number;
  neuron: number;
  expert?: number | undefined;
}

/** No model has more experts than this; the API takes no larger numbers either. */
export const MOST_EXPERTS = 10_000;

/** `4:100`; of another expert than the first `4:2:100`, as expressions name it. */
export const neuronText = ({ layer, neuron, expert = 0 }: NeuronAt): string =>
  expert > 0 ? `${layer}:${expert}:${neuron}` : `${layer}:${neuron}`;

/** A name for its files. */
export const neuronFile = (at: NeuronAt): string => `neuron-${neuronText(at).replaceAll(':', '-')}`;

/** One of its vectors as expressions name it: `ff:4:100.value`. */
export const neuronVectorName = (at: NeuronAt, part: string): string => `ff:${neuronText(at)}.${part}`;
