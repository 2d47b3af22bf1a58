import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzyEqual, sameWord, wordPairs } from './fuzzy.ts';

/** Levenshtein distance by the textbook table. */
function distance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i || j));
  for (let i = 0; i <= a.length; i++) table[i][0] = i;
  for (let j = 0; j <= b.length; j++) table[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replace = table[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      table[i][j] = Math.min(replace, table[i - 1][j] + 1, table[i][j - 1] + 1);
    }
  }
  return table[a.length][b.length];
}

function naive(a: string, b: string): boolean {
  if (a === b) return true;
  if (a !== '' && b !== '' && (a.includes(b) || b.includes(a))) return true;
  return a.length >= 4 && b.length >= 4 && distance(a, b) <= 1;
}

/** Few letters, so that near misses are common; some with letters outside a-z that share bits. */
const word = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 }),
  fc.string({ unit: fc.constantFrom('a', 'é', 'ж', '0', '6', '中', '\ufffd'), maxLength: 7 }),
);
const edited = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...'kingsqué1'), minLength: 2, maxLength: 9 }),
    fc.nat(9),
    fc.nat(2),
    fc.constantFrom(...'kqz7'),
  )
  .map(([a, at, cut, letter]) => [a, a.slice(0, at) + letter + a.slice(at + cut)] as const);
const pair = fc.oneof(fc.tuple(word, word), edited);

describe('fuzzyEqual', () => {
  it.each([
    ['king', 'kings', true],
    ['king', 'ring', true],
    ['king', 'kin', true],
    ['cat', 'bat', false],
    ['cat', 'cart', false],
    ['carts', 'crts', true],
    ['abcd', 'abdc', false],
    ['', 'king', false],
    ['', '', true],
    ['a', 'king', false],
    ['k', 'king', true],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(fuzzyEqual(a, b)).toBe(expected);
    expect(fuzzyEqual(b, a)).toBe(expected);
  });

  it('equals containment or a table of edit distances', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => fuzzyEqual(a, b) === naive(a, b)),
      { numRuns: 20_000 },
    );
  });
});

it('wordPairs answers for ids what the functions answer for words', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const pairs = wordPairs({ size: 2, normal: (id) => [a, b][id] });
      return (
        pairs.fuzzy(0, 1) === naive(a, b) && pairs.fuzzy(1, 0) === naive(a, b) && pairs.same(0, 1) === sameWord(a, b)
      );
    }),
    { numRuns: 20_000 },
  );
});
