import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Pattern, PatternError } from './pattern.ts';

it('replaces what a backtracking matcher replaces', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\s', '\\w', 'é', '[a-c1]', '\\.', '^', '$', '\\p{L}');
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      // Loops over nothing are left out: JavaScript does not take an empty turn.
      fc
        .tuple(
          tie('pattern').filter((inner) => !new RegExp(`^(?:${inner})$`, 'u').test('')),
          fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?', '+?', '??'),
        )
        .map(([a, q]) => `(${a})${q}`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '.', 'é', '😀', '1'), maxLength: 10 });
  fc.assert(
    fc.property(pattern, text, (source, value) => {
      const word = source.replaceAll('\\w', '[\\p{L}\\p{M}\\p{N}\\p{Pc}]');
      expect(new Pattern(source).replaceAll(value, '-'), source).toBe(value.replace(new RegExp(word, 'gmu'), '-'));
    }),
    { numRuns: 3000 },
  );
});

it.each([
  ['(a+)+$', `${'a'.repeat(50)}!`],
  ['(a|aa)+$', `${'a'.repeat(3000)}!`],
  ['(.*)*x', 'y'.repeat(2000)],
  ['(a*)*b', 'a'.repeat(2000)],
])('%s ends', (source, text) => {
  expect(new Pattern(source).replaceAll(text, '')).toBe(text);
});

it.each([
  ['(?i)a', 'another kind'],
  ['(?=a)', 'another kind'],
  ['a(?<!b)', 'another kind'],
  ['(a)\\1', 'has "\\1"'],
  ['\\bking', 'has "\\b"'],
  ['[[:alpha:]]', 'class within a class'],
  ['a++', 'possessive'],
  ['(a', 'without an end'],
  ['a)', 'out of place'],
  ['[a', 'without an end'],
  ['*', 'nothing before'],
  ['a{900}{900}', 'too long'],
  ['('.repeat(100), 'too deep'],
  ['\\p{Nonsense}', 'property Nonsense'],
])('%s is not read', (source, why) => {
  expect(() => new Pattern(source)).toThrow(PatternError);
  expect(() => new Pattern(source)).toThrow(why);
});

it('gives up where a text takes too long', () => {
  const pattern = new Pattern('(a.*b|a)', 1e6);
  expect(() => pattern.replaceAll('a'.repeat(2000), 'x')).toThrow('takes too long');
});
