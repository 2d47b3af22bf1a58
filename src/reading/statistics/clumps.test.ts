import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import type { Matrix } from '../../engine/engine.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { clumping } from './clumps.ts';
import { gaussian } from './nulls.ts';
import { headSelf } from './self.ts';

const engine = referenceEngine();
const [V, r] = [240, 6];

/** Made by fixtures/clumps.py: counts over 20,000 rotations by numpy. */
const known = JSON.parse(readFileSync(new URL('fixtures/clumps.json', import.meta.url), 'utf8')) as {
  cases: { alike: number; noise: number; common: number; mean: number[]; clumping: number[] }[];
};

/** Rows [V, columns] in groups of `alike` that differ by `noise` from a row that they share; all have a common part. */
function rows(alike: number, noise: number, common: number, seed: number, columns = r): Matrix {
  const [shared, own] = [gaussian(V * columns, seed), gaussian(V * columns, seed + 1)];
  const data = new Float32Array(V * columns);
  for (let i = 0; i < V; i++)
    for (let j = 0; j < columns; j++)
      data[i * columns + j] =
        shared[Math.floor(i / alike) * columns + j] + noise * own[i * columns + j] + (j === 0 ? common : 0);
  return { data, rows: V, columns };
}

describe('clumping', () => {
  it.each(known.cases)(
    'is the variance of counts over rotations: $alike alike, noise $noise, $common in common',
    async ({ alike, noise, common, mean, clumping: counted }) => {
      const [a, b] = [rows(alike, noise, common, 11), rows(alike, noise, common, 21)];
      const seeds = [1, 2, 3, 4];
      const found = await Promise.all(seeds.map((seed) => clumping(engine, { a, b }, [1, 5], { seed })));
      for (const [at, rank] of [1, 5].entries()) {
        expect(mean[at] / rank).toBeCloseTo(1, 1);
        const average = found.reduce((sum, one) => sum + one[at], 0) / found.length;
        expect(average / counted[at], `${rank} best`).toBeGreaterThan(0.88);
        expect(average / counted[at], `${rank} best`).toBeLessThan(1.12);
      }
    },
  );

  it('is 1 where all tokens are among the best, and where none counts', async () => {
    const b = rows(1, 1, 0, 31);
    expect(await clumping(engine, { a: b, b }, [5], { mask: new Uint8Array(V) })).toEqual([1]);
    const few = new Uint8Array(V).fill(1, 0, 3);
    const [found] = await clumping(engine, { a: b, b }, [5], { mask: few });
    // Each of three tokens is always among its own five best: the count never varies.
    expect(found).toBeCloseTo(0, 6);
  });
});

describe("headSelf's p", () => {
  it('is as small as it says for random heads where words come in clumps, and for copiers', async () => {
    const model = tinyModel({ vocab: V, hidden: 32, headDim: 16, heads: 40, kvHeads: 40, layers: 1 });
    for (const [i, part] of ['q', 'k', 'v', 'o'].entries()) {
      const { data } = model.arrays.get(`layer.0.attn.${part}`)!;
      data.set(gaussian(data.length, 70 + i));
    }
    model.arrays.get('unembed')!.data.set(rows(4, 0.1, 0, 41, 32).data);
    // Head 0 copies: what it reads it writes.
    const [v, o] = ['v', 'o'].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data);
    o.set(v.subarray(0, 16 * 32));
    const found = [...(await headSelf(model, 0, 'vo', { engine })), ...(await headSelf(model, 0, 'qk', { engine }))];
    const [copier, ...random] = found;
    expect(copier.top5.random!.p).toBeLessThan(1e-6);
    const p = random.flatMap(({ top5, bottom5 }) => [top5.random!.p, bottom5.random!.p]);
    const share = (alpha: number) => p.filter((x) => x < alpha).length / p.length;
    expect(share(0.05)).toBeLessThan(0.08);
    expect(share(0.01)).toBeLessThan(0.03);
    expect(share(0.001)).toBeLessThan(0.01);
  });
});
