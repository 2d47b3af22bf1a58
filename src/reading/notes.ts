import type { Model } from '../model/types.ts';
import { embeddingOf, embeddingsDiffer, leftOutRows } from './embedding.ts';
import { readsTheStream, type VectorKind } from './parameters.ts';
import type { EmbeddingChoice, EmbeddingName, ReadOptions } from './types.ts';
import { type Unused, unusedInWords, unusedOf } from './unused.ts';

/** Tokens that a note names; of more it gives the number. */
const NAMED = 8;

/** What the notes of a model's readings are made from: plain data, so that an atlas can keep it beside its lists. */
export interface NoteFacts {
  /** Whether embed and unembed are different numbers. */
  twoEmbeddings: boolean;
  /** Of the tables that were read: how many rows are not finite, and which, in words. */
  leftOut: Partial<Record<EmbeddingName, { rows: number; note: string }>>;
  /** What the model does and no reading does. */
  unused: Unused[];
}

/** Looks at the tables that vectors of these kinds stand against. */
export async function noteFacts(
  model: Model,
  kinds: readonly (VectorKind | undefined)[],
  { embedding: choice, signal }: Pick<ReadOptions, 'embedding' | 'signal'>,
): Promise<NoteFacts> {
  const leftOut: NoteFacts['leftOut'] = {};
  for (const which of new Set(kinds.map((kind) => embeddingOf(kind, choice)))) {
    const rows = await leftOutRows(model, which, signal);
    if (rows.length > 0) leftOut[which] = { rows: rows.length, note: leftOutInWords(model, which, rows) };
  }
  const twoEmbeddings = kinds.some(isRead) && (await embeddingsDiffer(model, signal));
  return { twoEmbeddings, leftOut, unused: unusedOf(model) };
}

export const isZero = (x: Float32Array): boolean => x.every((value) => value === 0);

/** Of a vector or a product that is nothing, why a list of words would say what is not there. */
export const zeroNote = (model: Model, what: string): string =>
  model.interactions
    ? `${what} did not change: all its scores are 0.`
    : `${what} is 0 throughout, and so are all its scores.`;

/** What statistics over the vocabulary leave out of it, one sentence for each table with rows that are not finite. */
export async function leftOutNotes(
  model: Model,
  kinds: readonly VectorKind[],
  options: Pick<ReadOptions, 'embedding' | 'signal'>,
): Promise<string[]> {
  return Object.values((await noteFacts(model, kinds, options)).leftOut).map(({ note }) => note);
}

/** What a reading of vectors of these kinds says about how it was made, one sentence each. */
export function notesOf(
  facts: NoteFacts,
  kinds: readonly (VectorKind | undefined)[],
  { embedding: choice, layer }: { embedding?: EmbeddingChoice; layer?: number },
): string[] {
  const notes: string[] = [];
  if (choice === 'own') notes.push(`Each side stands against its own embedding: ${sidesInWords(kinds)}.`);
  if (choice === undefined && facts.twoEmbeddings && kinds.some(isRead)) {
    notes.push(
      'This model has two embeddings, and unembed stands here for what is read as well as for what is written; `embedding: own` reads each side with its own.',
    );
  }
  for (const which of new Set(kinds.map((kind) => embeddingOf(kind, choice)))) {
    const found = facts.leftOut[which];
    if (found) notes.push(found.note);
  }
  return [...notes, ...unusedInWords(facts.unused, kinds, layer)];
}

const isRead = (kind: VectorKind | undefined): boolean => kind !== undefined && readsTheStream(kind);

function sidesInWords(kinds: readonly (VectorKind | undefined)[]): string {
  const sides = new Map<EmbeddingName, string[]>();
  for (const kind of kinds) {
    const which = embeddingOf(kind, 'own');
    sides.set(which, [...(sides.get(which) ?? []), kind?.split('.')[1] ?? 'a vector of no one side']);
  }
  return [...sides].map(([which, parts]) => `${parts.join(', ')} against ${which}`).join('; ');
}

function leftOutInWords(model: Model, which: EmbeddingName, rows: readonly number[]): string {
  const named = rows.slice(0, NAMED).map((id) => {
    const token = model.vocabulary?.token(id);
    return token ? `${id} (${token.label})` : `${id}`;
  });
  const more = rows.length > NAMED ? ' and more' : '';
  const tensor = model.parameters.get(which)?.tensors[0] ?? which;
  const [tokens, row, are] =
    rows.length === 1 ? ['1 token is', 'its row', 'is'] : [`${rows.length} tokens are`, 'their rows', 'are'];
  return `${tokens} left out, because ${row} of ${which} (tensor ${tensor}) ${are} not finite: ${named.join(', ')}${more}.`;
}
