import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import type { Vocabulary } from '../vocabulary/types.ts';

/** The tokens that two models have in common: pair i is row `a[i]` of A's table and row `b[i]` of B's. */
export interface SharedTokens {
  /** Ascending, each at most once. */
  readonly a: Uint32Array;
  /** Each at most once. */
  readonly b: Uint32Array;
  readonly by: 'text' | 'id';
  /** Whether both have the same tokens in the same rows, and no other. */
  readonly same: boolean;
  /** Tokens of one model that the other does not have, ascending; rows without a token are not among them. */
  readonly onlyA: Uint32Array;
  readonly onlyB: Uint32Array;
}

/** Tokens that a sentence names; of more it gives the number. */
const NAMED = 8;

/**
 * Matches the tokens of two vocabularies, one to one. With two tokenizers a token is matched by its text: first where
 * the tokenizers' files write it alike, then where it decodes alike, and where one tokenizer is WordPiece and the other
 * is not, its word starts (`king`) with those of the other (` king`), where there is none with the bare text. Without
 * tokenizers row i is taken for row i. Throws `TOKENIZER_MISSING` where only one model has a tokenizer and the numbers
 * of rows differ, `ARGUMENT_INVALID` where nothing is shared.
 */
export function sharedTokens(a: Model, b: Model): SharedTokens {
  const found = a.vocabulary && b.vocabulary ? byText(a.vocabulary, b.vocabulary) : byId(a, b);
  if (found.a.length > 0) return found;
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected models with tokens in common, found none among the ${rowsOf(a)} of ${a.name} and the ${rowsOf(b)} of ${b.name}.`,
  );
}

/** In a sentence or two: how many tokens are shared, how they were matched, what each model has alone. */
export function sharedInWords(a: Model, b: Model, shared: SharedTokens): string[] {
  const count = (n: number) => n.toLocaleString('en-US');
  if (shared.same) return [];
  const own = [
    [a, shared.onlyA],
    [b, shared.onlyB],
  ] as const;
  const alone = own.map(([{ name, vocabulary }, ids]) => {
    if (ids.length === 0) return `${name} has no other`;
    const named = [...ids.subarray(0, NAMED)].map((id) => vocabulary?.label(id) ?? `#${id}`);
    return `${name} has ${count(ids.length)} more (${named.join(', ')}${ids.length > NAMED ? ', …' : ''})`;
  });
  const how = shared.by === 'text' ? 'matched by their text' : 'row i taken for row i, as a tokenizer is missing';
  return [`${count(shared.a.length)} tokens are shared, ${how}; ${alone.join(', ')}.`];
}

const rowsOf = ({ dimensions }: Model): number => dimensions.vocab;

function byId(a: Model, b: Model): SharedTokens {
  const [rowsA, rowsB] = [rowsOf(a), rowsOf(b)];
  const lacking = [a, b].find(({ vocabulary }) => !vocabulary)!;
  if (rowsA !== rowsB && (a.vocabulary || b.vocabulary))
    throw new WeightscopeError(
      'TOKENIZER_MISSING',
      `Expected a tokenizer in ${lacking.name} to match its ${lacking.dimensions.vocab} tokens by text, found none that can be read, and ${a.name} and ${b.name} have different numbers of rows (${rowsA}, ${rowsB}); put its tokenizer.json beside the weights.`,
    );
  const known = (a.vocabulary ?? b.vocabulary)?.isPadding.bind(a.vocabulary ?? b.vocabulary);
  const ids: number[] = [];
  for (let id = 0; id < Math.min(rowsA, rowsB); id++) if (!known?.(id)) ids.push(id);
  const more = (rows: number) =>
    Uint32Array.from({ length: Math.max(0, rows - Math.min(rowsA, rowsB)) }, (_, i) => Math.min(rowsA, rowsB) + i);
  const shared = Uint32Array.from(ids);
  return { a: shared, b: shared.slice(), by: 'id', same: false, onlyA: more(rowsA), onlyB: more(rowsB) };
}

/** What tokens are matched by, the surest first; undefined: this one has no such name. */
type Name = (vocabulary: Vocabulary, id: number) => string | undefined;

function byText(a: Vocabulary, b: Vocabulary): SharedTokens {
  const partner = new Int32Array(a.size).fill(-1);
  const taken = new Uint8Array(b.size);
  for (const name of namesFor(a, b)) {
    const free = new Map<string, number[]>();
    for (let id = b.size - 1; id >= 0; id--) {
      const key = taken[id] || b.isPadding(id) ? undefined : name(b, id);
      if (key === undefined) continue;
      const ids = free.get(key);
      if (ids) ids.push(id);
      else free.set(key, [id]);
    }
    for (let id = 0; id < a.size; id++) {
      if (partner[id] >= 0 || a.isPadding(id)) continue;
      const key = name(a, id);
      const other = key === undefined ? undefined : free.get(key)?.pop();
      if (other === undefined) continue;
      partner[id] = other;
      taken[other] = 1;
    }
  }
  const matched = indicesOf(a.size, (id) => partner[id] >= 0);
  const onlyA = indicesOf(a.size, (id) => partner[id] < 0 && !a.isPadding(id));
  const onlyB = indicesOf(b.size, (id) => !taken[id] && !b.isPadding(id));
  const same = onlyA.length + onlyB.length === 0 && matched.every((id) => partner[id] === id);
  return { a: matched, b: matched.map((id) => partner[id]), by: 'text', same, onlyA, onlyB };
}

function namesFor(a: Vocabulary, b: Vocabulary): Name[] {
  const text: Name = (vocabulary, id) => vocabulary.text(id);
  // Two alphabets may write different texts alike (`é` in a byte alphabet): a piece counts only with its text.
  const piece: Name = (vocabulary, id) => `${vocabulary.piece(id)}\n${vocabulary.text(id)}`;
  if ((a.kind === 'wordpiece') === (b.kind === 'wordpiece')) return [piece, text];
  const special: Name = (vocabulary, id) => (vocabulary.isSpecial(id) ? vocabulary.text(id) : undefined);
  return [special, inSentence, spelling];
}

/**
 * The token as it stands in a sentence, its leading space included: of WordPiece's `king` and `##ing`, ` king` and
 * `ing`.
 */
const inSentence: Name = (vocabulary, id) => {
  const text = vocabulary.text(id);
  if (vocabulary.kind !== 'wordpiece' || vocabulary.isSpecial(id)) return text;
  return isInner(text) ? text.slice(2) : ` ${text}`;
};

/**
 * Its letters alone. An inner part of a word is not matched so: without the space, other tokenizers' are inner parts.
 */
const spelling: Name = (vocabulary, id) => {
  const text = vocabulary.text(id);
  return vocabulary.kind === 'wordpiece' && isInner(text) ? undefined : text;
};

const isInner = (text: string): boolean => text.length > 2 && text.startsWith('##');

function indicesOf(size: number, keep: (id: number) => boolean): Uint32Array {
  const found: number[] = [];
  for (let id = 0; id < size; id++) if (keep(id)) found.push(id);
  return Uint32Array.from(found);
}
