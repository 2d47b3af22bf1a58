import { type NeuronAt, neuronText } from '../reading/place.ts';
import { isRecord } from './frames.ts';
import { written } from './markup.ts';

type Fields = Record<string, unknown>;

/** `neuron 4:100 of sample`, by what the reading says of itself. */
export function titleOf({ layer, neuron, expert, head, matrix, name, model, token, a, b }: Fields): string {
  const place =
    neuron !== undefined
      ? `neuron ${neuronText({ layer, neuron, expert } as NeuronAt)}`
      : head !== undefined
        ? `head ${layer}:${head}`
        : undefined;
  const of = isRecord(token) ? `token ${token.label}` : undefined;
  const both = a !== undefined && b !== undefined ? `${a} and ${b}` : undefined;
  const which = [place ?? (typeof name === 'string' ? name : undefined), of, matrix, both].filter(Boolean).join(' · ');
  return model === undefined || which === '' ? which || String(model ?? '') : `${which} of ${model}`;
}

/** What was done to get the numbers: `normalised by freq · norm not folded in · all tokens`. */
export function howOf({ normalize, applied }: Fields): string {
  if (normalize === undefined || !isRecord(applied)) return '';
  const { filters, foldNorm, above, below, notes } = applied as Fields & { filters?: string[]; notes?: string[] };
  return [
    `normalised by ${normalize}`,
    foldNorm ? 'norm folded in' : 'norm not folded in',
    filters?.length ? `only tokens that pass ${filters.join(', ')}` : 'all tokens',
    above !== undefined && `above ${written(above)}`,
    below !== undefined && `below ${written(below)}`,
    ...(notes ?? []),
  ]
    .filter(Boolean)
    .join(' · ');
}
