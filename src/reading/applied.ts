import type { RunOptions } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import type { FilterUse, LabelStyle, Token, TokenFilters, Vocabulary } from '../vocabulary/types.ts';
import { errorOf } from './normalisers.ts';
import type { Applied, ReadOptions } from './types.ts';

/** What a reading says was done to get its numbers; `used` are the normalisers it was made with. */
export function appliedOf(
  model: Model,
  options: ReadOptions,
  used: readonly (Float64Array | undefined)[] = [],
): Applied {
  const errors = used.map((f) => f && errorOf(f)).filter((error) => error !== undefined);
  const notes = [...model.notes];
  if (errors.length > 0) notes.push(`Approximate freq normalisers: ${errorInWords(Math.max(...errors))}.`);
  return {
    foldNorm: options.foldNorm ?? false,
    filters: filterNames(options.filters),
    embedding: options.embedding ?? 'unembed',
    approximate: errors.length > 0,
    notes,
  };
}

/** What is known of an approximate normaliser's error. */
export const errorInWords = (error: number): string =>
  `16-bit products, largest error ${error.toExponential(1)}, measured on 64 tokens`;

/** Names of the filters in force, as the command line writes them: `only-ascii`. */
export function filterNames(filters: TokenFilters = {}): string[] {
  return Object.entries(filters)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name]) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
}

/** One byte per row of E, or undefined when nothing is left out. `use` matters to the notebook's own filters alone. */
export function maskOf(model: Model, filters: TokenFilters | undefined, use: FilterUse): Uint8Array | undefined {
  if (!filters || filterNames(filters).length === 0) return undefined;
  return vocabularyOf(model, `the filters ${filterNames(filters).join(', ')}`).mask(filters, use);
}

/** The vocabulary, or `TOKENIZER_MISSING` saying what it was needed for. */
export function vocabularyOf(model: Model, purpose: string): Vocabulary {
  if (model.vocabulary) return model.vocabulary;
  throw new WeightscopeError(
    'TOKENIZER_MISSING',
    `Expected a tokenizer in ${model.name} for ${purpose}, found none; put its tokenizer.json beside the weights.`,
  );
}

/** A token for people; its id where the checkpoint has no tokenizer. */
export function tokenOf(model: Model, id: number, style?: LabelStyle): Token {
  return model.vocabulary?.token(id, style) ?? { id, token: `#${id}`, label: `#${id}` };
}

/** The engine's run options for one stage of a reading, called `what` in its progress. */
export function stage({ signal, progress }: ReadOptions, what: string): RunOptions {
  return { signal, progress: progress && ((done) => progress(done, what)) };
}
