import { type Command, InvalidArgumentError } from 'commander';
import { addOutputOptions, amount, type OutputFlags, wholeNumber } from '../options.ts';

/** Flags of verbs that list in order of a number. */
export interface Listing extends OutputFlags {
  k: number;
  layer?: number;
  ascending?: boolean;
}

export const FOLDER = 'a folder made by `atlas build`';
export const NEURON_PARTS = ['key', 'up', 'value'];

export function addListing(command: Command): void {
  command
    .option('--layer <n>', 'of one layer', wholeNumber)
    .option('--ascending', 'smallest first')
    .option('-k <n>', 'how many', amount, 20);
  addOutputOptions(command);
}

export function place(text: string): [number, number] {
  const match = /^(\d+):(\d+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected LAYER:INDEX, for example 3:100.');
  return [Number(match[1]), Number(match[2])];
}
