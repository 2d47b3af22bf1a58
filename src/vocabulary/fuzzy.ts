import type { Vocabulary } from './types.ts';

/** Both words must have this many letters (UTF-16 code units) before one edit is forgiven. */
const EDIT_LENGTH = 4;

/** excludeSame: equal normal forms (decoded, trimmed, lower-cased; {@link Vocabulary.normal}). */
export function sameWord(a: string, b: string): boolean {
  return a === b;
}

/**
 * excludeFuzzy, on normal forms: equal; or one, not empty, contains the other; or both have 4 letters or more and one
 * insertion, deletion or substitution makes them equal (Levenshtein distance 1).
 */
export function fuzzyEqual(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length === 0) return false;
  if (long.includes(short)) return true;
  return short.length >= EDIT_LENGTH && long.length - short.length <= 1 && oneEdit(short, long);
}

/** Whether one edit turns `short` into `long`, which differ and whose lengths differ by 0 or 1. */
function oneEdit(short: string, long: string): boolean {
  let head = 0;
  while (head < short.length && short.charCodeAt(head) === long.charCodeAt(head)) head++;
  let [i, j] = [short.length - 1, long.length - 1];
  while (i >= head && short.charCodeAt(i) === long.charCodeAt(j)) {
    i--;
    j--;
  }
  // What is left between the common head and tail: one letter of `long`, and at most one of `short`.
  return j === head && i <= head;
}

/** The two relations on token ids, for the hundreds of millions of pairs that a low threshold selects. */
export interface WordPairs {
  same(first: number, second: number): boolean;
  fuzzy(first: number, second: number): boolean;
}

/**
 * `sameWord` and `fuzzyEqual` for pairs of ids, prepared once: normal forms are numbered, so that equality compares two
 * integers; and each has a set of the letters in it (32 bits, hashed). A contained word has no letter that the other
 * lacks, and one edit changes at most two members of the set, so nearly all pairs are decided without looking at text.
 */
export function wordPairs(vocabulary: Pick<Vocabulary, 'size' | 'normal'>): WordPairs {
  const words: string[] = new Array(vocabulary.size);
  const numbers = new Int32Array(vocabulary.size);
  const letters = new Int32Array(vocabulary.size);
  const lengths = new Int32Array(vocabulary.size);
  const known = new Map<string, number>();
  for (let id = 0; id < vocabulary.size; id++) {
    const word = vocabulary.normal(id);
    const number = known.get(word) ?? known.size;
    known.set(word, number);
    words[id] = word;
    numbers[id] = number;
    letters[id] = letterSet(word);
    lengths[id] = word.length;
  }
  return {
    same: (first, second) => numbers[first] === numbers[second],
    fuzzy(first, second) {
      if (numbers[first] === numbers[second]) return true;
      const [a, b] = [letters[first], letters[second]];
      const [n, m] = [lengths[first], lengths[second]];
      const mayContain = n <= m ? (a & ~b) === 0 : (b & ~a) === 0;
      if (mayContain) return fuzzyEqual(words[first], words[second]);
      if (n - m > 1 || m - n > 1 || n < EDIT_LENGTH || m < EDIT_LENGTH) return false;
      const differ = a ^ b;
      const rest = differ & (differ - 1); // without its lowest bit
      return (rest & (rest - 1)) === 0 && fuzzyEqual(words[first], words[second]);
    },
  };
}

/** a-z have a bit each, everything else shares the other six. */
function letterSet(word: string): number {
  let set = 0;
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    set |= 1 << (code >= 97 && code <= 122 ? code - 97 : 26 + (code % 6));
  }
  return set;
}
