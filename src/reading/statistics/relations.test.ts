import { describe, expect, it } from 'vitest';
import { tinyModel, tinyVocabulary } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { parseRelations } from '../relations/relation.ts';
import { RELATIONS } from '../relations/relations.ts';
import { gaussian } from './nulls.ts';
import { rankRelations, relationScores, tokenRelation } from './relations.ts';

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

describe('relations beside copying', () => {
  /** A vocabulary in which the second word of each pair has an embedding like the first's. */
  function alike() {
    const [vocab, hidden] = [600, 48];
    const words = Array.from({ length: vocab }, (_, i) => ` w${i}`);
    const model = tinyModel({ vocab, hidden, headDim: 24, heads: 5, kvHeads: 5, layers: 1, words });
    const e = model.arrays.get('unembed')!.data;
    e.set(gaussian(e.length, 3));
    for (let i = 0; i < 40; i++)
      for (let j = 0; j < hidden; j++)
        e[(300 + i) * hidden + j] = 0.75 * e[i * hidden + j] + 0.66 * e[(300 + i) * hidden + j];
    const [v, o] = ['v', 'o'].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data);
    v.set(gaussian(v.length, 4));
    o.set(gaussian(o.length, 5));
    // Heads 0 and 1 copy what they read, head 2 does the opposite; head 3 maps other pairs, which are not alike.
    const size = 24 * hidden;
    for (const head of [0, 1]) o.set(v.subarray(head * size, (head + 1) * size), head * size);
    o.set(
      v.subarray(2 * size, 3 * size).map((x) => -x),
      2 * size,
    );
    o.fill(0, 3 * size, 4 * size);
    for (let i = 0; i < 22; i++)
      for (let a = 0; a < 24; a++) {
        let read = 0;
        for (let j = 0; j < hidden; j++) read += v[3 * size + a * hidden + j] * e[(100 + i) * hidden + j];
        for (let j = 0; j < hidden; j++) o[3 * size + a * hidden + j] += read * e[(450 + i) * hidden + j];
      }
    return model;
  }
  const of = (name: string, from: number, to: number, count: number) => ({
    name,
    pairs: Array.from({ length: count }, (_, i) => [`w${from + i}`, `w${to + i}`] as const),
  });

  it('do not take a head that copies for one that knows plurals, and find one that maps words', async () => {
    const relations = [of('alike', 0, 300, 40), of('mapped', 100, 450, 22), of('few', 0, 300, 7)];
    const model = alike();
    const found = await rankRelations(model, relations, { engine });
    const [like, mapped, few] = found.relations;
    expect([like, mapped, few].map(({ tooFew }) => tooFew)).toEqual([false, false, true]);
    const headOf = ({ heads }: typeof like, wanted: number) => heads.find(({ head }) => head === wanted)!;
    for (const head of [0, 1]) {
      const { promoted, q } = headOf(like, head);
      expect(promoted.value).toBeGreaterThan(0.5);
      expect(promoted.copying!.identity).toBeGreaterThan(0.8);
      expect(promoted.random!.p).toBeLessThan(1e-9);
      expect(promoted.copying!.p).toBeGreaterThan(0.01);
      expect(q).toBeGreaterThan(0.05);
    }
    expect(headOf(like, 2).suppressed.value).toBeGreaterThan(0.5);
    expect(headOf(like, 2).suppressed.copying!.p).toBeGreaterThan(0.01);
    const { promoted, q } = headOf(mapped, 3);
    expect(promoted.copying!.identity).toBeLessThan(0.1);
    expect(promoted.copying!.above).toBeGreaterThan(0.5);
    for (const p of [q, promoted.copying!.p, promoted.random!.p, promoted.shuffled!.p]) expect(p).toBeLessThan(1e-6);
    expect(headOf(mapped, 4).q).toBeGreaterThan(0.05);
    // What E·Eᵀ has is counted by brute force.
    const e = model.arrays.get('unembed')!.data;
    const row = (i: number) => Array.from({ length: 600 }, (_, j) => dot(e, i, j));
    const best = (i: number) => {
      const scores = row(i);
      return scores
        .map((_, j) => j)
        .sort((a, b) => scores[b] - scores[a] || a - b)
        .slice(0, 10);
    };
    const hits = Array.from({ length: 40 }, (_, i) => best(i).includes(300 + i)).filter(Boolean).length;
    expect(headOf(like, 0).promoted.copying!.identity).toBe(hits / 40);
  });

  it('count pairs that share a second word as one', async () => {
    const model = alike();
    const shared = {
      name: 'shared',
      pairs: Array.from({ length: 40 }, (_, i) => [`w${i}`, `w${500 + (i % 2)}`] as const),
    };
    const apart = of('apart', 0, 500, 40);
    const [one, other] = await relationScores(model, 0, [shared, apart], { engine, from: 4, to: 5 });
    // As many hits by chance, and far more often many at once.
    expect(one.promoted.random!.sd / other.promoted.random!.sd).toBeGreaterThan(2);
  });

  it('do not take one word that a head writes whatever it reads for many pairs, beside heads that copy', async () => {
    const model = alike();
    const one = { name: 'one word', pairs: Array.from({ length: 40 }, (_, i) => [`w${i}`, 'w500'] as const) };
    const found = await relationScores(model, 0, [one], { engine, k: 30 });
    const shares = found.flatMap(({ promoted, suppressed }) => [promoted, suppressed]);
    expect(Math.max(...shares.map(({ copying }) => copying!.above))).toBeGreaterThan(0.1);
    expect(Math.min(...shares.map(({ copying }) => copying!.p))).toBeGreaterThan(0.01);
  });
});

const dot = (e: Float32Array, i: number, j: number): number => {
  let sum = 0;
  for (let at = 0; at < 48; at++) sum += e[i * 48 + at] * e[j * 48 + at];
  return sum;
};

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
