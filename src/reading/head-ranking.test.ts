import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { FactorCache } from './factor-cache.ts';
import { countRanked, HeadRankings, rankHead, readRanked } from './head-ranking.ts';
import { type HeadOptions, readHead } from './heads.ts';
import type { HeadMatrix } from './types.ts';

const engine = referenceEngine();
const WORDS = [
  ' king',
  'king',
  'King',
  ' kings',
  'ring',
  'queen',
  ' queens',
  'a',
  ' an',
  'than',
  'then',
  ' walk',
  'talk',
];
const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

describe('a ranking', () => {
  it('answers as readHead does, or says that it does not reach far enough', async () => {
    // coarse: many equal scores, also at the end of the list.
    const models = [tinyModel({ seed: 1, words: WORDS }), tinyModel({ seed: 3, words: WORDS, coarse: true })];
    let [answered, passed] = [0, 0];
    const drawn = fc.record({
      model: fc.constantFrom(...models),
      head: fc.nat(3),
      matrix: fc.constantFrom<HeadMatrix>('vo', 'qk'),
      depth: fc.constantFrom(1, 40, 300, 899, 900, 2000),
      k: option(fc.constantFrom(0, 1, 7, 100, 2000)),
      above: option(fc.nat(899)),
      below: option(fc.nat(899)),
      aboveRank: option(fc.constantFrom(0, 1, 30, 900, 901)),
      countOnly: fc.boolean(),
      excludeSame: fc.boolean(),
      excludeFuzzy: fc.boolean(),
      onlyFrom: option(fc.constant(['king', 'kings', 'queen', 'than', 'then'])),
      ascending: option(fc.boolean()),
      limitPerFirst: option(fc.constantFrom(0, 1, 3)),
      limitPerSecond: option(fc.constantFrom(1, 2)),
    });
    const property = fc.asyncProperty(
      drawn,
      async ({ model, head, matrix, depth, above, below, onlyFrom, ...rest }) => {
        const scores = brute
          .interaction(model, 0, head, matrix, {})
          .flat()
          .sort((p, q) => q - p);
        const of = (rank: number | undefined) => (rank === undefined ? undefined : scores[rank]);
        const options: HeadOptions = { engine, ...rest, above: of(above), below: of(below), filters: { onlyFrom } };
        const ranking = await rankHead(model, 0, head, matrix, { ...options, depth });
        const found = readRanked(model, matrix, ranking, options);
        const { [matrix]: wanted } = await readHead(model, 0, head, { ...options, matrices: [matrix] });
        const counted = countRanked(ranking, { above: wanted!.above, below: wanted!.below });
        if (counted !== undefined) expect(counted).toBe(wanted!.count);
        if (ranking.score.length === ranking.total) {
          expect(counted).toBe(wanted!.count);
          expect(found).toBeDefined();
        }
        if (found) answered++;
        else passed++;
        if (found) expect(found).toEqual(wanted);
      },
    );
    await fc.assert(property, { numRuns: 400 });
    expect(answered).toBeGreaterThan(50);
    expect(passed).toBeGreaterThan(50);
  });

  it('leaves to the engine what needs the other matrix', async () => {
    const model = tinyModel({ words: WORDS });
    const ranking = await rankHead(model, 0, 0, 'vo', { engine });
    expect(readRanked(model, 'vo', ranking, { other: true })).toBeUndefined();
    expect(readRanked(model, 'vo', ranking, { sort: 'qk' })).toBeUndefined();
    expect(() => readRanked(model, 'vo', ranking, { k: -1 })).toThrow('Expected `k`');
  });
});

describe('HeadRankings', () => {
  it('keeps the last ones, told apart by everything that decides scores', async () => {
    const model = tinyModel({ words: WORDS });
    const rankings = new HeadRankings(3);
    const one = await rankings.get(model, 0, 0, 'vo', { engine });
    expect(rankings.known(model, 0, 0, 'vo', { engine, k: 3 } as HeadOptions)).toBe(one);
    for (const other of [
      { normalize: 'none' },
      { foldNorm: true },
      { embedding: 'embed' },
      { filters: { onlyFrom: ['a'] } },
    ] as const)
      expect(rankings.known(model, 0, 0, 'vo', other as HeadOptions)).toBeUndefined();
    expect(rankings.known(tinyModel({ seed: 2 }), 0, 0, 'vo', {})).toBeUndefined();
    await rankings.get(model, 0, 1, 'vo', { engine });
    await rankings.get(model, 0, 2, 'vo', { engine });
    rankings.known(model, 0, 0, 'vo', {}); // Looked at last.
    await rankings.get(model, 0, 3, 'vo', { engine });
    expect(rankings.size).toBe(3);
    expect(rankings.known(model, 0, 0, 'vo', {})).toBe(one);
    expect(rankings.known(model, 0, 1, 'vo', {})).toBeUndefined();
  });

  it('reads both matrices as readHead does, once both are known', async () => {
    const model = tinyModel({ words: WORDS });
    const rankings = new HeadRankings();
    const options: HeadOptions = { engine, k: 5, excludeSame: true, above: 0.5 };
    await rankings.get(model, 1, 2, 'vo', options);
    expect(await rankings.read(model, 1, 2, options)).toBeUndefined();
    await rankings.get(model, 1, 2, 'qk', options);
    expect(await rankings.read(model, 1, 2, options)).toEqual(await readHead(model, 1, 2, options));
  });
});

describe('FactorCache', () => {
  it('makes a factor once, gives the same readings, and holds no more than it may', async () => {
    const model = tinyModel({ words: WORDS });
    const { vocab, headDim } = model.dimensions;
    const factorCache = new FactorCache(3 * vocab * headDim * 4);
    const read = (options: HeadOptions) => readHead(model, 0, 1, { engine, k: 20, ...options });
    expect(await read({ factorCache, matrices: ['vo'] })).toEqual(await read({ matrices: ['vo'] }));
    const before = model.reads.get('layer.0.attn.v');
    await read({ factorCache, matrices: ['vo'] });
    expect(model.reads.get('layer.0.attn.v')).toBe(before);
    for (const normalize of ['none', 'cosine', 'freq'] as const)
      expect(await read({ factorCache, normalize })).toEqual(await read({ normalize }));
    expect(factorCache.bytes).toBeLessThanOrEqual(3 * vocab * headDim * 4);
    expect(factorCache.bytes).toBeGreaterThan(0);
  });
});
