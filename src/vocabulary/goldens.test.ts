import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { vocabularyFromTokenizerJson } from './tokenizer-json.ts';
import type { FilterUse, TokenFilters, Vocabulary } from './types.ts';

// samples.json and the two tiny tokenizers come from test/fixtures/vocabulary/make.py, which asks the Python packages
// `tokenizers` and `transformers`; it also says what each field is.
const fixture = (name: string) =>
  readFileSync(new URL(`../../test/fixtures/vocabulary/${name}`, import.meta.url), 'utf8');

type Row = [id: number, piece: string, text: string, normal: string, special: boolean, classes: string];
interface Sample {
  decoder: unknown;
  model: Record<string, unknown>;
  tokens: Row[];
}
const samples: Record<string, Sample> = JSON.parse(fixture('samples.json'));

/** A tokenizer.json with only the sampled tokens, ids as in the whole one. */
function sampled({ decoder, model, tokens }: Sample): Vocabulary {
  const vocab = Object.fromEntries(tokens.map(([id, piece]) => [piece, id]));
  const added = tokens.filter((row) => row[4]).map(([id, content]) => ({ id, content, special: true }));
  return vocabularyFromTokenizerJson(
    { decoder, model: { ...model, vocab }, added_tokens: added },
    tokens.at(-1)![0] + 1,
  );
}

const MASKS: [TokenFilters, FilterUse, keeps: (classes: string) => boolean][] = [
  [{ onlyAscii: true }, 'tokens', (bits) => bits[0] === '1'],
  [{ onlyAlnum: true }, 'tokens', (bits) => bits[1] === '1'],
  [{ onlyEnglish: true }, 'tokens', (bits) => bits[2] === '1'],
  [{ excludeBrackets: true }, 'pairs', (bits) => bits[3] === '0'],
  [{ onlyEnglish: true, excludeBrackets: true }, 'tokens', (bits) => bits[2] === '1' && bits[3] === '0'],
  [{ compat: true, onlyAscii: true, excludeBrackets: true }, 'tokens', (bits) => bits[4] === '1'],
  [{ compat: true, onlyAscii: true, onlyEnglish: true }, 'tokens', (bits) => bits[5] === '1'],
  [{ compat: true, onlyEnglish: true, excludeBrackets: true }, 'pairs', (bits) => bits[6] === '1'],
  [{ compat: true, excludeBrackets: true }, 'tokens', () => true],
];

it.each(Object.keys(samples))(
  '%s: pieces, text, normal forms, special tokens and classes are those of Python',
  (name) => {
    const { tokens } = samples[name];
    const vocabulary = sampled(samples[name]);
    const ours = tokens.map(([id]) => [id, vocabulary.piece(id), vocabulary.text(id), vocabulary.normal(id)]);
    expect(ours).toEqual(tokens.map((row) => row.slice(0, 4)));
    for (const [id, piece, text, , special] of tokens) {
      expect(vocabulary.isSpecial(id), piece).toBe(special || /^\[unused\d+\]$/.test(piece));
      expect(vocabulary.find(text), piece).toContain(id);
    }
    for (const [filters, use, keeps] of MASKS) {
      const mask = vocabulary.mask(filters, use);
      const wrong = tokens.filter((row) => (mask[row[0]] === 1) !== keeps(row[5]));
      expect(wrong, JSON.stringify([filters, use])).toEqual([]);
    }
  },
);

it.each(['unigram', 'byte-fallback'])('%s.json is read whole', (name) => {
  const { tokens } = samples[name];
  const vocabulary = vocabularyFromTokenizerJson(fixture(`${name}.json`), 500);
  expect(vocabulary.kind).toBe('sentencepiece');
  expect(tokens.map(([id]) => vocabulary.text(id))).toEqual(tokens.map((row) => row[2]));
  expect(tokens.filter(([id]) => vocabulary.isSpecial(id)).map((row) => row[1])).toEqual(
    tokens.filter((row) => row[4]).map((row) => row[1]),
  );
});
