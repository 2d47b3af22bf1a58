import { describe, expect, it } from 'vitest';
import { tinyModel, tinyVocabulary } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { parseRelations } from '../relations/relation.ts';
import { RELATIONS } from '../relations/relations.ts';
import { gaussian } from './nulls.ts';
import { relationScores, tokenRelation } from './relations.ts';

const engine = referenceEngine();
const WORDS = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? ` w${i}` : `w${i}`));
const PAIRS = Array.from({ length: 12 }, (_, i) => [`w${i}`, `w${20 + i}`] as const);

/** One-hot tokens, so that head 0's V x V matrix is what we say: w0 -> w20, w1 -> w21 …; head 1 is its opposite. */
function planted() {
  const model = tinyModel({ vocab: 40, hidden: 40, headDim: 40, heads: 4, kvHeads: 4, layers: 1, words: WORDS });
  const e = model.arrays.get('unembed')!.data.fill(0);
  for (let i = 0; i < 40; i++) e[i * 41] = 1;
  const [v, o] = ['v', 'o'].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data);
  v.set(gaussian(v.length, 1));
  o.set(gaussian(o.length, 2));
  for (const head of [0, 1]) {
    const size = 40 * 40;
    v.fill(0, head * size, (head + 1) * size);
    for (let i = 0; i < 40; i++) v[head * size + i * 41] = 1;
    for (let i = 0; i < 12; i++) o[head * size + i * 40 + 20 + i] = head === 0 ? 50 : -50;
  }
  return model;
}

describe('relationScores', () => {
  it('finds the head that maps first words to second ones, and its opposite, and no other', async () => {
    const relations = [{ name: 'planted', pairs: PAIRS }];
    const found = await relationScores(planted(), 0, relations, { engine, k: 3 });
    expect(found.map(({ head, pairs, given }) => [head, pairs, given])).toEqual([0, 1, 2, 3].map((i) => [i, 12, 12]));
    const [does, opposes, ...others] = found;
    for (const tested of [does.promoted, opposes.suppressed]) {
      expect(tested.value).toBe(1);
      expect(tested.shuffled!.z).toBeGreaterThan(5);
      expect(tested.random!.z).toBeGreaterThan(5);
    }
    expect([does.suppressed.value, opposes.promoted.value]).toEqual([0, 0]);
    for (const { promoted, suppressed } of others)
      for (const tested of [promoted, suppressed])
        expect([tested.random, tested.shuffled].every((of) => Math.abs(of!.z) < 3)).toBe(true);
  });

  it('is not taken in by a head that writes the second words whatever it reads', async () => {
    const model = planted();
    const o = model.arrays.get('layer.0.attn.o')!.data;
    for (let i = 0; i < 12; i++) o.fill(50 + i, i * 40 + 20, i * 40 + 32);
    const [{ promoted }] = await relationScores(model, 0, [{ name: 'all', pairs: PAIRS }], { engine, k: 12, to: 1 });
    expect(promoted.value).toBe(1);
    expect(promoted.shuffled).toEqual({ mean: 1, sd: 0, z: 0, p: 1 });
  });

  it('reads words as single tokens, after a space where there is one, and says how many were left', () => {
    const vocabulary = tinyVocabulary([' cat', 'cat', 'cats', 'sheep'], 5);
    const pairs = [
      ['cat', 'cats'],
      ['cat', 'cats'],
      ['ox', 'oxen'],
      ['sheep', 'sheep'],
    ] as const;
    expect(tokenRelation(vocabulary, { name: 'plurals', pairs })).toEqual({
      name: 'plurals',
      pairs: [[0, 2]],
      given: 4,
    });
  });

  it('scores nothing where no pair is left, and needs a tokenizer', async () => {
    const [found] = await relationScores(planted(), 0, [{ name: 'none', pairs: [['a', 'b']] }], { engine });
    expect([found.pairs, found.promoted.value, found.promoted.shuffled!.z]).toEqual([0, 0, 0]);
    await expect(relationScores(tinyModel(), 0, RELATIONS, { engine })).rejects.toMatchObject({
      code: 'TOKENIZER_MISSING',
    });
    await expect(relationScores(planted(), 0, RELATIONS, { engine, k: 0 })).rejects.toThrow('`k`');
  });
});

describe('relations', () => {
  it('are small sets of clean pairs', () => {
    expect(RELATIONS.map(({ name }) => name)).toEqual([
      'capitals',
      'plurals',
      'past tense',
      'opposites',
      'first letter',
    ]);
    for (const { name, pairs } of RELATIONS) {
      expect(pairs.length, name).toBeGreaterThan(40);
      expect(new Set(pairs.map((pair) => pair.join(' '))).size).toBe(pairs.length);
      for (const pair of pairs) expect(pair.every((word) => /^[A-Za-z]+$/.test(word)) && pair.length === 2).toBe(true);
    }
  });

  it('are read from JSON, or refused with the place of what is wrong', () => {
    const json = '{"capitals": [["France", "Paris"]], "empty": []}';
    expect(parseRelations(json)).toEqual([
      { name: 'capitals', pairs: [['France', 'Paris']] },
      { name: 'empty', pairs: [] },
    ]);
    expect(() => parseRelations('{')).toThrow('Expected relations as JSON');
    expect(() => parseRelations('[]')).toThrow('an object of relations in the file');
    expect(() => parseRelations('{"a": 1}')).toThrow('a list of pairs in "a", got 1');
    expect(() => parseRelations('{"a": [["x", "y"], ["x"]]}')).toThrow('two words in pair 2 of "a", got ["x"]');
  });
});
