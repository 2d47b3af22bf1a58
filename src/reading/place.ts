/** A neuron's place in a model; `expert` in models that have them, absent: the first. */
export interface NeuronAt {
  layer: number;
  neuron: number;
  expert?: number | undefined;
}

/** `4:100`; of another expert than the first `4:2:100`, as expressions name it. */
export const neuronText = ({ layer, neuron, expert = 0 }: NeuronAt): string =>
  expert > 0 ? `${layer}:${expert}:${neuron}` : `${layer}:${neuron}`;

/** The numbers of a place, which may be there or not. Without a `kind` it may be either's. */
export interface WrittenPlace {
  kind: 'neuron' | 'head' | undefined;
  layer: number;
  index: number;
  expert?: number;
}

/**
 * What {@link neuronText} writes, `4:100` or `4:2:100`, and how else people write it: `neuron 4:100`, `h 1.5`, `4 100`,
 * and `L4N100` as other tools do.
 */
export function placeIn(q: string): WrittenPlace | undefined {
  const written = /^\s*(?:(n(?:euron)?|ff)|h(?:ead)?)?\s*(\d+)\s*[:., ]\s*(?:(\d+)\s*[:., ]\s*)?(\d+)\s*$/i.exec(q);
  const [, layer, letter, index] = /^\s*L(\d+)\s*([NH])(\d+)\s*$/i.exec(q) ?? [];
  if (letter) return { kind: /n/i.test(letter) ? 'neuron' : 'head', layer: Number(layer), index: Number(index) };
  if (!written) return undefined;
  const [, neuron, first, expert, last] = written;
  const head = neuron === undefined && /h/i.test(q);
  // A head has no experts.
  if (head && expert !== undefined) return undefined;
  const kind = head ? 'head' : neuron !== undefined || expert !== undefined ? 'neuron' : undefined;
  return { kind, layer: Number(first), index: Number(last), ...(expert !== undefined && { expert: Number(expert) }) };
}
