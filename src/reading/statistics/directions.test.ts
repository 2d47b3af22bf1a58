import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../../test/brute-force.ts';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { readDirections } from './directions.ts';
import { orthonormal } from './linear.ts';
import { gaussian, nullOf } from './nulls.ts';
import { headSpectrum } from './spectrum.ts';

const engine = referenceEngine();

describe('readDirections', () => {
  it('lists the tokens of single directions at both ends, and of spans by what lies in them', async () => {
    const model = tinyModel({ headDim: 4, heads: 1, kvHeads: 1, words: ['a', 'b'] });
    const [v, o] = ['v', 'o'].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data.fill(0));
    for (const [i, s] of [3, 2, 2, 1].entries()) {
      v[i * 8 + i] = s;
      o[i * 8 + 7 - i] = 1;
    }
    const e = rowsOf(model.arrays.get('unembed')!);
    const spectrum = await headSpectrum(model, 0, 0, 'vo');
    const read = await readDirections(model, spectrum, { engine, k: 4, count: 2 });
    expect(read.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 3],
    ]);
    const order = (score: (row: number[]) => number) =>
      e.map((_, i) => i).sort((i, j) => score(e[j]) - score(e[i]) || i - j);
    const ids = (tokens: { id: number }[]) => tokens.map(({ id }) => id);
    const [one, two] = read;
    expect(ids(one.left.top)).toEqual(order((row) => row[0]).slice(0, 4));
    expect(ids(one.right.bottom)).toEqual(order((row) => -row[7]).slice(0, 4));
    expect(one.left.top[0].z).toBeCloseTo(
      (one.left.top[0].score / Math.hypot(...e[one.left.top[0].id])) * Math.sqrt(8),
      10,
    );
    expect(ids(two.left.top)).toEqual(order((row) => Math.hypot(row[1], row[2])).slice(0, 4));
    expect(ids(two.right.top)).toEqual(order((row) => Math.hypot(row[6], row[5])).slice(0, 4));
    expect(two.left.bottom).toEqual([]);
  });

  it('knows the share of a token in random spans', () => {
    const [d, m] = [8, 3];
    const shares = Array.from({ length: 4000 }, (_, i) => {
      const { q } = orthonormal({ data: gaussian(m * d, i), rows: m, columns: d });
      return q.data.subarray(0, m).reduce((sum, x) => sum + x * x, 0);
    });
    const { mean, sd } = nullOf(shares);
    expect(mean).toBeCloseTo(m / d, 1);
    expect(sd / Math.sqrt((2 * m * (d - m)) / (d * d * (d + 2)))).toBeCloseTo(1, 1);
  });
});
