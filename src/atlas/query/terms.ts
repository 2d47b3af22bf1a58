import { WeightscopeError } from '../../errors.ts';

/** What a term asks of a token. */
export type Term =
  | { kind: 'word'; text: string }
  | { kind: 'exact'; text: string }
  | { kind: 'prefix'; text: string }
  | { kind: 'regex'; text: string };

/** Any of the lists, each of which asks for all its terms. */
export type Terms = Term[][];

/** Each takes time for every neuron; one at a time takes room. */
const MAX_TERMS = 1000;

/**
 * What `atlas search` is asked:
 * `king` a token that is this word but for case and outer space; `" king"` in double quotes exactly this text, the
 * leading space included; `king*` a word that begins so; `/ing$/` a regular expression on the text. Terms side by side,
 * or with AND between them, must all be met; OR separates alternatives, and so does the comma after a word, as in a
 * list. Between two terms `and`, `&`, `or` and `|` are these as well, since people type them so; in quotes, first, last
 * or alone they are words. Throws `QUERY_INVALID`.
 */
export function parseTerms(query: string): Terms {
  const pieces = withLoudSigns(withoutCommas(query.match(/"(?:[^"\\]|\\.)*",?|\/(?:[^/\\]|\\.)+\/,?|\S+/g) ?? []));
  const words = pieces.filter((piece) => !isSign(piece)).length;
  if (words > MAX_TERMS)
    throw new WeightscopeError(
      'QUERY_INVALID',
      `Expected at most ${MAX_TERMS} words in a search, got ${words}; ask for some at a time.`,
    );
  const terms: Terms = [[]];
  let wanted = true;
  for (const piece of pieces) {
    if (isSign(piece)) {
      if (wanted) throw invalid(query, `a term before ${piece}`);
      if (piece === 'OR') terms.push([]);
      wanted = true;
      continue;
    }
    terms.at(-1)!.push(termOf(piece, query));
    wanted = false;
  }
  if (wanted) throw invalid(query, pieces.length === 0 ? 'at least one word' : `a term after ${pieces.at(-1)}`);
  return terms;
}

const LOUD: ReadonlyMap<string, string> = new Map([
  ['or', 'OR'],
  ['|', 'OR'],
  ['||', 'OR'],
  ['and', 'AND'],
  ['&', 'AND'],
  ['&&', 'AND'],
]);

/** `cat or dog` and `cat | dog` as `cat OR dog`. */
function withLoudSigns(pieces: readonly string[]): string[] {
  const loud: string[] = [];
  for (const [i, piece] of pieces.entries()) {
    const between = i > 0 && i < pieces.length - 1 && !isSign(loud[i - 1]!) && !isSign(pieces[i + 1]!);
    loud.push(between ? (LOUD.get(piece) ?? piece) : piece);
  }
  return loud;
}

const isSign = (piece: string): boolean => piece === 'OR' || piece === 'AND';

/** `cat, dog` and `cat,dog` as `cat OR dog`; a comma alone, or after a sign, is what is looked for. */
function withoutCommas(pieces: readonly string[]): string[] {
  const apart = pieces.flatMap((piece) =>
    /^\p{L}+(?:,\p{L}+)+,?$/u.test(piece) ? piece.split(/(?<=,)/).filter((one) => one !== '') : [piece],
  );
  return apart.flatMap((piece, i) => {
    if (!/^["/].+["/],$|[\p{L}\p{N}*],$/u.test(piece)) return [piece];
    const next = apart[i + 1];
    return next === undefined || isSign(next) ? [piece.slice(0, -1)] : [piece.slice(0, -1), 'OR'];
  });
}

function termOf(piece: string, query: string): Term {
  if (piece.length > 1 && piece.startsWith('"') && piece.endsWith('"')) {
    const text = piece.slice(1, -1).replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c === 't' ? '\t' : c));
    if (text === '') throw invalid(query, 'text between the quotes');
    return { kind: 'exact', text };
  }
  if (piece.length > 2 && piece.startsWith('/') && piece.endsWith('/'))
    return { kind: 'regex', text: piece.slice(1, -1) };
  if (piece.length > 1 && piece.endsWith('*')) return { kind: 'prefix', text: piece.slice(0, -1).toLowerCase() };
  return { kind: 'word', text: piece.toLowerCase() };
}

const invalid = (query: string, expected: string): WeightscopeError =>
  new WeightscopeError(
    'QUERY_INVALID',
    `Expected ${expected} in the search ${JSON.stringify(query)}; write words, "exact text", prefix*, /regex/, AND, OR.`,
  );

/** A term as it was written. */
export const written = ({ kind, text }: Term): string =>
  kind === 'exact' ? JSON.stringify(text) : kind === 'prefix' ? `${text}*` : kind === 'regex' ? `/${text}/` : text;

/** A sentence on the words, of several, that no token is; none where all are known. `terms`: as a search gives them. */
export function unknownWords(
  terms: readonly (readonly { term: { text: string }; tokens: readonly number[] }[])[],
): string[] {
  const unknown = terms.flat().flatMap(({ term, tokens }) => (tokens.length === 0 ? [JSON.stringify(term.text)] : []));
  if (unknown.length === 0) return [];
  const rest = unknown.length > 8 ? `one of ${unknown.length - 8} more` : unknown.pop()!;
  return [`No token is ${[unknown.slice(0, 8).join(', '), rest].filter(Boolean).join(' or ')}.`];
}
