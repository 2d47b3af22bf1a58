import type { RunOptions } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import type { FilterUse, LabelStyle, Token, TokenFilters, Vocabulary } from '../vocabulary/types.ts';
import { embeddingOf, leftOutRows } from './embedding.ts';
import { errorOf, type LeftOutVector, leftOutOf } from './normalisers.ts';
import { noteFacts, notesOf } from './notes.ts';
import { parameter, type VectorKind } from './parameters.ts';
import { type Preview, previewOf, previewsInWords } from './preview.ts';
import type { Applied, ReadOptions } from './types.ts';

/** What a reading was made of, as far as it must say so. */
export interface MadeOf {
  /** The kinds of vectors that were read; none where they are of no kind (tokens, sums, files). */
  kinds: readonly (VectorKind | undefined)[];
  /** The layer they are of, where there is one. */
  layer?: number;
  /** The normalisers that scores were divided by. */
  used?: readonly (Float64Array | undefined)[];
}

/** What a reading says was done to get its numbers. */
export async function appliedOf(
  model: Model,
  options: ReadOptions,
  { kinds, layer, used = [] }: MadeOf,
): Promise<Applied> {
  const errors = used.map((f) => f && errorOf(f)).filter((error) => error !== undefined);
  const notes = [...model.notes, ...notesOf(await noteFacts(model, kinds, options), kinds, { ...options, layer })];
  if (errors.length > 0) notes.push(`Approximate freq normalisers: ${errorInWords(Math.max(...errors))}.`);
  const previews = used.flatMap((f) => previewOf(f) ?? []);
  if (previews.length > 0) notes.unshift(previewsInWords(previews));
  const without = used.flatMap((f) => (f ? leftOutOf(f) : []));
  if (without.length > 0) notes.push(withoutInWords(without));
  return {
    foldNorm: options.foldNorm ?? false,
    filters: filterNames(options.filters),
    embedding: options.embedding ?? 'unembed',
    approximate: errors.length > 0,
    ...(previews.length > 0 && { preview: leastSampled(previews) }),
    notes,
  };
}

/** Of several previews, what is said of all. */
export function leastSampled(previews: readonly Preview[]): { vectors: number; of: number } {
  const [{ vectors, of }] = [...previews].sort((a, b) => a.vectors / a.of - b.vectors / b.of);
  return { vectors, of };
}

/** Vectors that a note names; of more it gives the number. */
const NAMED = 8;

function withoutInWords(without: readonly LeftOutVector[]): string {
  const places = [...new Set(without.map(({ name, index }) => `${name}[${index}]`))];
  const what = places.length === 1 ? '1 vector that is not finite' : `${places.length} vectors that are not finite`;
  const more = places.length > NAMED ? `, and ${places.length - NAMED} more` : '';
  return `The means of freq leave out ${what}: ${places.slice(0, NAMED).join(', ')}${more}.`;
}

/** What is known of an approximate normaliser's error. */
export const errorInWords = (error: number): string =>
  `16-bit products, largest error ${error.toExponential(1)} or less (proved; most are far below)`;

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

/**
 * One byte per row of the E that vectors of this kind stand against: the filters, and rows of E that are not finite.
 * Undefined when nothing is left out.
 */
export async function rowsKept(
  model: Model,
  kind: VectorKind | undefined,
  use: FilterUse,
  options: ReadOptions,
): Promise<Uint8Array | undefined> {
  const which = embeddingOf(kind, options.embedding);
  const mask = maskOf(model, options.filters, use);
  const leftOut = await leftOutRows(model, which, options.signal);
  const { count } = parameter(model, which);
  if (leftOut.length === 0 && (mask === undefined || mask.length === count)) return mask;
  const kept = new Uint8Array(count);
  if (mask) kept.set(mask.subarray(0, count));
  else kept.fill(1);
  for (const row of leftOut) kept[row] = 0;
  return kept;
}

/** The vocabulary, or `TOKENIZER_MISSING` saying what it was needed for. */
export function vocabularyOf(model: Model, purpose: string): Vocabulary {
  if (model.vocabulary) return model.vocabulary;
  throw new WeightscopeError(
    'TOKENIZER_MISSING',
    `Expected a tokenizer in ${model.name} for ${purpose}, found none that can be read; put its tokenizer.json beside the weights.`,
  );
}

/** A token for people; its id where the checkpoint has no tokenizer. */
export function tokenOf(model: Model, id: number, style?: LabelStyle): Token {
  return model.vocabulary?.token(id, style) ?? { id, token: `#${id}`, label: `#${id}` };
}

/**
 * The options with progress that says which pass over all layers it is, of those that `freq` may need for these kinds:
 * `normaliser ff.key (1 of 3)`. Each takes as long as the others, and its progress is its own.
 */
export function countedPasses<T extends ReadOptions>(options: T, kinds: readonly VectorKind[]): T {
  const { progress } = options;
  if (!progress || kinds.length < 2) return options;
  const said = (what: string): string => {
    const at = kinds.findIndex((kind) => what === `normaliser ${kind}`);
    return at < 0 ? what : `${what} (${at + 1} of ${kinds.length})`;
  };
  return { ...options, progress: (done: number, what: string) => progress(done, said(what)) };
}

/** The engine's run options for one stage of a reading, called `what` in its progress. */
export function stage({ signal, progress }: ReadOptions, what: string): RunOptions {
  return { signal, progress: progress && ((done) => progress(done, what)) };
}
