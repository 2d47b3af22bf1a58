import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readHead } from './heads.ts';
import { readNeuron } from './neurons.ts';

const engine = referenceEngine();
const words = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('both choices of folding side by side', () => {
  it.each([
    [false, 'freq'],
    [true, 'freq'],
    [false, 'cosine'],
    [true, 'none'],
  ] as const)('give each token its rank under the other choice (folded: %s, by %s)', async (foldNorm, normalize) => {
    for (const coarse of [false, true]) {
      const model = tinyModel({ words, coarse, seed: 3 });
      const options = { engine, foldNorm, normalize, compareFold: true, k: 6, bottom: 4 };
      const { parts, applied } = await readNeuron(model, 1, 2, options);
      for (const part of ['key', 'up'] as const) {
        const kind = `ff.${part}` as const;
        const how = { foldNorm: !foldNorm, normalize };
        const scores = brute.tokenScores(model, brute.vectors(model, 1, kind, how)[2], kind, how);
        const order = scores.map((score, id) => ({ score, id })).sort((p, q) => q.score - p.score || p.id - q.id);
        const lowest = scores.map((score, id) => ({ score, id })).sort((p, q) => p.score - q.score || p.id - q.id);
        for (const { id, foldRank } of parts[part]!.top) expect(order[foldRank! - 1].id).toBe(id);
        for (const { id, foldRank } of parts[part]!.bottom) expect(lowest[foldRank! - 1].id).toBe(id);
        const shared = parts[part]!.top.filter(({ foldRank }) => foldRank! <= 6).length;
        const other = foldNorm ? 'not folded in' : 'folded in';
        expect(applied.notes).toContain(
          `${shared} of the first 6 of ${part} are among the first 6 with the norm ${other}.`,
        );
      }
      // What is written is the same either way.
      expect(parts.value!.top.some(({ foldRank }) => foldRank !== undefined)).toBe(false);
      const plain = await readNeuron(model, 1, 2, { ...options, compareFold: false });
      expect(parts.key!.top.map(({ foldRank: _, ...token }) => token)).toEqual(plain.parts.key!.top);
    }
  });

  it('counts ranks among the tokens that the filters leave', async () => {
    const model = tinyModel({ words });
    const filters = { onlyFrom: ['a', 'c', 'e'] };
    const { parts } = await readNeuron(model, 0, 1, { engine, filters, compareFold: true });
    expect(parts.key!.top.map(({ foldRank }) => foldRank).sort()).toEqual([1, 2, 3]);
  });

  it.each([{}, { below: 0 }, { foldNorm: true, excludeSame: true }])('give each pair its rank (%j)', async (how) => {
    const model = tinyModel({ words });
    const { vo, qk, applied } = await readHead(model, 1, 2, { engine, k: 12, compareFold: true, ...how });
    for (const [matrix, read] of [
      ['vo', vo],
      ['qk', qk],
    ] as const) {
      const scores = brute.interaction(model, 1, 2, matrix, { foldNorm: !('foldNorm' in how) });
      const sign = 'below' in how ? 1 : -1;
      const order = scores.flatMap((row, i) => row.map((score, j) => ({ score, place: 30 * i + j })));
      order.sort((p, q) => sign * (p.score - q.score) || p.place - q.place);
      for (const { first, second, foldRank } of read!.pairs)
        expect(order[foldRank! - 1].place).toBe(30 * first.id + second.id);
      const shared = read!.pairs.filter(({ foldRank }) => foldRank! <= 12).length;
      expect(applied.notes.join(' ')).toContain(`${shared} of the first 12 of ${matrix.toUpperCase()} are`);
    }
  });
});
