import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, JsonReader, parseJson } from './json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('parseJson', () => {
  it('gives what JSON.parse gives, and skip reads over the same bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const expected: unknown = JSON.parse(text, (key, inner) => (key === '__proto__' ? undefined : inner));
        expect(parseJson(text, { python: true })).toEqual(expected);
        const reader = new JsonReader(bytes(`${text} `));
        reader.skip();
        reader.end();
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what JSON.parse refuses, and nothing else but what the formats forbid', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-',
      '.',
      'e',
      '0',
      'null',
      'tru',
      '\\',
      'u',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        let right = true;
        try {
          JSON.parse(text);
        } catch {
          right = false;
        }
        const attempts = [() => parseJson(text), () => new JsonReader(bytes(text)).skip()];
        if (right) expect(attempts[0]()).toEqual(JSON.parse(text));
        else expect(attempts[0]).toThrow(JsonError);
        if (right) attempts[1]();
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['[NaN, Infinity, -Infinity]', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['{"a": 1, "a": 2}', { a: 2 }],
    ['"\\ud800"', '\ud800'],
    ['-0', -0],
    ['1e400', Number.POSITIVE_INFINITY],
  ])('reads %s as Python does', (text, value) => {
    expect(parseJson(text, { python: true })).toEqual(value);
  });

  it.each([
    ['NaN', 'a value should be'],
    ['-Infinity', 'a value should be'],
    ['"\\ud800"', 'half a character'],
    ['[1', 'its end'],
    ['"\t"', 'control character'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'more than 127 deep'],
    ['"a', 'ends within a text'],
    ['"\\q"', 'unknown escape'],
    ['01', 'where the end should be'],
  ])('refuses %s', (text, why) => {
    expect(() => parseJson(text)).toThrow(why);
    expect(() => parseJson(text)).toThrow(JsonError);
  });

  it('sets no prototype', () => {
    const value = parseJson('{"__proto__": {"hidden_size": 1}, "constructor": 2}') as Record<string, unknown>;
    expect(value.hidden_size).toBeUndefined();
    expect(Object.keys(value)).toEqual(['constructor']);
  });

  it('makes no more values than it may', () => {
    expect(() => parseJson('[1,2,3]', { maxValues: 3 })).toThrow('more values');
    expect(parseJson('[1,2]', { maxValues: 3 })).toEqual([1, 2]);
  });

  it('reads names across the pieces that are decoded at a time', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `name ${i} ${i % 7 === 0 ? 'größe' : ''}`);
    expect(parseJson(JSON.stringify(names))).toEqual(names);
  });
});

it('takes whole numbers as digits only', () => {
  const size = (text: string) => new JsonReader(bytes(text)).size();
  expect(['0', '12', '9007199254740991'].map(size)).toEqual([0, 12, 9007199254740991]);
  for (const text of ['1.0', '1e0', '-0', '-1', '9007199254740992', '99999999999999999', '"1"', 'null'])
    expect(size(text), text).toBeUndefined();
});
