import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { headFactors } from './factors.ts';
import { type HeadOptions, readHead, readHeadRow } from './heads.ts';
import type { HeadMatrix, MatrixReading } from './types.ts';

const engine = referenceEngine();
const WORDS = [
  ...[' king', 'king', 'King', ' kings', 'ring', 'queen', ' queens', 'a', ' an', 'than', 'then', '', ' '],
  ...['light', 'dark', ' darkness', 'walk', ' walked', 'talk', 'of', ' off', '1', '12', 'x', 'exit', 'paper'],
];

const listed = (reading: MatrixReading | undefined) =>
  reading?.pairs.map(({ first, second, score, other }) => [first.id, second.id, score, other]);

const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

describe('readHead', () => {
  it('equals the whole matrix, filtered and sorted, for every combination of options', async () => {
    const models = [1, 2, 3].map((seed) => tinyModel({ seed, words: WORDS, coarse: seed === 3 }));
    const options = fc.record({
      model: fc.constantFrom(...models),
      layer: fc.nat(1),
      head: fc.nat(3),
      matrix: fc.constantFrom<HeadMatrix>('vo', 'qk'),
      normalize: fc.constantFrom('freq', 'none', 'cosine'),
      foldNorm: fc.boolean(),
      embedding: fc.constantFrom('embed', 'unembed', 'own'),
      k: fc.constantFrom(0, 1, 7, 100, 2000),
      // Quantiles of the matrix's own scores, so that thresholds mean something.
      above: option(fc.double({ min: 0, max: 1, noNaN: true })),
      below: option(fc.double({ min: 0, max: 1, noNaN: true })),
      excludeSame: fc.boolean(),
      excludeFuzzy: fc.boolean(),
      onlyFrom: option(fc.subarray(['king', 'kings', 'queen', 'than', 'then', 'walk', 'talk', 'of', 'off'])),
      sort: option(fc.constantFrom<HeadMatrix>('vo', 'qk')),
      ascending: option(fc.boolean()),
      other: fc.boolean(),
      limitPerFirst: option(fc.constantFrom(0, 1, 3)),
      limitPerSecond: option(fc.constantFrom(1, 2)),
    });
    const property = fc.asyncProperty(options, async (drawn) => {
      const { model, layer, head, matrix, above, below, onlyFrom, ...rest } = drawn;
      const how = rest as brute.How;
      const elsewhere = matrix === 'vo' ? 'qk' : 'vo';
      const own = brute.interaction(model, layer, head, matrix, how);
      const other = brute.interaction(model, layer, head, elsewhere, how);
      const scores = own.flat().sort((p, q) => p - q);
      const at = (quantile: number | undefined) =>
        quantile === undefined ? undefined : scores[Math.floor(quantile * (scores.length - 1))];
      const thresholds = { above: at(above), below: at(below) };
      const given = { engine, ...rest, ...thresholds, matrices: [matrix], filters: { onlyFrom } } as HeadOptions;
      const byOther = rest.sort === elsewhere;
      const reading = (await readHead(model, layer, head, given))[matrix];
      const wanted = brute.select(model, own, other, { ...rest, ...thresholds, onlyFrom, byOther });
      const shown = wanted.listed.map(([i, j, a, b]) => [i, j, a, rest.other || byOther ? b : undefined]);
      expect(listed(reading)).toEqual(shown);
      expect(reading?.count).toBe(wanted.count);
      expect(reading?.counters).toEqual(wanted.counters);
      const counted = await readHead(model, layer, head, { ...given, sort: undefined, countOnly: true });
      expect(counted[matrix]).toMatchObject({ pairs: [], count: wanted.count, counters: { first: [], second: [] } });
      expect([reading?.above, reading?.below]).toEqual([thresholds.above, thresholds.below]);
    });
    await fc.assert(property, { numRuns: 150 });
  }, 60_000);

  it('reads both matrices and says what was done', async () => {
    const model = tinyModel({ words: WORDS });
    const options = {
      engine,
      k: 5,
      above: 0,
      ascending: false,
      excludeSame: true,
      filters: { onlyFrom: ['king', 'ring'] },
    };
    const { vo, qk, applied, ...rest } = await readHead(model, 1, 2, options);
    expect(rest).toEqual({ model: 'tiny', layer: 1, head: 2, normalize: 'freq' });
    expect(applied).toEqual({
      ...{ foldNorm: false, filters: ['only-from'], embedding: 'unembed', approximate: false },
      ...{
        notes: [
          'made of random numbers',
          expect.stringContaining('`embedding: own`'),
          'Left out: biases (attn.o_bias); gains of norms (norm.final); positions (their embeddings).',
        ],
        above: 0,
        ascending: false,
        excludeSame: true,
      },
    });
    expect([vo?.pairs.length, qk?.pairs.length].every((n) => n! > 0)).toBe(true);
  });

  it('takes a threshold by rank, and options of one matrix alone', async () => {
    const model = tinyModel({ words: WORDS });
    const [vo, qk] = (['vo', 'qk'] as const).map((matrix) => brute.interaction(model, 0, 1, matrix));
    const threshold = vo.flat().sort((p, q) => q - p)[39];
    const each = { vo: { sort: 'qk', ascending: true, aboveRank: 40 }, qk: { above: 1, k: 3 } } as const;
    const reading = await readHead(model, 0, 1, { engine, each });
    expect(reading.vo).toMatchObject({ count: 39, above: threshold });
    const wanted = brute.select(model, vo, qk, { above: threshold, byOther: true, ascending: true });
    expect(listed(reading.vo)).toEqual(wanted.listed);
    expect(reading.qk).toMatchObject({ above: 1, count: qk.flat().filter((score) => score > 1).length });
    expect(reading.qk?.pairs).toHaveLength(3);
    expect((await readHead(model, 0, 1, { engine, aboveRank: 1000, matrices: ['vo'] })).vo?.count).toBe(900);
  });

  it('shows ids where there is no tokenizer, and needs one for filters and exclusions', async () => {
    const model = tinyModel();
    const { qk } = await readHead(model, 0, 0, { engine, k: 1, matrices: ['qk'] });
    expect(qk?.pairs[0].first.label).toBe(`#${qk?.pairs[0].first.id}`);
    for (const options of [{ excludeFuzzy: true }, { filters: { onlyAscii: true } }])
      await expect(readHead(model, 0, 0, { engine, ...options })).rejects.toMatchObject({ code: 'TOKENIZER_MISSING' });
  });

  it('refuses what is out of range', async () => {
    const model = tinyModel();
    await expect(readHead(model, 2, 0, { engine })).rejects.toThrow('Expected `layer` to be 0..1, got 2.');
    await expect(readHead(model, 0, 4, { engine })).rejects.toThrow('Expected `head` to be 0..3, got 4.');
    await expect(readHead(model, 0, 0.5, { engine })).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
    await expect(readHead(model, 0, 0, { engine, k: -1 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await expect(readHeadRow(model, 0, 0, 'vo', 30, { engine })).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });

  it('can be cancelled', async () => {
    const signal = AbortSignal.abort();
    await expect(readHead(tinyModel(), 0, 0, { engine, signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('headFactors', () => {
  it('multiply to the interaction, bit for bit', async () => {
    const model = tinyModel({ seed: 5, vocab: 13 });
    for (const matrix of ['vo', 'qk'] as const) {
      const { a, b } = await headFactors(model, 1, 3, matrix, { engine });
      const product = brute.rowsOf(a).map((x) => brute.rowsOf(b).map((y) => brute.dot(x, y)));
      expect(product).toEqual(brute.interaction(model, 1, 3, matrix));
    }
  });
});

describe('readHeadRow', () => {
  it('ranks the row and the column of one token with the scores of its pairs', async () => {
    const model = tinyModel({ seed: 7, words: WORDS });
    for (const matrix of ['vo', 'qk'] as const) {
      const whole = brute.interaction(model, 0, 3, matrix);
      for (const side of ['first', 'second'] as const) {
        const scores = side === 'first' ? whole[4] : whole.map((row) => row[4]);
        const order = scores.map((score, id) => ({ id, score })).sort((p, q) => q.score - p.score);
        const { top, bottom, ...rest } = await readHeadRow(model, 0, 3, matrix, 4, { engine, k: 6, bottom: 3, side });
        expect(top.map(({ id, score }) => ({ id, score }))).toEqual(order.slice(0, 6));
        expect(bottom.map(({ id, score }) => ({ id, score }))).toEqual(order.reverse().slice(0, 3));
        expect(rest).toMatchObject({ matrix, side, token: { id: 4, label: 'ring' }, normalize: 'freq' });
      }
    }
  });

  it('reads one pair alone, with the score that it has among all, from either side', async () => {
    const model = tinyModel({ seed: 7, words: WORDS });
    for (const matrix of ['vo', 'qk'] as const) {
      const whole = brute.interaction(model, 0, 3, matrix);
      for (const [first, second] of [
        [4, 9],
        [0, 29],
        [7, 7],
      ] as const) {
        const row = await readHeadRow(model, 0, 3, matrix, first, { engine, other: second });
        const column = await readHeadRow(model, 0, 3, matrix, second, { engine, other: first, side: 'second' });
        expect(row.top.map(({ id, score }) => [id, score])).toEqual([[second, whole[first][second]]]);
        expect(column.top.map(({ id, score }) => [id, score])).toEqual([[first, whole[first][second]]]);
      }
    }
    const same = await readHeadRow(model, 0, 3, 'vo', 4, { engine, other: 4, excludeSame: true });
    expect(same.top).toEqual([]);
    await expect(readHeadRow(model, 0, 3, 'vo', 4, { engine, other: 30 })).rejects.toMatchObject({
      code: 'OUT_OF_RANGE',
    });
  });

  it('leaves out the tokens whose pairs the exclusions leave out, on either side', async () => {
    const model = tinyModel({ seed: 7, words: WORDS });
    for (const exclude of ['excludeSame', 'excludeFuzzy'] as const) {
      for (const side of ['first', 'second'] as const) {
        const { vo } = await readHead(model, 0, 3, { engine, matrices: ['vo'], k: 10_000, [exclude]: true });
        const other = side === 'first' ? 'second' : 'first';
        // 1 is `king`, of which there are three spellings.
        const wanted = vo!.pairs.filter((pair) => pair[side].id === 1).map((pair) => [pair[other].id, pair.score]);
        const { top } = await readHeadRow(model, 0, 3, 'vo', 1, { engine, k: 10_000, side, [exclude]: true });
        expect(top.map(({ id, score }) => [id, score])).toEqual(wanted);
        const all = await readHeadRow(model, 0, 3, 'vo', 1, { engine, k: 10_000, side });
        expect(all.top.length - top.length).toBeGreaterThanOrEqual(3);
      }
    }
  });
});
