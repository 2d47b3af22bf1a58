/** `neuron 4:100`, `h 1.5`, `4 100`, and `L4N100` as other tools write it: numbers of a place, there or not. */
export function placeIn(q: string): { kind: 'neuron' | 'head' | undefined; layer: number; index: number } | undefined {
  const [, word, first, second] = /^\s*(n(?:euron)?|h(?:ead)?|ff)?\s*(\d+)\s*[:., ]\s*(\d+)\s*$/i.exec(q) ?? [];
  const [, layer = first, letter = word, index = second] = /^\s*L(\d+)\s*([NH])(\d+)\s*$/i.exec(q) ?? [];
  if (layer === undefined) return undefined;
  const kind = letter && (/^h/i.test(letter) ? 'head' : 'neuron');
  return { kind: kind || undefined, layer: Number(layer), index: Number(index) };
}
