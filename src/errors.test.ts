import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WeightscopeError } from './errors.ts';
import { describe as described, quote } from './quote.ts';

it('is one line of bounded length that a terminal does not obey, whatever a file put into it', () => {
  const odd = '\x1b]0;title\x07\x7f\x9b31m\n\r\u202e';
  const error = new WeightscopeError('FORMAT_INVALID', `Expected a name, found ${odd}${'x'.repeat(1e7)}; rename it.`, {
    below: [`  ${odd}`],
  });
  expect(error.message).toMatch(/^Expected a name, found \\u\{1B\}\]0;title\\u\{7\}\\u\{7F\}\\u\{9B\}31m\\u\{A\}/);
  expect(error.message).toMatch(/x; rename it\.\n {2}\\u\{1B\}.*\\u\{202E\}$/);
  expect(error.message.length).toBeLessThan(4200);
});

it('describes any value in a few words, without calling anything of it', () => {
  const deep = JSON.parse(`${'['.repeat(1e5)}${']'.repeat(1e5)}`);
  const hostile = { toString: 1, toJSON: 'x', valueOf: null };
  expect([undefined, null, 2n ** 70n, Number.NaN, deep, hostile, true].map(described)).toEqual([
    'nothing',
    'null',
    'the number 1180591620717411303424',
    'the number NaN',
    'an array of 1',
    'an object',
    'true',
  ]);
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true }), (value) => {
      expect(described(value).length).toBeLessThan(1000);
      expect(quote(described(value))).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});
