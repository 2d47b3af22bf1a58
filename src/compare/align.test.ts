import { describe, expect, it } from 'vitest';
import { expectError } from '../../test/bytes.ts';
import { type TinyModel, tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { seeded } from '../reading/random.ts';
import { alignModels } from './align.ts';
import { ALIGNED, type AlignedKind } from './aligned.ts';

const engine = referenceEngine();
const words = Array.from({ length: 30 }, (_, i) => `w${i}`);
const one = tinyModel({ seed: 1, words, layers: 3 });
/** Another width, other tokens in another order, one of them unknown to `one`. */
const two = {
  ...tinyModel({ seed: 2, words: [...words.slice(5).reverse(), 'new'], hidden: 11, vocab: 27 }),
  name: 'two',
};

const rowsOf = (model: TinyModel, name: string): number[][] => {
  const { data, rows, columns } = model.arrays.get(name)!;
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
};

function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]) => v.reduce((sum, a) => sum + a, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const product = (f: (i: number) => number) => x.reduce((sum, _, i) => sum + f(i), 0);
  const xy = product((i) => (x[i] - mx) * (y[i] - my));
  return xy / Math.sqrt(product((i) => (x[i] - mx) ** 2) * product((i) => (y[i] - my) ** 2));
}

/** Scores of every vector for every shared token, formed in full: what the library never does. */
function scores(model: TinyModel, layer: number, kind: AlignedKind, tokens: readonly number[]): number[][] {
  const e = rowsOf(model, 'unembed');
  return rowsOf(model, `layer.${layer}.${ALIGNED[kind]}`).map((x) =>
    tokens.map((t) => x.reduce((sum, a, i) => sum + a * e[t][i], 0)),
  );
}

const shared = words.slice(5);
const idsA = shared.map((word) => words.indexOf(word));
const idsB = shared.map((word) => two.vocabulary!.find(word)[0]);

describe('alignment', () => {
  it.each(['key', 'up', 'value', 'q', 'k', 'v', 'o'] as const)(
    'has the mean of |correlation| over full scores of shared tokens, and each best match: %s',
    async (kind) => {
      const reading = await alignModels(one, two, { engine, kind, draws: 0, k: 1000 });
      const [a, b] = [
        [0, 1, 2].map((layer) => scores(one, layer, kind, idsA)),
        [0, 1].map((layer) => scores(two, layer, kind, idsB)),
      ];
      const full = a.map((left) => b.map((right) => left.map((x) => right.map((y) => pearson(x, y)))));
      const flat = full.map((row) => row.map((table) => table.flat()));
      for (const [i, row] of flat.entries())
        for (const [j, all] of row.entries())
          expect(reading.means[i][j]).toBeCloseTo(all.reduce((sum, x) => sum + Math.abs(x), 0) / all.length, 6);
      expect(reading.size).toBe(25);
      expect(reading.best).toHaveLength(a.flat().length);
      for (const { a: left, b: right, correlation } of reading.best) {
        const others = full[left.layer].flatMap((table) => table[left.index]);
        expect(correlation).toBeCloseTo(Math.max(...others), 5);
        expect(correlation).toBeCloseTo(full[left.layer][right.layer][left.index][right.index], 5);
      }
      expect(reading.notes[0]).toMatch(/^25 tokens are shared, matched by their text; tiny has 5 more/);
    },
  );

  it('correlates the numbers of the vectors in feature space', async () => {
    const other = tinyModel({ seed: 9, vocab: 12 });
    const reading = await alignModels(one, other, { engine, kind: 'key', space: 'feature', draws: 0 });
    const all = rowsOf(one, 'layer.2.ff.key').flatMap((x) =>
      rowsOf(other, 'layer.1.ff.key').map((y) => Math.abs(pearson(x, y))),
    );
    expect(reading.means[2][1]).toBeCloseTo(all.reduce((sum, x) => sum + x, 0) / all.length, 6);
    expect(reading.size).toBe(8);
  });

  it('finds a model in itself: layers on the diagonal, each vector its own best match', async () => {
    const reading = await alignModels(one, one, { engine, neurons: true, draws: 19 });
    expect(reading.onDiagonal).toBe(1);
    expect(reading.bestInMatched).toBe(1);
    expect(reading.best[0].correlation).toBeCloseTo(1, 6);
    for (const { mean, onDiagonal, pairs } of reading.neurons!) {
      expect(mean).toBeCloseTo(1, 6);
      expect(onDiagonal).toBe(1);
      expect(pairs.map(([i]) => i)).toEqual([0, 1, 2, 3, 4, 5]);
    }
    expect(reading.null!.pMean).toBe(1 / 20);
    expect(reading.null!.draws).toBe(19);
    expect(reading.notes.filter((note) => note.includes('shared'))).toEqual([]);
  });

  it('looks at a sample of the vectors where one is asked for, the same for one seed', async () => {
    const ask = (seed: number) => alignModels(one, two, { engine, sample: 2, seed, draws: 0, k: 100 });
    const [first, again, other] = [await ask(1), await ask(1), await ask(2)];
    expect(again).toEqual(first);
    expect(other.means).not.toEqual(first.means);
    expect(first.best).toHaveLength(6);
  });

  it('gives nothing to vectors whose scores never vary, and says how many they are', async () => {
    const flat = tinyModel({ seed: 1, words });
    flat.arrays.get('layer.1.ff.value')!.data.fill(0, 8, 16);
    const reading = await alignModels(flat, two, { engine, draws: 0 });
    expect(reading.means.flat().every(Number.isFinite)).toBe(true);
    expect(reading.notes).toContain('Vectors of tiny that give every token one score, and correlate with nothing: 1.');
  });

  it('refuses widths that differ in feature space, and kinds that a model lacks', async () => {
    await expectError(
      alignModels(one, two, { engine, space: 'feature' }),
      'ARGUMENT_INVALID',
      /8 \(tiny\) and 11 \(two\)/,
    );
    const plain = { ...tinyModel({ gated: false, words }), name: 'plain' };
    await expectError(alignModels(one, plain, { engine, kind: 'up' }), 'ARGUMENT_INVALID', /none in plain/);
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort();
    await expectError(alignModels(one, two, { engine, signal }), 'ABORTED', /cancelled/);
  });
});

describe('the null of permuted vocabularies', () => {
  it('gives unrelated models a uniform p-value (chi-square over ten tenths of 200 draws, p > 0.001)', async () => {
    const random = seeded(20);
    const counts = { pMean: Array(10).fill(0), cell: Array(10).fill(0) };
    for (let draw = 0; draw < 200; draw++) {
      const seed = Math.floor(random() * 2 ** 31);
      const sizes = { words, layers: 1, neurons: 4, hidden: 4, gated: false };
      const [a, b] = [tinyModel({ seed, ...sizes }), tinyModel({ seed: seed + 1, ...sizes })];
      const found = await alignModels(a, b, { engine, draws: 19, seed });
      const tenth = (p: number) => Math.ceil(p * 10 - 1e-9) - 1;
      counts.pMean[tenth(found.null!.pMean)]++;
      counts.cell[tenth(found.null!.p[0][0])]++;
    }
    // 27.88 is what chi-square with 9 degrees of freedom exceeds once in a thousand.
    for (const tenths of Object.values(counts))
      expect(tenths.reduce((sum, n) => sum + (n - 20) ** 2 / 20, 0)).toBeLessThan(27.88);
  }, 60_000);
});
